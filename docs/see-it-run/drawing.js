"use strict";

// A drawn digit becomes an image as MNIST's are: scaled to fit into 20 × 20 pixels without changing its proportions,
// with soft edges, and moved so that its centre of mass is the centre of the 28 × 28 pixels, (14, 14).

const BOX = 20;
const PEN = 2.6; // the width of a line, in pixels of the image
const FINE = 10; // each pixel is the mean of FINE × FINE smaller ones

/** The grey values of 28 × 28 pixels for strokes, lists of points [x, y] of any scale; null if there is none. */
function imageOf(strokes) {
  const points = strokes.flat();
  if (!points.length) return null;
  const low = [0, 1].map((axis) => Math.min(...points.map((point) => point[axis])));
  const high = [0, 1].map((axis) => Math.max(...points.map((point) => point[axis])));
  const extent = Math.max(high[0] - low[0], high[1] - low[1]);
  const scale = extent ? (BOX - PEN) / extent : 1;
  const place = (shift) => (point) =>
    point.map((at, axis) => (at - (low[axis] + high[axis]) / 2) * scale + T / 2 + shift[axis]);
  const middle = massCentre(rendered(strokes.map((stroke) => stroke.map(place([0, 0])))));
  const shift = middle.map((at) => T / 2 - at);
  return rendered(strokes.map((stroke) => stroke.map(place(shift))));
}

/** The strokes, whose points are in pixels of the image, as grey values. */
function rendered(strokes) {
  const canvas = element("canvas", { width: T * FINE, height: T * FINE });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  Object.assign(context, { lineWidth: PEN * FINE, lineCap: "round", lineJoin: "round", strokeStyle: "#fff" });
  drawStrokes(context, strokes, FINE);
  const fine = context.getImageData(0, 0, T * FINE, T * FINE).data;
  const sums = new Float64Array(T * T);
  for (let y = 0; y < T * FINE; y++)
    for (let x = 0; x < T * FINE; x++)
      sums[Math.floor(y / FINE) * T + Math.floor(x / FINE)] += fine[4 * (y * T * FINE + x) + 3];
  return Uint8Array.from(sums, (sum) => Math.round(sum / FINE ** 2));
}

/** Draws strokes on a canvas, larger by a factor. */
function drawStrokes(context, strokes, factor) {
  const DOT = 0.01; // the length of a stroke of one point: a line without length leaves no ink
  for (const stroke of strokes) {
    const [[x, y], ...rest] = stroke.map((point) => point.map((at) => at * factor));
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x + DOT, y);
    for (const point of rest) context.lineTo(...point);
    context.stroke();
  }
}

/** The centre of mass [x, y] of grey values, where the middle of the first pixel is (0.5, 0.5). */
function massCentre(pixels) {
  let mass = 0,
    x = 0,
    y = 0;
  pixels.forEach((grey, k) => {
    mass += grey;
    x += grey * ((k % T) + 0.5);
    y += grey * (Math.floor(k / T) + 0.5);
  });
  return [x / mass, y / mass];
}

/** A canvas on which mouse, pen or finger draw; `onChange` gets the strokes while they grow. */
class DrawingPad {
  constructor(onChange) {
    this.strokes = [];
    this.canvas = element("canvas", {
      width: 560,
      height: 560,
      class: "pad",
      role: "img",
      "aria-label": "Pad: draw a digit with the mouse, a pen or a finger",
    });
    this.onChange = onChange;
    this.canvas.addEventListener("pointerdown", (event) => this.begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) this.canvas.addEventListener(end, () => (this.drawing = false));
  }

  pointOf(event) {
    const box = this.canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * T, ((event.clientY - box.top) / box.height) * T];
  }

  begin(event) {
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.drawing = true;
    this.strokes.push([this.pointOf(event)]);
    this.changed();
  }

  move(event) {
    if (!this.drawing) return;
    this.strokes.at(-1).push(this.pointOf(event));
    this.changed();
  }

  clear() {
    this.strokes = [];
    this.changed();
  }

  changed() {
    const context = this.canvas.getContext("2d");
    const scale = this.canvas.width / T;
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    Object.assign(context, { lineWidth: PEN * scale, lineCap: "round", lineJoin: "round" });
    context.strokeStyle = `rgb(${colour("ink")})`;
    drawStrokes(context, this.strokes, scale);
    this.onChange(this.strokes);
  }
}
