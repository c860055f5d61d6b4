"use strict";

// The LSTM of Fig. 2, forward and backward through time: the equations of numpy_rnn/lstm.py, for one example.
// The values of step t are at index t: x[t], c[t], h[t]; c[0] and h[0] are the initial states, and x[0] is not used.

const GATES = { i: "M_input", f: "M_forget", o: "M_output", u: "M_modulated_input" };

const lstm = {
  // `forgetBias` is 0 in the trained network; the page adds it to the argument of the forget gate's σ.
  forward({ M_input, M_forget, M_output, M_modulated_input }, x, h_init, c_init, forgetBias = 0) {
    const z = [null],
      a = { i: [null], f: [null], o: [null], u: [null] };
    const i = [null],
      f = [null],
      o = [null],
      u = [null],
      c = [c_init],
      h = [h_init];
    for (let t = 1; t < x.length; t++) {
      z[t] = stacked(h[t - 1], x[t]);
      a.i[t] = times(M_input, z[t]);
      a.f[t] = each((a) => a + forgetBias, times(M_forget, z[t]));
      a.o[t] = times(M_output, z[t]);
      a.u[t] = times(M_modulated_input, z[t]);
      i[t] = each(sigmoid, a.i[t]); // (2.1)
      f[t] = each(sigmoid, a.f[t]); // (2.2)
      o[t] = each(sigmoid, a.o[t]); // (2.3)
      u[t] = each(Math.tanh, a.u[t]); // (2.4)
      c[t] = each((i, u, f, c) => i * u + f * c, i[t], u[t], f[t], c[t - 1]); // (2.5)
      h[t] = each((o, c) => o * Math.tanh(c), o[t], c[t]); // (2.6)
    }
    return { x, z, a, i, f, o, u, c, h };
  },

  // dh[t] is ∂L/∂h_t from outside; the last step is that of the loss. `through.h` and `through.c` are 1; 0 plants an error: the gradient of h from the
  // next step, or the path of c past h, is missing. Besides the gradients, the result holds those of every step:
  // dh_t[t] is ∂L/∂h_t, dc_t[t] is ∂L/∂c_t, dz[t] is ∂L/∂z_t, and da_t[g][t] is the gradient of the argument of gate g.
  backward(params, { x, z, i, f, o, u, c }, dh, through = { h: 1, c: 1 }) {
    const H = c[0].length;
    const matrices = Object.fromEntries(Object.entries(GATES).map(([g, name]) => [g, params[name]]));
    const dM = Object.fromEntries(Object.entries(matrices).map(([g, M]) => [g, new Matrix(M.rows, M.columns)]));
    const dx = [],
      dz = [],
      dh_t = [],
      dc_t = [],
      da_t = { i: [], f: [], o: [], u: [] };
    let dh_next = zeros(H),
      dc_next = zeros(H);
    for (let t = dh.length - 1; t >= 1; t--) {
      const tanh_c = each(Math.tanh, c[t]);
      dh_t[t] = each((outside, next) => outside + through.h * next, dh[t], dh_next); // both paths to h_t
      dc_t[t] = each(
        (dh, o, tanh_c, next) => dh * o * (1 - tanh_c * tanh_c) + through.c * next,
        dh_t[t],
        o[t],
        tanh_c,
        dc_next,
      ); // ∂(2.6)/∂c, and the path past h_t
      const dO = each((dh, tanh_c) => dh * tanh_c, dh_t[t], tanh_c); // ∂(2.6)/∂o
      const df = each((dc, c) => dc * c, dc_t[t], c[t - 1]); // ∂(2.5)/∂f
      const du = each((dc, i) => dc * i, dc_t[t], i[t]); // ∂(2.5)/∂u
      const di = each((dc, u) => dc * u, dc_t[t], u[t]); // ∂(2.5)/∂i
      dc_next = each((dc, f) => dc * f, dc_t[t], f[t]); // ∂(2.5)/∂c
      da_t.u[t] = each((du, u) => du * (1 - u * u), du, u[t]); // ∂(2.4)/∂a_u
      da_t.o[t] = each((dO, o) => dO * o * (1 - o), dO, o[t]); // ∂(2.3)/∂a_o
      da_t.f[t] = each((df, f) => df * f * (1 - f), df, f[t]); // ∂(2.2)/∂a_f
      da_t.i[t] = each((di, i) => di * i * (1 - i), di, i[t]); // ∂(2.1)/∂a_i
      dz[t] = zeros(H + x[t].length);
      for (const g in GATES) {
        addOuter(dM[g], da_t[g][t], z[t]); // ∂(2.4) … ∂(2.1)/∂M_g, summed over t
        dz[t] = each((dz, Mda) => dz + Mda, dz[t], timesT(matrices[g], da_t[g][t])); // ∂(2.4) … ∂(2.1)/∂z
      }
      dh_next = dz[t].subarray(0, H);
      dx[t] = dz[t].subarray(H);
    }
    dh_t[0] = dh_next;
    dc_t[0] = dc_next;
    const gradients = Object.fromEntries(Object.entries(GATES).map(([g, name]) => [name, dM[g]]));
    return { params: gradients, dx, dh_init: dh_next, dc_init: dc_next, dh_t, dc_t, da_t, dz };
  },
};
