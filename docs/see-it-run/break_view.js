"use strict";

// Switches plant errors, sliders change the weights: what the networks then answer, and what becomes of the gradients.

/** How many of the images a network classifies correctly. */
const rightAnswers = remembering((changes) =>
  forBoth(
    (name) => IMAGES.filter(({ pixels, label }) => largest(forwardPass(name, pixels, changes).y[T]) === label).length,
  ),
);

/** ‖found - right‖ / ‖right‖ over all matrices of the recurrence. */
function gradientError(name, changes) {
  const right = gradientsOf({ ...changes, c: false, dh: false }, state.last, labelShown())[name].params;
  const found = gradientsOf(changes, state.last, labelShown())[name].params;
  const entries = (params) => Object.values(params).flatMap((value) => Array.from(value.numbers ?? value));
  const [one, other] = [entries(right), entries(found)];
  return norm(one.map((value, k) => value - other[k])) / norm(one);
}

const withoutComment = (line) => line.split("  # ")[0];

const breakView = {
  title: "Break it",
  lead: "Each switch plants an error, which changes a line of code. A test of the project catches it.",

  build(panel) {
    this.switches = DATA.switches.map((one) => this.switchOf(one));
    this.radius = element("span", { class: "note" });
    this.scale = this.slider("scale", "Scale of W", { min: 0, max: 3, step: 0.05 }, this.radius);
    this.biasNote = element("span", { class: "note" });
    this.bias = this.slider("forgetBias", "Bias of the forget gate", { min: -6, max: 6, step: 0.5 }, this.biasNote);
    this.reset = element("button", { type: "button", click: () => set(UNCHANGED) }, "Mend everything");
    this.answers = element("ul", { class: "outcome" });
    this.distance = new LineChart("Distance of the states from the unchanged ones", {
      logarithmic: true,
      lowest: 1e-6,
    });
    this.sizes = new LineChart("Size of the gradients (dashed: unchanged)", { logarithmic: true });
    const controls = element(
      "div",
      { class: "controls" },
      element("h2", {}, "Plant an error"),
      ...this.switches.map(({ block }) => block),
      element("h2", {}, "Change the weights"),
      this.scale.block,
      this.bias.block,
      this.reset,
    );
    const summary = element("div", { class: "summary" }, element("h2", {}, "What happens"), this.answers);
    const charts = element("div", { class: "outcomes" }, this.distance.figure, this.sizes.figure);
    panel.append(summary, controls, charts);
  },

  switchOf({ key, title, effect, test, changes }) {
    const box = element("input", {
      type: "checkbox",
      role: "switch",
      id: `switch-${key}`,
      change: () => set({ [key]: box.checked }),
    });
    const [file, property] = test.split("::");
    const caught = html("p", { class: "note" }, `Caught by <code>${property}</code> in <code>${file}</code>.`);
    const lines = Object.values(changes).map(({ file: source, old, new: planted }) =>
      html(
        "div",
        { class: "diff" },
        `<span>${source}</span><code><del>${withoutComment(old)}</del><ins>${withoutComment(planted)}</ins></code>`,
      ),
    );
    const more = element("div", { class: "planted" }, ...lines);
    const block = element(
      "div",
      { class: "switch" },
      element("label", { for: box.id }, box, ` ${title}`),
      element("p", { class: "effect" }, effect),
      more,
      caught,
    );
    return { key, box, more, block };
  },

  slider(key, title, range, note) {
    const input = element("input", {
      type: "range",
      id: `slider-${key}`,
      ...range,
      input: () => set({ [key]: Number(input.value) }),
    });
    const output = element("output", { for: input.id });
    const block = element("div", { class: "slider" }, element("label", { for: input.id }, title), output, input, note);
    return { input, output, block };
  },

  show({ scale, forgetBias, t, last }) {
    const changes = changesShown();
    for (const { key, box, more } of this.switches) {
      box.checked = state[key];
      more.hidden = !state[key];
    }
    this.scale.input.value = scale;
    this.scale.output.textContent = `× ${scale.toFixed(2)}`;
    this.radius.innerHTML = `Spectral radius of the RNN's <var>W</var>: ρ = ${shown(scale * RADIUS)}. In the LSTM, the columns of <var>h</var> are scaled.`;
    this.bias.input.value = forgetBias;
    this.bias.output.textContent = shown(forgetBias);
    const traces = passesOf(changes),
      before = passesOf(UNCHANGED);
    const open = traces.lstm.f.slice(1).reduce((sum, row) => sum + row.reduce((one, other) => one + other) / H, 0) / T;
    this.biasNote.innerHTML = `Mean of <var>f</var> over all steps and units: ${shown(open)}`;
    this.reset.disabled = !isChanged();
    const right = rightAnswers(changes),
      rightBefore = rightAnswers(UNCHANGED);
    this.answers.replaceChildren(
      ...NETWORKS.map((name) =>
        this.outcome(name, traces[name], before[name], right[name], rightBefore[name], changes),
      ),
    );
    const distances = forBoth((name) =>
      traces[name].h.map((h, step) => norm(h.map((value, k) => value - before[name].h[step][k]))),
    );
    const moved = NETWORKS.filter((name) => distances[name].some(Boolean));
    this.distance.figure.hidden = !moved.length;
    this.distance.show(
      moved.map((name) => ({ name: NAMES[name], colour: name, values: distances[name] })),
      { t },
    );
    const all = gradientsOf(changes, last, labelShown()),
      allBefore = gradientsOf(UNCHANGED, last, labelShown());
    const lines = (found, dashed) => [
      { name: "RNN <var>h</var>", plain: "RNN", values: sizesOf(found.rnn.dh_t, 0), colour: "rnn", dashed },
      { name: "LSTM <var>h</var>", plain: "LSTM, h", values: sizesOf(found.lstm.dh_t, 0), colour: "lstm", dashed },
      { name: "LSTM <var>c</var>", plain: "LSTM, c", values: sizesOf(found.lstm.dc_t, 0), colour: "memory", dashed },
    ];
    this.sizes.show(
      [...(isChanged() ? lines(allBefore, true).map((line) => ({ ...line, silent: true })) : []), ...lines(all)],
      { to: last },
    );
  },

  outcome(name, trace, before, right, rightBefore, changes) {
    const [now, then] = [trace, before].map(
      ({ y }) => `<strong>${largest(y[T])}</strong>, ${percent(Math.max(...y[T]))}`,
    );
    const wrong = changes.c || changes.dh ? gradientError(name, changes) : 0;
    const sentences = [
      now === then ? `says ${now}` : `says ${now}, in place of ${then}`,
      `right on ${right} of the ${IMAGES.length} images${right === rightBefore ? "" : `, in place of ${rightBefore}`}`,
      ...(wrong ? [`its gradient is off by ${percent(wrong)}`] : []),
    ];
    return html("li", { class: name }, `<b>${NAMES[name]}</b> ${sentences.join("; ")}.`);
  },
};
