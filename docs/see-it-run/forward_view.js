"use strict";

// Both networks read the image row by row: states and gates as heat maps, and the probabilities after each row.

const MAPS = {
  rnn: { h: "state" },
  lstm: { h: "state", c: "cell state", i: "input gate", f: "forget gate", o: "output gate", u: "modulated input" },
};

/** The rows of steps 1 … t; later ones are empty. */
const until = (steps, t) => Array.from({ length: T }, (_, row) => (row < t ? steps[row + 1] : null));

/** A scale for a quantity that can exceed 1, the cell state: its largest size, but at least 1. */
const scaleOf = (steps) => Math.max(1, ...steps.filter(Boolean).map((row) => Math.max(...row.map(Math.abs))));

/** Gates from 0 to 1 as colours from -1 to 1, so that a gate that is half open is neutral. */
const gateColours = (rows) => rows.map((row) => row && row.map((gate) => 2 * gate - 1));
const isGate = (key) => ["i", "f", "o"].includes(key);

/** The ten probabilities as bars. */
class Probabilities {
  constructor(name) {
    this.rows = Array.from({ length: 10 }, (_, digit) => {
      const bar = element("span", { class: "bar" });
      const value = element("span", { class: "percent" });
      const row = element(
        "li",
        {},
        element("span", { class: "digit" }, digit),
        element("span", { class: "track" }, bar),
        value,
      );
      return { row, bar, value };
    });
    this.list = element(
      "ol",
      { class: `probabilities ${name}`, "aria-label": `Probabilities, ${NAMES[name]}` },
      ...this.rows.map(({ row }) => row),
    );
  }

  show(y, label) {
    const best = largest(y);
    this.rows.forEach(({ row, bar, value }, digit) => {
      bar.style.width = `${100 * y[digit]}%`;
      value.textContent = `${Math.round(100 * y[digit])} %`;
      row.classList.toggle("best", digit === best);
      row.classList.toggle("label", digit === label);
    });
  }
}

const forwardView = {
  title: "Forward",
  lead: "Press Play: each step reads one row of the image. What would the network answer now?",

  build(panel) {
    this.parts = forBoth((name) => {
      const verdict = element("p", { class: "verdict" });
      const probabilities = new Probabilities(name);
      const y = new HeatMap("<var>y</var><sub>t</sub>", "after each row", {
        columns: 10,
        onPick: (_, row) => set({ t: row + 1 }),
      });
      y.figure.append(
        element(
          "div",
          { class: "digits", "aria-hidden": "true" },
          ...Array.from({ length: 10 }, (_, k) => element("span", {}, k)),
        ),
      );
      const maps = Object.fromEntries(
        Object.entries(MAPS[name]).map(([key, meaning]) => [
          key,
          new HeatMap(`<var>${key}</var><sub>t</sub>`, meaning),
        ]),
      );
      return { verdict, probabilities, y, maps };
    });
    this.chart = new LineChart("");
    for (const name of NETWORKS) {
      const { verdict, probabilities, y, maps } = this.parts[name];
      const { h, c, ...gates } = maps;
      const column = element(
        "section",
        { class: `network ${name}`, "aria-label": NAMES[name] },
        element("h2", {}, NAMES[name]),
        verdict,
        element("div", { class: "answers" }, probabilities.list, y.figure),
        h.figure,
        ...(c
          ? [c.figure, element("div", { class: "gates" }, ...Object.values(gates).map((map) => map.figure))]
          : [this.chart.figure, this.guide()]),
      );
      panel.append(column);
    }
  },

  guide() {
    return html(
      "div",
      { class: "guide" },
      `<p class="scale"><span>−1</span><span class="ramp" aria-hidden="true"></span><span>1</span> for <var>h</var> and
       <var>u</var></p>
       <p class="scale"><span>0</span><span class="ramp" aria-hidden="true"></span><span>1</span> for gates</p>
       <p>Each row of a map is a step, each column one of 64 units. The colours of <var>c</var> reach to its largest
       size. Click a unit to follow it, or press ↑ and ↓. The number at the right is the value of
       that unit. A frame marks the image's label.</p>`,
    );
  },

  show({ t, unit, image }) {
    const label = image < 0 ? -1 : IMAGES[image].label;
    const traces = passes();
    for (const name of NETWORKS) {
      const { verdict, probabilities, y, maps } = this.parts[name];
      const trace = traces[name];
      const best = largest(trace.y[t]);
      const right =
        label < 0
          ? ""
          : best === label
            ? " <span class='right'>✓ right</span>"
            : ` <span class='wrong'>✗ it is a ${label}</span>`;
      verdict.innerHTML =
        t === 0
          ? "No row is read yet."
          : `After ${t} of ${T} rows: <strong>${best}</strong>, ${percent(trace.y[t][best])}${right}`;
      probabilities.show(trace.y[t], label);
      y.show(until(trace.y, t), { row: t - 1 });
      for (const [key, map] of Object.entries(maps)) {
        const rows = until(trace[key], t);
        map.show(isGate(key) ? gateColours(rows) : rows, {
          row: t - 1,
          column: unit,
          scale: key === "c" ? scaleOf(trace.c) : 1,
          text: t ? shown(trace[key][t][unit]) : "",
        });
      }
    }
    this.chart.title = `Unit ${unit} of both networks`;
    this.chart.figure.querySelector("figcaption").textContent = this.chart.title;
    const line = (name, key, look) => ({
      name: `${NAMES[name]} <var>${key}</var>`,
      plain: `${NAMES[name]} ${key}`,
      values: traces[name][key].map((row) => row?.[unit] ?? NaN),
      ...look,
    });
    this.chart.show(
      [
        line("rnn", "h", { colour: "rnn" }),
        line("lstm", "h", { colour: "lstm" }),
        line("lstm", "c", { colour: "memory" }),
        line("lstm", "f", { colour: "muted", dashed: true }),
      ],
      { t, from: 1, to: t },
    );
  },
};
