"use strict";

// For each line of the loops: its equation, and the same equation for one unit with the numbers of one step put in.
// `symbols` has that equation in symbols, `numbers` in numbers; `terms` are the parts of a sum.
// A line is found by its comment, or by its first word where it has none; a test checks that each line has an entry.

/** A symbol of step t and unit j, such as c₁₂,₁₇. */
const symbol = (letter, t, j) => `<var>${letter}</var><sub>${t}${j === undefined ? "" : `,${j}`}</sub>`;
const inBrackets = (value) => (value < 0 ? `(${shown(value)})` : shown(value));

/** The products M[row, k] v[k] whose size is largest, and the sum of the others. */
function largestProducts(M, row, v, from, to, name, most = 5) {
  const products = [];
  for (let k = from; k < to; k++)
    products.push({ k: k - from, weight: M.at(row, k), factor: v[k - from], value: M.at(row, k) * v[k - from] });
  products.sort((one, other) => Math.abs(other.value) - Math.abs(one.value));
  const shownOnes = products.slice(0, most);
  const rest = products.slice(most).reduce((sum, { value }) => sum + value, 0);
  return [
    ...shownOnes.map(({ k, weight, factor, value }) => ({
      label: `${name(k)} = ${shown(weight)} · ${inBrackets(factor)}`,
      value,
    })),
    { label: `${to - from - most} others`, value: rest },
  ];
}

const LARGEST = "The largest of the 64 products with the states, and the sum of the others:";
const sumOf = (M, row, v, from = 0) => v.reduce((sum, factor, k) => sum + M.at(row, from + k) * factor, 0);

/** One gate's σ or tanh: the number of its equation, its letters, and its line in the loop. */
function gateLine(gate, letter) {
  const f = gate === "u" ? "tanh" : "σ";
  return ({ trace, t, j }) => ({
    equation: `<var>${gate}</var><sub>t</sub> = ${f}(<var>a</var><sub>${letter}</sub>)`,
    symbols: `${symbol(gate, t, j)} = ${f}(<var>a</var><sub>${letter},${j}</sub>)`,
    numbers: `${f}(${shown(trace.a[gate][t][j])})`,
    result: trace[gate][t][j],
  });
}

/** A product of two factors. */
const product = (left, right, result) => ({ numbers: `${shown(left)} · ${inBrackets(right)}`, result });

const FORWARD_LINES = {
  rnn: {
    "(1.1)": ({ params, trace, t, j }) => ({
      equation: "<var>a</var><sub>t</sub> = <var>b</var> + <var>W h</var><sub>t−1</sub> + <var>U x</var><sub>t</sub>",
      symbols: `${symbol("a", t, j)} = <var>b</var><sub>${j}</sub> + Σ<sub>k</sub> <var>W</var><sub>${j},k</sub> ${symbol("h", t - 1, "k")} + Σ<sub>k</sub> <var>U</var><sub>${j},k</sub> ${symbol("x", t, "k")}`,
      numbers: `${shown(params.b[j])} + ${inBrackets(sumOf(params.W, j, trace.h[t - 1]))} + ${inBrackets(sumOf(params.U, j, trace.x[t]))}`,
      result: trace.a[t][j],
      note: LARGEST,
      terms: largestProducts(
        params.W,
        j,
        trace.h[t - 1],
        0,
        H,
        (k) => `<var>W</var><sub>${j},${k}</sub> ${symbol("h", t - 1, k)}`,
      ),
    }),
    "(1.2)": ({ trace, t, j }) => ({
      equation: "<var>h</var><sub>t</sub> = tanh(<var>a</var><sub>t</sub>)",
      symbols: `${symbol("h", t, j)} = tanh(${symbol("a", t, j)})`,
      numbers: `tanh(${shown(trace.a[t][j])})`,
      result: trace.h[t][j],
    }),
  },
  lstm: {
    z: ({ trace, t, j }) => ({
      equation: "<var>z</var><sub>t</sub> = [<var>h</var><sub>t−1</sub>; <var>x</var><sub>t</sub>]",
      symbols: `${symbol("z", t, j)} = ${symbol("h", t - 1, j)}`,
      result: trace.z[t][j],
      note: "Entries 0 … 63 are the states, entries 64 … 91 the pixels of the row.",
    }),
    "the arguments in (2.1) … (2.4)": ({ params, trace, t, j }) => ({
      equation:
        "<var>a</var><sub>g</sub> = <var>M</var><sub>g</sub> <var>z</var><sub>t</sub>, for each gate <var>g</var>; here the forget gate",
      symbols: `<var>a</var><sub>f,${j}</sub> = Σ<sub>k</sub> <var>M</var><sub>forget,${j},k</sub> ${symbol("z", t, "k")}, by the states and by the pixels`,
      numbers: `${shown(sumOf(params.M_forget, j, trace.h[t - 1]))} + ${inBrackets(sumOf(params.M_forget, j, trace.x[t], H))}${state.forgetBias ? ` + ${inBrackets(state.forgetBias)}` : ""}`,
      result: trace.a.f[t][j],
      note: LARGEST,
      terms: largestProducts(
        params.M_forget,
        j,
        trace.h[t - 1],
        0,
        H,
        (k) => `<var>M</var><sub>forget,${j},${k}</sub> ${symbol("h", t - 1, k)}`,
      ),
    }),
    "(2.1)": gateLine("i", "i"),
    "(2.2)": gateLine("f", "f"),
    "(2.3)": gateLine("o", "o"),
    "(2.4)": gateLine("u", "u"),
    "(2.5)": ({ trace: { i, u, f, c }, t, j }) => ({
      equation:
        "<var>c</var><sub>t</sub> = <var>i</var><sub>t</sub> ∘ <var>u</var><sub>t</sub> + <var>f</var><sub>t</sub> ∘ <var>c</var><sub>t−1</sub>",
      symbols: `${symbol("c", t, j)} = ${symbol("i", t, j)} · ${symbol("u", t, j)} + ${symbol("f", t, j)} · ${symbol("c", t - 1, j)}`,
      numbers: `${shown(i[t][j])} · ${inBrackets(u[t][j])} + ${shown(f[t][j])} · ${inBrackets(c[t - 1][j])}`,
      result: c[t][j],
      terms: [
        { label: "new: <var>i u</var>", value: i[t][j] * u[t][j] },
        { label: "remembered: <var>f c</var>", value: f[t][j] * c[t - 1][j] },
      ],
    }),
    "(2.6)": ({ trace: { o, c, h }, t, j }) => ({
      equation: "<var>h</var><sub>t</sub> = <var>o</var><sub>t</sub> ∘ tanh(<var>c</var><sub>t</sub>)",
      symbols: `${symbol("h", t, j)} = ${symbol("o", t, j)} · tanh(${symbol("c", t, j)})`,
      numbers: `${shown(o[t][j])} · tanh(${shown(c[t][j])}) = ${shown(o[t][j])} · ${inBrackets(Math.tanh(c[t][j]))}`,
      result: h[t][j],
    }),
  },
};

/** The key of a line's explanation. */
const keyOf = ({ code, comment }) => comment || code.trim().split(/[ ,]/)[0];
