"use strict";

/** A new element with attributes and children; a function is a listener, and `null` leaves an attribute out. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** A new element whose content is HTML of this page's own making. */
function html(tag, attributes, content) {
  const made = element(tag, attributes);
  made.innerHTML = content;
  return made;
}

/** A number with three digits after the point, or as a power of ten where that shows too little. */
function shown(value) {
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size === 0) return "0";
  if (!Number.isFinite(size)) return `${sign}∞`;
  if (size >= 0.0995 && size < 9999.5) return sign + size.toFixed(size < 9.9995 ? 3 : size < 99.95 ? 2 : 1);
  if (size >= 0.00995 && size < 1) return sign + size.toFixed(4);
  const exponent = Math.floor(Math.log10(size));
  return `${sign}${(size / 10 ** exponent).toFixed(1)}·10${superscript(exponent)}`;
}

const DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const superscript = (n) => (n < 0 ? "⁻" : "") + [...String(Math.abs(n))].map((digit) => DIGITS[digit]).join("");
const percent = (share) => `${(100 * share).toFixed(share > 0.9995 || share < 0.0005 ? 0 : 1)}\u00a0%`;

/** A colour of the style sheet as [red, green, blue]; the style sheet writes it as #rrggbb. */
function colour(name) {
  const text = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  return [1, 3, 5].map((k) => parseInt(text.slice(k, k + 2), 16));
}
