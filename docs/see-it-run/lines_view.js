"use strict";

// The forward loop line by line: which line runs, what it has computed so far, and one unit's numbers.

// Which quantity each line computes, in the order of the lines; those of the arguments and of z come with h_{t-1}.
const STRIPS = {
  rnn: { "(1.1)": "a", "(1.2)": "h" },
  lstm: { "(2.1)": "i", "(2.2)": "f", "(2.3)": "o", "(2.4)": "u", "(2.5)": "c", "(2.6)": "h" },
};

const linesView = {
  title: "Line by line",
  lead: "Each step runs these lines. Press → for the next one, and click a unit to see its numbers.",

  build(panel) {
    this.code = new CodePanel("forward", FORWARD_LINES, "line");
    this.strips = element("div", { class: "strips" });
    panel.append(
      element("div", { class: "debugger" }, this.code.code, element("div", {}, this.code.explanation)),
      this.strips,
    );
  },

  show({ t, unit, net, line }) {
    const trace = passes()[net];
    const lines = DATA.loops[net].forward;
    const lit = Math.min(line, lines.length - 1);
    this.code.show(net, lit, { params: scaledParameters(net, state), trace, t, j: unit });
    const strips = [
      ["x", T, trace.x, t, "row of pixels"],
      ["h", H, trace.h, t - 1, "state before"],
      ...(net === "lstm" ? [["c", H, trace.c, t - 1, "cell state before"]] : []),
    ];
    lines.forEach((one, place) => {
      const key = STRIPS[net][keyOf(one)];
      if (key) strips.push([key, H, trace[key], t, one.comment, place > lit, place === lit]);
    });
    this.strips.replaceChildren(
      ...strips.map(([key, columns, steps, step, meaning, later, now]) => {
        const isPixels = key === "x";
        const strip = new HeatMap(`<var>${key}</var><sub>${step}</sub>`, meaning, {
          columns,
          rows: 1,
          onPick: isPixels ? null : pickUnit,
        });
        strip.figure.classList.toggle("lit", Boolean(now));
        const row = t > 0 && !later ? steps[step] : null;
        const colours = row && isGate(key) ? gateColours([row]) : [row];
        strip.show(colours, {
          column: isPixels ? -1 : unit,
          scale: key === "c" ? scaleOf(trace.c) : key === "a" ? 4 : 1,
          text: row && !isPixels ? `${key}<sub>${step},${unit}</sub> = ${shown(row[unit])}` : "",
        });
        return strip.figure;
      }),
    );
  },
};
