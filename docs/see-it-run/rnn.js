"use strict";

// The basic RNN of Fig. 1, forward and backward through time: the equations of numpy_rnn/rnn.py, for one example.
// The values of step t are at index t: x[t], h[t]; h[0] is the initial state, and x[0] is not used.

const rnn = {
  forward({ b, W, U }, x, h_init) {
    const a = [null];
    const h = [h_init];
    for (let t = 1; t < x.length; t++) {
      a[t] = each((b, Wh, Ux) => b + Wh + Ux, b, times(W, h[t - 1]), times(U, x[t])); // (1.1)
      h[t] = each(Math.tanh, a[t]); // (1.2)
    }
    return { x, a, h };
  },

  // dh[t] is ∂L/∂h_t from outside; the last step is that of the loss. `through.h` is 1; 0 plants an error: the gradient from the next step is missing.
  // Besides the gradients, the result holds those of every step: dh_t[t] is ∂L/∂h_t, and da_t[t] is ∂L/∂a_t.
  backward({ b, W, U }, { x, h }, dh, through = { h: 1 }) {
    const db = zeros(b.length);
    const dW = new Matrix(W.rows, W.columns);
    const dU = new Matrix(U.rows, U.columns);
    const dx = [],
      dh_t = [],
      da_t = [];
    let dh_next = zeros(b.length);
    for (let t = dh.length - 1; t >= 1; t--) {
      dh_t[t] = each((outside, next) => outside + through.h * next, dh[t], dh_next); // both paths to h_t
      da_t[t] = each((dh, h) => dh * (1 - h * h), dh_t[t], h[t]); // ∂(1.2)/∂a
      dx[t] = timesT(U, da_t[t]); // ∂(1.1)/∂x
      addOuter(dU, da_t[t], x[t]); // ∂(1.1)/∂U, summed over t
      dh_next = timesT(W, da_t[t]); // ∂(1.1)/∂h
      addOuter(dW, da_t[t], h[t - 1]); // ∂(1.1)/∂W, summed over t
      db.set(each((db, da) => db + da, db, da_t[t])); // ∂(1.1)/∂b, summed over t
    }
    dh_t[0] = dh_next;
    return { params: { b: db, W: dW, U: dU }, dx, dh_init: dh_next, dh_t, da_t };
  },
};
