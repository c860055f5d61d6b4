"use strict";

// The gradients flow back from the chosen loss: their sizes, the pixels that decided, the lines, and dW by step.

/** The values of steps `back` … `last`, at their places in 0 … T. */
const sizesOf = (steps, back) =>
  Array.from({ length: T + 1 }, (_, t) => (t >= back && steps[t] ? norm(steps[t]) : NaN));
const largestSize = (steps) => Math.max(...steps.filter(Boolean).map((row) => Math.max(...row.map(Math.abs)))) || 1;

/** The border of the ink in an image, as the path of an SVG with a unit for each pixel. */
function outlineOf(pixels) {
  const isInk = (row, column) => row >= 0 && row < T && column >= 0 && column < T && pixels[row * T + column] > 127;
  let path = "";
  for (let row = 0; row <= T; row++)
    for (let column = 0; column <= T; column++) {
      if (isInk(row, column) !== isInk(row - 1, column)) path += `M${column} ${row}h1`;
      if (isInk(row, column) !== isInk(row, column - 1)) path += `M${column} ${row}v1`;
    }
  return path;
}

const backwardView = {
  title: "Backward",
  lead: "Press Play. The gradient of the loss flows back from its step to the first row, as in training.",

  build(panel) {
    const classes = Array.from({ length: 10 }, (_, digit) => element("option", { value: digit }, digit));
    this.label = element(
      "select",
      { id: "loss-class", change: () => set({ label: Number(this.label.value) }) },
      ...classes,
    );
    this.last = element("input", { id: "loss-step", type: "number", min: 1, max: T, input: () => this.pickLast() });
    this.losses = element("span", { class: "note" });
    const sentence = element(
      "p",
      { class: "loss" },
      html("span", {}, "Loss <var>L</var> = −log <var>y</var><sub>k</sub> for "),
      element("label", { for: "loss-class" }, "class k "),
      this.label,
      element("label", { for: "loss-step" }, " after step "),
      this.last,
      this.losses,
    );
    this.sizes = new LineChart("Size of the gradients, step by step", { logarithmic: true });
    this.pictures = forBoth((name) => new HeatMap(NAMES[name], "", { columns: T, onPick: null }));
    this.outlines = forBoth(() => svg("path"));
    for (const name of NETWORKS) {
      const outline = svg("svg", { class: "outline", viewBox: `0 0 ${T} ${T}`, "aria-hidden": "true" });
      outline.append(this.outlines[name]);
      this.pictures[name].field.append(outline);
    }
    this.maps = {
      rnn: { dh_t: new HeatMap("∂<var>L</var>/∂<var>h</var><sub>t</sub>", "RNN", { onPick: this.pick }) },
      lstm: {
        dh_t: new HeatMap("∂<var>L</var>/∂<var>h</var><sub>t</sub>", "LSTM", { onPick: this.pick }),
        dc_t: new HeatMap("∂<var>L</var>/∂<var>c</var><sub>t</sub>", "LSTM", { onPick: this.pick }),
      },
    };
    this.code = new CodePanel("backward", BACKWARD_LINES, "lineBack");
    this.gate = element(
      "select",
      { "aria-label": "Gate of the matrix", change: () => set({ gate: this.gate.value }) },
      ...Object.entries(GATES).map(([g, name]) => element("option", { value: g }, name)),
    );
    this.contributions = new BarChart();
    this.entry = new BarChart();
    const pixels = element(
      "figure",
      { class: "chart pixels" },
      html("figcaption", {}, "∂<var>L</var>/∂<var>x</var>: which pixels decided"),
      element("div", { class: "pair" }, ...Object.values(this.pictures).map((map) => map.figure)),
      html("p", { class: "note" }, "Purple: more ink here lowers the loss. Green: more ink raises it. The line is the border of the ink."),
    );
    panel.append(
      sentence,
      element("div", { class: "two" }, this.sizes.figure, pixels),
      element(
        "div",
        { class: "three" },
        this.maps.rnn.dh_t.figure,
        this.maps.lstm.dh_t.figure,
        this.maps.lstm.dc_t.figure,
      ),
      element("div", { class: "debugger" }, this.code.code, this.code.explanation),
      element(
        "p",
        { class: "loss" },
        html("span", {}, "What each step contributed to the gradient of "),
        (this.matrix = html("span", {}, "<var>W</var>")),
        this.gate,
      ),
      element("div", { class: "two" }, this.contributions.figure, this.entry.figure),
    );
  },

  pick(column, row) {
    set({ unit: column, back: row + 1 });
  },

  pickLast() {
    const last = whole(1, T)(this.last.value);
    if (last !== undefined) set({ last, back: Math.min(state.back, last) });
  },

  show({ unit, net, lineBack, last, gate, back }) {
    const traces = passes();
    const all = gradients();
    this.label.value = labelShown();
    if (document.activeElement !== this.last) this.last.value = last;
    this.losses.innerHTML = NETWORKS.map((name) => `${NAMES[name]}: <var>L</var> = ${shown(all[name].loss)}`).join(
      ", ",
    );
    const line = (name, letter, steps, colour) => ({
      name: `${NAMES[name]} ‖∂<var>L</var>/∂<var>${letter}</var><sub>t</sub>‖`,
      plain: `${NAMES[name]}, by ${letter}`,
      values: sizesOf(steps, back),
      colour,
    });
    this.sizes.show(
      [
        line("rnn", "h", all.rnn.dh_t, "rnn"),
        line("lstm", "h", all.lstm.dh_t, "lstm"),
        line("lstm", "c", all.lstm.dc_t, "memory"),
      ],
      { t: back, from: back, to: last },
    );
    for (const name of NETWORKS) {
      const { dx } = all[name];
      this.pictures[name].show(backRows(dx, Math.max(back, 1), last), { scale: largestSize(dx), row: back - 1 });
      this.pictures[name].canvas.setAttribute("aria-label", `∂L/∂x, ${NAMES[name]}: the gradient by each pixel`);
      this.outlines[name].setAttribute("d", outlineOf(pixelsShown()));
      for (const [key, map] of Object.entries(this.maps[name])) {
        const steps = all[name][key];
        map.show(backRows(steps, Math.max(back, 1), last), {
          scale: largestSize(steps.slice(1)),
          row: back - 1,
          column: unit,
          text: shown(steps[back][unit]),
        });
      }
    }
    const t = Math.max(back, 1);
    const params = scaledParameters(net, state);
    this.code.show(net, lineBack, { params, trace: traces[net], gradients: all[net], t, j: unit, last });
    this.showContributions(net, traces[net], all[net], { unit, gate, back: t, last });
  },

  /** The sizes of the summands of dW, and those of one entry with their signs. */
  showContributions(net, trace, found, { unit, gate, back, last }) {
    const isRnn = net === "rnn";
    const dM = isRnn ? found.params.W : found.params[GATES[gate]];
    const da = isRnn ? found.da_t : found.da_t[gate];
    const before = (t) => (isRnn ? trace.h[t - 1] : trace.z[t]);
    const name = isRnn ? "<var>W</var>" : `<var>M</var><sub>${GATES[gate].slice(2).replace("_", " ")}</sub>`;
    this.matrix.innerHTML = isRnn ? "<var>W</var>, RNN" : "";
    this.gate.hidden = isRnn;
    this.gate.value = gate;
    const k = largestPixel(dM.numbers.subarray(unit * dM.columns, unit * dM.columns + H));
    const bySteps = (f) => Array.from({ length: T + 1 }, (_, t) => (t >= Math.max(back, 1) && t <= last ? f(t) : NaN));
    const sizes = bySteps((t) => norm(da[t]) * norm(before(t)));
    const items = bySteps((t) => da[t][unit] * before(t)[k]);
    const look = { colour: net, t: back };
    const sum = items.reduce((total, value) => total + (Number.isFinite(value) ? value : 0), 0);
    const product = isRnn
      ? "d<var>a</var><sub>t</sub> <var>h</var><sub>t−1</sub>ᵀ"
      : "d<var>a</var><sub>t</sub> <var>z</var><sub>t</sub>ᵀ";
    this.contributions.show(`Size of step <var>t</var>'s summand ${product}`, sizes, {
      ...look,
      note: `All summands together: ‖d${name}‖ = ${shown(norm(dM.numbers))}`,
    });
    this.entry.show(`Summands of one entry, d${name}<sub>${isRnn ? "" : ", "}${unit},${k}</sub>`, items, {
      ...look,
      note: `${back > 1 ? `Steps ${back} … ${last}` : "All steps"} add up to ${shown(sum)}; unit ${unit} from unit ${k}, the largest entry of its row`,
    });
  },
};

/** The rows of steps `back` … `last`; others are empty. */
const backRows = (steps, back, last) =>
  Array.from({ length: T }, (_, row) => (row + 1 >= back && row + 1 <= last ? steps[row + 1] : null));
