"use strict";

// For each line of the backward loops: its equation, and the same equation for one unit and one step.

const d = (letter, t, j) => `d${symbol(letter, t, j)}`;
const prime = "<sub>t+1</sub>";

const LARGEST_OF_SUM = "The largest of the 64 products, and the sum of the others:";

/** The products M[k, column] v[k] of a column, whose sum is an entry of Mᵀ v. */
const largestOfColumn = (M, column, v, name) => largestProducts(M.T, column, v, 0, v.length, name);

/** A line that multiplies: `letters` are its equation, `factors` the two numbers. */
function productLine(left, right, result, factors) {
  return (context) => {
    const { t, j } = context;
    const [one, other] = factors(context);
    return {
      equation: `d<var>${result}</var><sub>t</sub> = ${left("t")} ∘ ${right("t")}`,
      symbols: `${d(result, t, j)} = ${left(t, j)} · ${right(t, j)}`,
      ...product(one, other, one * other),
    };
  };
}
const grad = (letter) => (t, j) => d(letter, t, j);
const plain = (letter) => (t, j) => symbol(letter, t, j);
const minusOne = (letter) => (t, j) => symbol(letter, t === "t" ? "t−1" : t - 1, j);

/** da_g = dg ∘ the derivative of the gate's function. */
function argumentLine(gate, dGate) {
  const isTanh = gate === "u";
  return (context) => {
    const { trace, gradients, t, j } = context;
    const value = trace[gate][t][j];
    const derivative = isTanh ? `(1 − ${symbol(gate, t, j)}²)` : `${symbol(gate, t, j)} (1 − ${symbol(gate, t, j)})`;
    const general = isTanh
      ? "(1 − <var>u</var><sub>t</sub>²)"
      : `<var>${gate}</var><sub>t</sub> ∘ (1 − <var>${gate}</var><sub>t</sub>)`;
    return {
      equation: `d<var>a</var><sub>${gate}</sub> = d<var>${gate}</var><sub>t</sub> ∘ ${general}`,
      symbols: `d<var>a</var><sub>${gate},${j}</sub> = ${d(gate, t, j)} · ${derivative}`,
      numbers: `${shown(dGate(context))} · ${shown(isTanh ? 1 - value * value : value * (1 - value))}`,
      result: gradients.da_t[gate][t][j],
    };
  };
}

const bothPaths = ({ gradients, last, t, j }) => {
  const next = gradients.dh_t[t][j] - gradients.outside[t][j];
  return {
    equation: `d<var>h</var><sub>t</sub> = ∂<var>L</var>/∂<var>h</var><sub>t</sub> from outside + the gradient by way of step <var>t</var>+1`,
    symbols: `${d("h", t, j)} = from the read-out + from step ${t + 1}`,
    numbers:
      `${shown(gradients.outside[t][j])} + ${inBrackets(next)}` + (t === last ? " (the loss is taken here)" : ""),
    result: gradients.dh_t[t][j],
  };
};

const largestPixel = (dx) => dx.reduce((best, value, k) => (Math.abs(value) > Math.abs(dx[best]) ? k : best), 0);

