"use strict"; const breakView = { title: "Break it", build() {}, show() {} };
