"use strict";

// The read-out of Fig. 1 and of Fig. 2, and the cross-entropy: the equations of numpy_rnn/readout.py.

const readout = {
  forward({ d, V }, h) {
    const z = each((d, Vh) => d + Vh, d, times(V, h)); // (3.1)
    const largest = Math.max(...z);
    const e = Array.from(z, (z_k) => Math.exp(z_k - largest));
    const sum = e.reduce((one, other) => one + other);
    return Floats.from(e, (e_k) => e_k / sum); // (3.2)
  },

  // L = -log y_k, from the logits.
  crossEntropy({ d, V }, h, k) {
    const z = each((d, Vh) => d + Vh, d, times(V, h)); // (3.1)
    const largest = Math.max(...z);
    return Math.log(z.reduce((sum, z_k) => sum + Math.exp(z_k - largest), 0)) - (z[k] - largest); // (3.3)
  },

  backward(params, h, k) {
    const y = readout.forward(params, h);
    const dz = y.map((y_j, j) => y_j - (j === k)); // ∂(3.3)/∂z, through (3.2)
    const dV = new Matrix(params.V.rows, params.V.columns);
    addOuter(dV, dz, h); // ∂(3.1)/∂V
    return { params: { d: dz, V: dV }, h: timesT(params.V, dz) }; // ∂(3.1)/∂d, ∂(3.1)/∂h
  },
};
