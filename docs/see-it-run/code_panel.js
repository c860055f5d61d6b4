"use strict";

// The lines of a loop with one of them lit, and the equation of the lit line with the numbers of one unit put in.

class CodePanel {
  /** `direction` is "forward" or "backward"; `key` is the name of the lit line in the state. */
  constructor(direction, explanations, key) {
    Object.assign(this, { direction, explanations, key });
    this.list = element("ol", { class: "code" });
    this.title = html("p", { class: "source" }, "");
    this.byLine = element("input", {
      type: "checkbox",
      id: `by-line-${direction}`,
      change: () => set({ byLine: this.byLine.checked }),
    });
    const byLine = element("label", { class: "by-line", for: this.byLine.id }, this.byLine, " line by line");
    this.choice = element("div", { class: "choice", role: "group", "aria-label": "Whose code" });
    for (const name of NETWORKS)
      this.choice.append(element("button", { type: "button", click: () => set({ net: name, [key]: 1 }) }, NAMES[name]));
    this.code = element(
      "div",
      { class: "code-panel" },
      element("div", { class: "code-head" }, this.choice, this.title, direction === "backward" ? byLine : ""),
      this.list,
    );
    this.explanation = element("div", { class: "explanation" });
  }

  /** The lines of the network's loop, with the planted errors in them. */
  linesOf(net) {
    return DATA.loops[net][this.direction].map((line) => {
      const whole = line.comment ? `${line.code.trim()}  # ${line.comment}` : line.code.trim();
      const planted = DATA.switches.find(({ key, changes }) => state[key] && changes[net]?.old === whole);
      if (!planted) return line;
      return { ...line, was: line.code, code: line.code.replace(/\S.*/, planted.changes[net].new.split("  # ")[0]) };
    });
  }

  /** Shows the code of a network, and what `context` gives: its parameters, trace, step t, unit j and gradients. */
  show(net, lit, context) {
    const lines = this.linesOf(net);
    this.byLine.checked = state.byLine;
    this.title.innerHTML = `<code>numpy_rnn/${net}.py</code>, ${this.direction}`;
    [...this.choice.children].forEach((button, k) => button.setAttribute("aria-pressed", String(NETWORKS[k] === net)));
    this.list.replaceChildren(
      ...lines.map((line, place) => {
        const text = [
          line.was ? element("del", {}, line.was.trim()) : "",
          line.was ? element("ins", {}, line.code.trim()) : line.code.trim(),
        ];
        const code = element("span", { class: "line-code" }, ...text);
        const comment = element("span", { class: "line-comment" }, line.comment);
        if (place === 0) return element("li", { class: "head" }, element("span", { class: "row" }, code, comment));
        const attributes = { type: "button", class: "row", "aria-current": place === lit ? "step" : null };
        return element(
          "li",
          {},
          element("button", { ...attributes, click: () => set({ [this.key]: place }) }, code, comment),
        );
      }),
    );
    const line = lines[Math.min(lit, lines.length - 1)];
    this.explain(context.t > 0 ? this.explanations[net][keyOf(line)](context) : null, line);
  }

  explain(explained, line) {
    if (!explained) return this.explanation.replaceChildren(element("p", { class: "note" }, "No step has run yet."));
    const { equation, symbols, numbers, result, note, terms } = explained;
    const lines = [
      symbols,
      ...(numbers ? [`= ${numbers}`] : []),
      ...(result === undefined ? [] : [`= <strong>${shown(result)}</strong>`]),
    ];
    return this.explanation.replaceChildren(
      element("p", { class: "note" }, line.comment),
      html("p", { class: "equation" }, equation),
      html("p", { class: "calculation" }, lines.join("<br>")),
      ...(note ? [html("p", { class: "note" }, note)] : []),
      ...(terms ? [termBars(terms)] : []),
    );
  }
}

/** The terms of a sum as signed bars. */
function termBars(terms) {
  const high = Math.max(...terms.map(({ value }) => Math.abs(value))) || 1;
  return element(
    "ul",
    { class: "terms", "aria-label": "Terms of the sum" },
    ...terms.map(({ label, value }) => {
      const share = (50 * Math.abs(value)) / high;
      const bar = element("span", { class: value < 0 ? "term negative" : "term positive" });
      bar.style.width = `${share}%`;
      bar.style.left = `${value < 0 ? 50 - share : 50}%`;
      return element(
        "li",
        {},
        html("span", { class: "term-label" }, label),
        element("span", { class: "term-track" }, bar),
        element("span", { class: "term-value" }, shown(value)),
      );
    }),
  );
}
