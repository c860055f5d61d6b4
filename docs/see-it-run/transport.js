"use strict";

// Play, step and scrub. In the view "lines" a step is one line of code; in "backward" time runs from the loss to 0.

const PACE = { forward: 260, lines: 700, backward: 260, break: 260 };

const transport = {
  build() {
    const button = (label, shape, click) => {
      const made = element("button", { type: "button", class: "icon", "aria-label": label, title: label, click });
      made.innerHTML = `<svg viewBox="0 0 16 16" aria-hidden="true"><path d="${shape}"/></svg>`;
      return made;
    };
    this.first = button("Go to the start", "M3 2h2v12H3z M14 2v12L6 8z", () => this.jump(false));
    this.back = button("One step back", "M12 2v12L4 8z", () => this.step(-1));
    this.playButton = element("button", { type: "button", class: "play", click: () => this.toggle() });
    this.forth = button("One step on", "M4 2v12l8-6z", () => this.step(1));
    this.end = button("Go to the end", "M2 2v12l8-6z M11 2h2v12h-2z", () => this.jump(true));
    this.slider = element("input", {
      type: "range",
      min: 0,
      max: T,
      step: 1,
      "aria-label": "Step t",
      input: () => this.scrub(),
    });
    this.place = element("output", { class: "place" });
    this.unit = element("input", {
      type: "number",
      min: 0,
      max: H - 1,
      "aria-label": "Unit",
      input: () => this.pickUnit(),
    });
    const unit = element("label", { class: "unit" }, "unit ", this.unit);
    this.share = element("button", { type: "button", class: "share", click: () => this.copyLink() }, "Copy link");
    this.said = element("span", { class: "hidden", role: "status" });
    document
      .getElementById("transport")
      .append(
        this.first,
        this.back,
        this.playButton,
        this.forth,
        this.end,
        this.slider,
        this.place,
        unit,
        this.share,
        this.said,
      );
    document.addEventListener("keydown", (event) => this.key(event));
  },

  /** The first and the last step of the view, in the direction in which it runs. */
  ends() {
    return state.view === "backward" ? [state.last, 0] : [0, T];
  },

  step(direction) {
    this.stop();
    this.advance(direction);
  },

  /** Where a walk through the lines is: which loop, how many lines, the number of steps that are complete. */
  walk() {
    if (state.view === "lines") {
      const lines = DATA.loops[state.net].forward.length - 1;
      return { key: "line", lines, steps: T, done: Math.max(state.t, 1) - 1, timeOf: (done) => ({ t: done + 1 }) };
    }
    if (state.view !== "backward" || !state.byLine) return null;
    const lines = DATA.loops[state.net].backward.length - 1;
    const done = state.last - Math.max(state.back, 1);
    return { key: "lineBack", lines, steps: state.last, done, timeOf: (steps) => ({ back: state.last - steps }) };
  },

  /** One step, or one line; returns whether there was one. */
  advance(direction) {
    const walk = this.walk();
    if (walk) {
      const { key, lines, steps, done, timeOf } = walk;
      const place = done * lines + Math.min(state[key], lines) - 1 + direction;
      if (place < 0 || place >= steps * lines) return false;
      set({ ...timeOf(Math.floor(place / lines)), [key]: (place % lines) + 1 });
      return true;
    }
    const [start, end] = this.ends();
    const t = state[timeKey()] + direction * Math.sign(end - start);
    if (t < Math.min(start, end) || t > Math.max(start, end)) return false;
    set({ [timeKey()]: t });
    return true;
  },

  jump(toEnd) {
    this.stop();
    const walk = this.walk();
    if (!walk) return set({ [timeKey()]: this.ends()[Number(toEnd)] });
    return set({ ...walk.timeOf(toEnd ? walk.steps - 1 : 0), [walk.key]: toEnd ? walk.lines : 1 });
  },

  scrub() {
    this.stop();
    set({ [timeKey()]: Number(this.slider.value) });
  },

  pickUnit() {
    const unit = whole(0, H - 1)(this.unit.value);
    if (unit !== undefined) set({ unit });
  },

  toggle() {
    if (this.timer) return this.stop();
    const walk = this.walk();
    const atEnd = walk
      ? walk.done === walk.steps - 1 && state[walk.key] >= walk.lines
      : state[timeKey()] === this.ends()[1];
    if (atEnd) this.jump(false);
    this.timer = setInterval(() => this.advance(1) || this.stop(), PACE[walk ? "lines" : state.view]);
    return this.showButton();
  },

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    this.showButton();
    this.say();
  },

  key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { target } = event;
    if (target.matches("input, select, textarea, [role=tab]")) return;
    const moves = {
      ArrowRight: () => this.step(1),
      ArrowLeft: () => this.step(-1),
      Home: () => this.jump(false),
      End: () => this.jump(true),
      ArrowUp: () => set({ unit: (state.unit + 1) % H }),
      ArrowDown: () => set({ unit: (state.unit + H - 1) % H }),
      " ": () => this.toggle(),
    };
    if (!moves[event.key] || (event.key === " " && target.matches("button, a, summary"))) return;
    event.preventDefault();
    moves[event.key]();
  },

  async copyLink() {
    const link = location.href.replace(/#.*/, "") + toHash();
    try {
      await navigator.clipboard.writeText(link);
      this.share.textContent = "Copied";
    } catch {
      this.share.textContent = "See address";
    }
    setTimeout(() => (this.share.textContent = "Copy link"), 1600);
  },

  showButton() {
    this.playButton.textContent = this.timer ? "Pause" : "Play";
  },

  /** Tells a screen reader what the networks say, while nothing plays. */
  say() {
    const said = forBoth((name) => passes()[name].y[state.t]);
    this.said.textContent = `Step ${state.t}: ${NETWORKS.map((name) => `${NAMES[name]} ${largest(said[name])}`).join(", ")}`;
  },

  show({ unit, view, last }) {
    const t = state[timeKey()];
    const walk = this.walk();
    this.slider.max = view === "backward" ? last : T;
    this.slider.value = t;
    this.slider.setAttribute("aria-valuetext", `step ${t}`);
    const line = walk ? `<small>, line ${Math.min(state[walk.key], walk.lines)} of ${walk.lines}</small>` : "";
    this.place.innerHTML = `<var>t</var> = ${t}${line}`;
    if (document.activeElement !== this.unit) this.unit.value = unit;
    if (!this.timer) this.say();
  },
};