const BACKWARD_LINES = {
  rnn: {
    "both paths to h_t": bothPaths,
    "∂(1.2)/∂a": ({ trace, gradients, t, j }) => ({
      equation: "d<var>a</var><sub>t</sub> = d<var>h</var><sub>t</sub> ∘ (1 − <var>h</var><sub>t</sub>²)",
      symbols: `${d("a", t, j)} = ${d("h", t, j)} · (1 − ${symbol("h", t, j)}²)`,
      ...product(gradients.dh_t[t][j], 1 - trace.h[t][j] ** 2, gradients.da_t[t][j]),
    }),
    "∂(1.1)/∂x": ({ params, gradients, t }) => {
      const pixel = largestPixel(gradients.dx[t]);
      return {
        equation: "d<var>x</var><sub>t</sub> = <var>U</var>ᵀ d<var>a</var><sub>t</sub>",
        symbols: `${d("x", t, pixel)} = Σ<sub>k</sub> <var>U</var><sub>k,${pixel}</sub> ${d("a", t, "k")}`,
        note: `Pixel ${pixel} has the largest gradient of this row. ${LARGEST_OF_SUM}`,
        result: gradients.dx[t][pixel],
        terms: largestOfColumn(
          params.U,
          pixel,
          gradients.da_t[t],
          (k) => `<var>U</var><sub>${k},${pixel}</sub> ${d("a", t, k)}`,
        ),
      };
    },
    "∂(1.1)/∂U, summed over t": ({ trace, gradients, t, j }) => {
      const pixel = largestPixel(trace.x[t]);
      return {
        equation: "d<var>U</var> = Σ<sub>t</sub> d<var>a</var><sub>t</sub> <var>x</var><sub>t</sub>ᵀ",
        symbols: `to d<var>U</var><sub>${j},${pixel}</sub> this step adds ${d("a", t, j)} · ${symbol("x", t, pixel)}, for the darkest pixel`,
        ...product(gradients.da_t[t][j], trace.x[t][pixel], gradients.da_t[t][j] * trace.x[t][pixel]),
      };
    },
    "∂(1.1)/∂h": ({ params, gradients, t, j }) => ({
      equation: "d<var>h</var><sub>t−1</sub>, in part = <var>W</var>ᵀ d<var>a</var><sub>t</sub>",
      symbols: `the part of ${d("h", t - 1, j)} = Σ<sub>k</sub> <var>W</var><sub>k,${j}</sub> ${d("a", t, "k")}`,
      result: timesT(params.W, gradients.da_t[t])[j],
      note: LARGEST_OF_SUM,
      terms: largestOfColumn(params.W, j, gradients.da_t[t], (k) => `<var>W</var><sub>${k},${j}</sub> ${d("a", t, k)}`),
    }),
    "∂(1.1)/∂W, summed over t": ({ trace, gradients, t, j }) => {
      const k = largestPixel(gradients.params.W.numbers.subarray(j * H, (j + 1) * H));
      return {
        equation: "d<var>W</var> = Σ<sub>t</sub> d<var>a</var><sub>t</sub> <var>h</var><sub>t−1</sub>ᵀ",
        symbols: `to d<var>W</var><sub>${j},${k}</sub> this step adds ${d("a", t, j)} · ${symbol("h", t - 1, k)}`,
        ...product(gradients.da_t[t][j], trace.h[t - 1][k], gradients.da_t[t][j] * trace.h[t - 1][k]),
      };
    },
    "∂(1.1)/∂b, summed over t": ({ gradients, t, j }) => ({
      equation: "d<var>b</var> = Σ<sub>t</sub> d<var>a</var><sub>t</sub>",
      symbols: `to d<var>b</var><sub>${j}</sub> this step adds ${d("a", t, j)}`,
      result: gradients.da_t[t][j],
    }),
  },
  lstm: {
    x_t: ({ trace, t, j }) => ({
      equation: "the values of step <var>t</var>, which the forward pass has kept",
      symbols: `${symbol("i", t, j)}, ${symbol("f", t, j)}, ${symbol("o", t, j)}, ${symbol("u", t, j)}`,
      numbers: ["i", "f", "o", "u"].map((gate) => shown(trace[gate][t][j])).join(", "),
    }),
    tanh_c: ({ trace, t, j }) => ({
      equation: "tanh(<var>c</var><sub>t</sub>), which the next lines use several times",
      symbols: `tanh(${symbol("c", t, j)})`,
      numbers: `tanh(${shown(trace.c[t][j])})`,
      result: Math.tanh(trace.c[t][j]),
    }),
    "both paths to h_t": bothPaths,
    "∂(2.6)/∂c, and the path past h_t": ({ trace, gradients, t, j }) => {
      const slope = 1 - Math.tanh(trace.c[t][j]) ** 2;
      const throughH = gradients.dh_t[t][j] * trace.o[t][j] * slope;
      return {
        equation: `d<var>c</var><sub>t</sub> = d<var>h</var><sub>t</sub> ∘ <var>o</var><sub>t</sub> ∘ tanh′(<var>c</var><sub>t</sub>) + d<var>c</var>${prime} ∘ <var>f</var>${prime}`,
        symbols: `${d("c", t, j)} = ${d("h", t, j)} · ${symbol("o", t, j)} · tanh′(${symbol("c", t, j)}) + past <var>h</var>`,
        numbers: `${shown(gradients.dh_t[t][j])} · ${shown(trace.o[t][j])} · ${shown(slope)} + ${inBrackets(gradients.dc_t[t][j] - throughH)}`,
        result: gradients.dc_t[t][j],
        terms: [
          { label: "through <var>h</var>", value: throughH },
          { label: "past <var>h</var>, by <var>f</var>", value: gradients.dc_t[t][j] - throughH },
        ],
      };
    },
    "∂(2.6)/∂o": productLine(
      grad("h"),
      (t, j) => `tanh(${symbol("c", t, j)})`,
      "o",
      ({ trace, gradients, t, j }) => [gradients.dh_t[t][j], Math.tanh(trace.c[t][j])],
    ),
    "∂(2.5)/∂f": productLine(grad("c"), minusOne("c"), "f", ({ trace, gradients, t, j }) => [
      gradients.dc_t[t][j],
      trace.c[t - 1][j],
    ]),
    "∂(2.5)/∂u": productLine(grad("c"), plain("i"), "u", ({ trace, gradients, t, j }) => [
      gradients.dc_t[t][j],
      trace.i[t][j],
    ]),
    "∂(2.5)/∂i": productLine(grad("c"), plain("u"), "i", ({ trace, gradients, t, j }) => [
      gradients.dc_t[t][j],
      trace.u[t][j],
    ]),
    "∂(2.5)/∂c": ({ trace, gradients, t, j }) => ({
      equation:
        "d<var>c</var><sub>t−1</sub>, in part = d<var>c</var><sub>t</sub> ∘ <var>f</var><sub>t</sub>: no matrix, no tanh",
      symbols: `the part of ${d("c", t - 1, j)} past <var>h</var> = ${d("c", t, j)} · ${symbol("f", t, j)}`,
      ...product(gradients.dc_t[t][j], trace.f[t][j], gradients.dc_t[t][j] * trace.f[t][j]),
    }),
    "∂(2.4)/∂a_u": argumentLine("u", ({ trace, gradients, t, j }) => gradients.dc_t[t][j] * trace.i[t][j]),
    "∂(2.3)/∂a_o": argumentLine("o", ({ trace, gradients, t, j }) => gradients.dh_t[t][j] * Math.tanh(trace.c[t][j])),
    "∂(2.2)/∂a_f": argumentLine("f", ({ trace, gradients, t, j }) => gradients.dc_t[t][j] * trace.c[t - 1][j]),
    "∂(2.1)/∂a_i": argumentLine("i", ({ trace, gradients, t, j }) => gradients.dc_t[t][j] * trace.u[t][j]),
    "∂(2.4) … ∂(2.1)/∂M_g, summed over t": ({ trace, gradients, t, j }) => {
      const g = state.gate;
      const M = gradients.params[GATES[g]];
      const k = largestPixel(M.numbers.subarray(j * M.columns, (j + 1) * M.columns));
      return {
        equation: "d<var>M</var><sub>g</sub> = Σ<sub>t</sub> d<var>a</var><sub>g</sub> <var>z</var><sub>t</sub>ᵀ",
        symbols: `to d<var>M</var><sub>${g},${j},${k}</sub> this step adds d<var>a</var><sub>${g},${j}</sub> · ${symbol("z", t, k)}`,
        ...product(gradients.da_t[g][t][j], trace.z[t][k], gradients.da_t[g][t][j] * trace.z[t][k]),
      };
    },
    "∂(2.4) … ∂(2.1)/∂z, summed over the gates": ({ params, gradients, t, j }) => {
      const parts = Object.entries(GATES).map(([g, name]) => ({
        label: `gate <var>${g}</var>`,
        value: timesT(params[name], gradients.da_t[g][t])[j],
      }));
      return {
        equation: "d<var>z</var><sub>t</sub> = Σ<sub>g</sub> <var>M</var><sub>g</sub>ᵀ d<var>a</var><sub>g</sub>",
        symbols: `${d("z", t, j)} = by way of <var>i</var> + <var>f</var> + <var>o</var> + <var>u</var>`,
        numbers: parts.map(({ value }, k) => (k ? inBrackets(value) : shown(value))).join(" + "),
        result: parts.reduce((sum, { value }) => sum + value, 0),
        terms: parts,
      };
    },
    dh_t: ({ gradients, t, j }) => ({
      equation: "d<var>z</var><sub>t</sub> = [d<var>h</var><sub>t−1</sub>, in part; d<var>x</var><sub>t</sub>]",
      symbols: `the part of ${d("h", t - 1, j)} by way of step ${t} = ${d("z", t, j)}`,
      result: gradients.dz[t][j],
      note: "Entries 0 … 63 are the gradients of the states, entries 64 … 91 those of the pixels.",
    }),
  },
};
