"use strict";

// The two trained networks: their weights from models.js, and what they compute for an image.

const T = 28;
const NETWORKS = ["rnn", "lstm"];
const NAMES = { rnn: "RNN", lstm: "LSTM" };

/** The bytes of a base64 text. */
function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** The parameters of a network by name: a Matrix, or a vector where there is one column. */
function parametersOf(name) {
  const entries = Object.entries(DATA.models[name].parameters);
  return Object.fromEntries(
    entries.map(([field, { shape, float32 }]) => {
      const numbers = new Float32Array(bytesOf(float32).buffer);
      return [field, shape[1] === 1 ? numbers : new Matrix(...shape, numbers)];
    }),
  );
}

const PARAMETERS = { rnn: parametersOf("rnn"), lstm: parametersOf("lstm") };
const IMAGES = DATA.images.map((image) => ({ ...image, pixels: bytesOf(image.pixels) }));
const H = PARAMETERS.rnn.b.length;
const RADIUS = spectralRadius(PARAMETERS.rnn.W);

// What the switches and sliders of the page can change.
const UNCHANGED = { c: false, dh: false, W: false, h_init: false, scale: 1, forgetBias: 0 };

/** An image of 28 × 28 grey values from 0 to 255 as a sequence: row t, from 0 to 1, is x_t. */
function sequenceOf(pixels) {
  const rows = Array.from({ length: T }, (_, t) => pixels.subarray(t * T, (t + 1) * T));
  return [null, ...rows.map((row) => Floats.from(row, (grey) => grey / 255))];
}

/** The parameters of a network with the scale of the slider: of W, or of the columns of h in the LSTM's matrices. */
function scaledParameters(name, { scale }) {
  const params = PARAMETERS[name];
  if (scale === 1) return params;
  if (name === "rnn") return { ...params, W: params.W.scaled(scale) };
  const matrices = Object.values(GATES).map((field) => [field, params[field].scaled(scale, H)]);
  return { ...params, ...Object.fromEntries(matrices) };
}

/** All states of a network for an image, and the probabilities y[t] after each step. */
function forwardPass(name, pixels, changes = UNCHANGED) {
  const params = scaledParameters(name, changes);
  const x = sequenceOf(pixels);
  const h_init = zeros(H).fill(changes.h_init ? 1000 : 0);
  const trace =
    name === "rnn"
      ? rnn.forward(changes.W ? { ...params, W: params.W.T } : params, x, h_init)
      : lstm.forward(params, x, h_init, zeros(H), changes.forgetBias);
  return { ...trace, y: trace.h.map((h) => readout.forward(params, h)) };
}

/** The gradients of L = -log y_k, taken after step `last`. */
function backwardPass(name, trace, last, k, changes = UNCHANGED) {
  const params = scaledParameters(name, changes);
  const read = readout.backward(params, trace.h[last], k);
  const dh = Array.from({ length: last + 1 }, () => zeros(H));
  dh[last] = read.h;
  const through = { h: changes.dh ? 0 : 1, c: changes.c ? 0 : 1 };
  const recurrence = name === "rnn" ? rnn : lstm;
  const gradients = recurrence.backward(params, trace, dh, through);
  return { ...gradients, outside: dh, readout: read.params, loss: readout.crossEntropy(params, trace.h[last], k) };
}
