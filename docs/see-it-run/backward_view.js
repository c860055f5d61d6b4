"use strict"; const backwardView = { title: "Backward", build() {}, show() {} };
