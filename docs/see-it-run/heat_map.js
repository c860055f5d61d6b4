"use strict";

/** A colour between two colours. */
const mixed = (one, other, share) => one.map((part, k) => part + (other[k] - part) * share);

/** The colours for a value from -1 to 1: purple, neutral, green. */
function signedColour(value) {
  const share = Math.min(Math.abs(value), 1) ** 0.8;
  return mixed(colour("neutral"), colour(value < 0 ? "negative" : "positive"), share);
}

/** The picture of a grey value from 0 to 1: ink on paper. */
const greyColour = (value) => mixed(colour("paper"), colour("ink"), value);

const TABLE_SIZE = 255;
let tables = {};
/** A function of a value from -1 to 1 as a table of colours, which is made again when the colours change. */
function coloured(kind, value) {
  tables[kind] ??= Array.from({ length: TABLE_SIZE }, (_, k) =>
    ({ signed: signedColour, grey: greyColour })[kind]((2 * k) / (TABLE_SIZE - 1) - 1),
  );
  const place = Math.round(((Math.min(Math.max(value, -1), 1) + 1) / 2) * (TABLE_SIZE - 1));
  return tables[kind][place];
}
const forgetColours = () => (tables = {});

/** Colours of rows of numbers on a canvas with a pixel for each number; `null` rows stay empty. */
function paint(canvas, rows, kind = "signed", scale = 1) {
  const context = canvas.getContext("2d");
  const picture = context.createImageData(canvas.width, canvas.height);
  rows.forEach((row, y) => {
    for (let x = 0; row && x < canvas.width; x++) {
      picture.data.set([...coloured(kind, row[x] / scale), 255], 4 * (y * canvas.width + x));
    }
  });
  context.putImageData(picture, 0, 0);
}

/**
 * A heat map of a quantity over the steps: a row for each step, a column for each unit. A click chooses a unit and,
 * if there are several rows, a step.
 */
class HeatMap {
  constructor(symbol, meaning, { columns = H, rows = T, onPick = pickUnit } = {}) {
    Object.assign(this, { columns, rows });
    this.canvas = element("canvas", { width: columns, height: rows, role: "img", "aria-label": meaning });
    this.row = element("div", { class: "row-mark" });
    this.column = element("div", { class: "column-mark" });
    this.value = element("span", { class: "value" });
    this.field = element("div", { class: "field" }, this.canvas, this.row, this.column);
    this.field.style.setProperty("--rows", rows);
    if (onPick) {
      this.field.classList.add("pickable");
      this.field.addEventListener("click", (event) => onPick(...this.placeOf(event), this));
    }
    const title = element(
      "div",
      { class: "map-title" },
      html("span", {}, `${symbol} <small>${meaning}</small>`),
      this.value,
    );
    this.figure = element("div", { class: "map" }, title, this.field);
  }

  placeOf(event) {
    const box = this.field.getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * this.columns);
    const row = Math.floor(((event.clientY - box.top) / box.height) * this.rows);
    return [Math.min(Math.max(column, 0), this.columns - 1), Math.min(Math.max(row, 0), this.rows - 1)];
  }

  /** Shows rows of numbers, with a mark at a row and at a column; -1 leaves a mark out. */
  show(rows, { row = -1, column = -1, scale = 1, text = "" } = {}) {
    paint(this.canvas, rows, "signed", scale);
    this.row.hidden = row < 0;
    this.row.style.top = `${(100 * row) / this.rows}%`;
    this.column.hidden = column < 0;
    this.column.style.left = `${(100 * column) / this.columns}%`;
    this.column.style.width = `${100 / this.columns}%`;
    this.value.innerHTML = text;
  }
}

function pickUnit(column, row, map) {
  set(map.rows > 1 ? { unit: column, t: row + 1 } : { unit: column });
}
