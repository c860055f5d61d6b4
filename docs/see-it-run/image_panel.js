"use strict";

// The image that the networks read: the enlarged image or the pad, the caption, and the images to choose from.

const imagePanel = {
  build() {
    this.canvas = element("canvas", { width: T, height: T, class: "image", role: "img" });
    this.mark = element("div", { class: "row-mark" });
    this.pad = new DrawingPad((strokes) => this.drawn(strokes));
    this.sheet = element("div", { class: "sheet" }, this.canvas, this.mark, this.pad.canvas);
    this.sheet.style.setProperty("--rows", T);
    document.getElementById("stage").append(this.sheet);

    this.text = element("p", { class: "what" });
    this.drawButton = element("button", { type: "button", click: () => this.toggleDrawing() }, "Draw a digit");
    this.clearButton = element("button", { type: "button", click: () => this.pad.clear() }, "Clear");
    document
      .getElementById("caption")
      .append(this.text, element("div", { class: "buttons" }, this.drawButton, this.clearButton));

    this.thumbs = IMAGES.map((image, place) => this.thumb(image, place));
    const kinds = [...new Set(IMAGES.map((image) => image.kind))];
    document.getElementById("picker").append(
      ...kinds.map((kind) => {
        const thumbs = element("div", { class: "thumbs" }, ...this.thumbs.filter((_, k) => IMAGES[k].kind === kind));
        return element("div", { role: "group", "aria-label": `Test images: ${kind}` }, element("h3", {}, kind), thumbs);
      }),
    );
    document.querySelector(".input").append(this.keys());
  },

  keys() {
    const keys = { "← →": "step", "↑ ↓": "unit", space: "play", "home, end": "first and last step" };
    const items = Object.entries(keys).map(([key, what]) => element("li", {}, element("kbd", {}, key), ` ${what}`));
    return element("ul", { class: "keys", "aria-label": "Keys" }, ...items);
  },

  thumb(image, place) {
    const canvas = element("canvas", { width: T, height: T, "aria-hidden": "true" });
    const label = `Test image ${image.index}: a ${image.label}, ${image.kind}`;
    return element(
      "button",
      { type: "button", "aria-label": label, title: label, click: () => this.pick(place) },
      canvas,
    );
  },

  pick(place) {
    this.drawing = false;
    set({ image: place, label: null });
  },

  toggleDrawing() {
    this.drawing = !this.drawing;
    if (this.drawing) this.pad.clear();
    set(this.drawing ? { t: 0 } : {});
  },

  drawn(strokes) {
    const drawn = imageOf(strokes);
    if (drawn) set({ image: -1, drawn, t: T, label: null });
    else if (this.drawing && state.image < 0) set({ image: 0, drawn: null, t: 0 });
  },

  show({ image, view }) {
    const t = state[timeKey()];
    const pixels = pixelsShown();
    const rows = Array.from({ length: T }, (_, row) =>
      Array.from(pixels.subarray(row * T, (row + 1) * T), (grey) => grey / 255),
    );
    paint(this.canvas, rows, "grey");
    this.sheet.classList.toggle("drawing", Boolean(this.drawing));
    this.sheet.classList.toggle("faint-below", view === "forward" || view === "lines");
    this.sheet.style.setProperty("--read", t / T);
    this.mark.hidden = t === 0 || this.drawing;
    this.mark.style.top = `${(100 * (t - 1)) / T}%`;
    const what =
      image < 0
        ? "Your digit, centred and scaled as MNIST's are"
        : `Test image ${IMAGES[image].index}: a ${IMAGES[image].label}`;
    this.canvas.setAttribute("aria-label", `${what}; step ${t} of ${T}`);
    this.text.textContent = this.drawing ? "Draw with the mouse or a finger." : what;
    this.drawButton.textContent = this.drawing ? "Done" : "Draw a digit";
    this.clearButton.hidden = !this.drawing;
    this.thumbs.forEach((thumb, place) => thumb.setAttribute("aria-pressed", String(place === image)));
  },

  /** Draws the images to choose from, in the present colours. */
  paintThumbs() {
    this.thumbs.forEach((thumb, place) => {
      const { pixels } = IMAGES[place];
      const rows = Array.from({ length: T }, (_, row) =>
        Array.from(pixels.subarray(row * T, (row + 1) * T), (grey) => grey / 255),
      );
      paint(thumb.firstChild, rows, "grey");
    });
  },
};
