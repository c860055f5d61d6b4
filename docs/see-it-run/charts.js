"use strict";

const SVG = "http://www.w3.org/2000/svg";
function svg(tag, attributes = {}, text = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

// Lengths are in pixels of the screen: a chart is drawn again when the window changes its width.
const CHART = { height: 230, left: 72, right: 14, top: 12, bottom: 34 };
const SMALLEST_WIDTH = 240;
const widthOf = (figure) => Math.max(figure.clientWidth, SMALLEST_WIDTH);

/** Lines over t = 0 … T, on a linear or a logarithmic axis. A line is {values, name, colour, dashed, silent}; a silent one has no legend. */
class LineChart {
  constructor(title, { logarithmic = false, low = -1, high = 1, lowest = 1e-12 } = {}) {
    Object.assign(this, { logarithmic, low, high, lowest });
    this.picture = svg("svg", { height: CHART.height, role: "img" });
    this.legend = element("ul", { class: "legend" });
    this.title = title;
    this.figure = element("figure", { class: "chart" }, element("figcaption", {}, title), this.legend, this.picture);
  }

  x(t) {
    return CHART.left + (t / T) * (this.width - CHART.left - CHART.right);
  }

  y(value, low, high) {
    const place = this.logarithmic ? Math.log10(Math.max(value, this.lowest)) : value;
    const share = (Math.min(Math.max(place, low), high) - low) / (high - low);
    return CHART.height - CHART.bottom - share * (CHART.height - CHART.top - CHART.bottom);
  }

  limits(lines) {
    const values = lines.flatMap((line) => Array.from(line.values)).filter((value) => Number.isFinite(value));
    if (this.logarithmic) {
      const sizes = values.filter((value) => value > 0).map(Math.log10);
      if (!sizes.length) return [-4, 0];
      const high = Math.ceil(Math.max(...sizes) + 0.1);
      const low = Math.max(Math.floor(Math.min(...sizes)), Math.log10(this.lowest), high - 14);
      return [Math.min(low, high - 2), high];
    }
    const reach = Math.max(Math.abs(this.low), ...values.map(Math.abs));
    return [this.low < 0 ? -reach : 0, Math.max(this.high, reach)];
  }

  ticks(low, high) {
    if (!this.logarithmic) return low < 0 ? [low, 0, high] : [0, high / 2, high];
    const step = Math.ceil((high - low) / 6);
    return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, k) => 10 ** (high - k * step));
  }

  /** `from` and `to` limit the steps that are drawn, `t` is marked. */
  show(lines, { t = -1, from = 0, to = T } = {}) {
    this.width = widthOf(this.figure);
    const [low, high] = this.limits(lines);
    const base = CHART.height - CHART.bottom;
    const parts = [];
    for (const value of this.ticks(low, high)) {
      const y = this.y(value, low, high);
      const label = this.logarithmic ? `10${superscript(Math.round(Math.log10(value)))}` : shown(value);
      parts.push(svg("line", { x1: CHART.left, x2: this.width - CHART.right, y1: y, y2: y, class: "grid" }));
      parts.push(svg("text", { x: CHART.left - 8, y: y + 4, "text-anchor": "end" }, label));
    }
    for (let step = 0; step <= T; step += 7)
      parts.push(svg("text", { x: this.x(step), y: base + 18, "text-anchor": "middle" }, step));
    parts.push(
      svg("text", { x: this.width - CHART.right, y: base + 31, "text-anchor": "end", class: "axis" }, "step t"),
    );
    if (t >= 0) parts.push(svg("line", { x1: this.x(t), x2: this.x(t), y1: CHART.top, y2: base, class: "now" }));
    for (const line of lines) {
      const points = [];
      for (let step = from; step <= to; step++)
        if (this.logarithmic ? line.values[step] > 0 : Number.isFinite(line.values[step]))
          points.push(`${this.x(step)},${this.y(line.values[step], low, high)}`);
      const style = `stroke: var(--${line.colour})`;
      parts.push(svg("polyline", { points: points.join(" "), style, class: line.dashed ? "line dashed" : "line" }));
    }
    this.picture.replaceChildren(...parts);
    const named = lines.filter(({ silent }) => !silent);
    const sentence = named.map((line) => `${line.plain ?? line.name}: ${describe(line.values, from, to)}`).join("; ");
    this.picture.setAttribute("aria-label", `${this.title}. ${sentence}`);
    this.legend.replaceChildren(
      ...named.map((line) => {
        const key = element("span", {
          class: line.dashed ? "key dashed" : "key",
          style: `--key: var(--${line.colour})`,
        });
        return element("li", {}, key, html("span", {}, line.name));
      }),
    );
  }
}

const describe = (values, from, to) =>
  to < from || values[from] === undefined
    ? "nothing yet"
    : `${shown(values[from])} at t = ${from}, ${shown(values[to])} at t = ${to}`;

/** Signed bars, one for each step t = 1 … T. A bar is a list of parts {value, colour}, which are stacked. */
class BarChart {
  constructor(title, height = 150) {
    this.height = height;
    this.picture = svg("svg", { height, role: "img" });
    this.caption = element("figcaption", {}, title);
    this.note = element("p", { class: "note" });
    this.figure = element("figure", { class: "chart" }, this.caption, this.picture, this.note);
  }

  show(title, values, { colour, t = -1, note = "" }) {
    this.caption.innerHTML = title;
    this.note.innerHTML = note;
    const chartWidth = widthOf(this.figure);
    const used = values.slice(1).filter((value) => Number.isFinite(value));
    const high = Math.max(0, ...used),
      low = Math.min(0, ...used);
    const span = high - low || 1;
    const area = this.height - 42;
    const y = (value) => 12 + ((high - value) / span) * area;
    const width = (chartWidth - CHART.left - CHART.right) / T;
    const parts = [];
    for (const value of low < 0 && high > 0 ? [low, 0, high] : [low, high]) {
      parts.push(
        svg("line", { x1: CHART.left, x2: chartWidth - CHART.right, y1: y(value), y2: y(value), class: "grid" }),
      );
      const tooClose = value !== 0 && Math.abs(y(value) - y(0)) < 13;
      if (!tooClose)
        parts.push(svg("text", { x: CHART.left - 8, y: y(value) + 4, "text-anchor": "end" }, shown(value)));
    }
    values.forEach((value, step) => {
      if (step === 0 || !Number.isFinite(value)) return;
      const box = { x: CHART.left + (step - 1) * width + 1.5, width: width - 3, y: Math.min(y(value), y(0)) };
      const style = `fill: var(--${colour})`;
      parts.push(
        svg("rect", { ...box, height: Math.abs(y(value) - y(0)), style, class: step === t ? "bar now" : "bar" }),
      );
    });
    for (const step of [1, 7, 14, 21, 28])
      parts.push(
        svg("text", { x: CHART.left + (step - 0.5) * width, y: this.height - 12, "text-anchor": "middle" }, step),
      );
    this.picture.replaceChildren(...parts);
    this.picture.setAttribute("aria-label", `${this.caption.textContent}, by step. ${this.note.textContent}`);
  }
}
