"use strict";

// What the page shows. The address keeps it after #, so that a link reproduces it.

const VIEWS = ["forward", "lines", "backward", "break"];
const FIRST = {
  view: "forward",
  image: 0, // the place in IMAGES, or -1 for the drawn digit
  drawn: null, // the grey values of the drawn digit
  t: T, // the step that is shown; 0 is before the first row
  back: 0, // the step to which the gradients have flowed back
  unit: 17,
  net: "lstm", // whose lines of code are shown
  line: 7, // the lit line of the forward loop
  lineBack: 4, // the lit line of the backward loop
  byLine: false, // whether a step backward is one line
  last: T, // the step after which the loss is taken
  gate: "f", // the gate whose matrix is itemised
  label: null, // the class of the loss; null for the image's own label
  ...UNCHANGED,
};
const state = { ...FIRST };
const listeners = [];

/** Changes the state, and shows it. */
function set(changes) {
  Object.assign(state, changes);
  state.back = Math.min(state.back, state.last);
  if (state.image < 0 && !state.drawn) state.image = 0;
  for (const show of listeners) show(state);
}

/** The name of the step that the buttons change. */
const timeKey = () => (state.view === "backward" ? "back" : "t");

const pixelsShown = () => (state.image < 0 ? state.drawn : IMAGES[state.image].pixels);
const changesShown = () => Object.fromEntries(Object.keys(UNCHANGED).map((key) => [key, state[key]]));
const isChanged = () => Object.entries(UNCHANGED).some(([key, value]) => state[key] !== value);

/** The class for whose probability the loss is taken: the chosen one, or the image's label, or the LSTM's answer. */
function labelShown() {
  if (state.label !== null) return state.label;
  return state.image < 0 ? largest(passesOf(UNCHANGED).lstm.y[T]) : IMAGES[state.image].label;
}

const largest = (y) => y.indexOf(Math.max(...y));

/** The last results of a function, so that it computes once while its arguments stay the same. */
function remembering(compute, size = 4) {
  const known = new Map();
  return (...args) => {
    const key = JSON.stringify([state.image, state.image < 0 ? Array.from(state.drawn) : 0, ...args]);
    if (!known.has(key)) {
      if (known.size === size) known.delete(known.keys().next().value);
      known.set(key, compute(...args));
    }
    return known.get(key);
  };
}

const forBoth = (compute) => Object.fromEntries(NETWORKS.map((name) => [name, compute(name)]));
const passesOf = remembering((changes) => forBoth((name) => forwardPass(name, pixelsShown(), changes)));
const gradientsOf = remembering((changes, last, label) =>
  forBoth((name) => backwardPass(name, passesOf(changes)[name], last, label, changes)),
);
const passes = () => passesOf(changesShown());
const gradients = () => gradientsOf(changesShown(), state.last, labelShown());

/** The state as the part of an address after #: only what differs from the first state. */
function toHash() {
  const parts = new URLSearchParams();
  for (const [key, value] of Object.entries(FIRST)) {
    if (state[key] === value) continue;
    if (key === "drawn") {
      if (state.image < 0) parts.set(key, btoa(String.fromCharCode(...state.drawn)));
    } else parts.set(key, typeof value === "boolean" ? Number(state[key]) : state[key]);
  }
  return `#${parts}`;
}

const between = (low, high) => (text) => {
  const number = Number(text);
  return text !== "" && number >= low && number <= high ? number : undefined;
};
const whole = (low, high) => (text) => (/^-?\d+$/.test(text) ? between(low, high)(text) : undefined);
const among = (values) => (text) => (values.includes(text) ? text : undefined);
const PARSERS = {
  view: among(VIEWS),
  image: whole(-1, IMAGES.length - 1),
  drawn(text) {
    try {
      const pixels = bytesOf(text);
      return pixels.length === T * T ? pixels : undefined;
    } catch {
      return undefined;
    }
  },
  t: whole(0, T),
  back: whole(0, T),
  gate: among(Object.keys(GATES)),
  unit: whole(0, H - 1),
  net: among(NETWORKS),
  line: whole(1, DATA.loops.lstm.forward.length - 1),
  lineBack: whole(1, DATA.loops.lstm.backward.length - 1),
  last: whole(1, T),
  label: whole(0, 9),
  scale: between(0, 3),
  forgetBias: between(-6, 6),
};

/** The state that an address describes; parts that mean nothing are left out. */
function fromHash(hash) {
  const found = { ...FIRST };
  for (const [key, text] of new URLSearchParams(hash.replace(/^#/, ""))) {
    const value = typeof FIRST[key] === "boolean" ? text === "1" : PARSERS[key]?.(text);
    if (value !== undefined) found[key] = value;
  }
  return found;
}
