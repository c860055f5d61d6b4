"use strict";

// What is wider than its place can be scrolled by keyboard.
(() => {
  const mark = () => {
    for (const element of document.querySelectorAll("pre, .formula, .beside-equation, .table-wrapper, .output")) {
      if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
      else element.removeAttribute("tabindex");
    }
  };
  addEventListener("load", mark);
  addEventListener("resize", mark);
})();

// Equations beside code: pointing at a row or at a part of a figure lights what belongs to the same equation.
(() => {
  const elements = [...document.querySelectorAll("[data-numbers]")];
  let kept = null;

  const numbersOf = (element) => element.dataset.numbers.split(" ").filter(Boolean);
  const isDerivative = (element) => element.dataset.kind === "derivative";
  const targetOf = (event) => event.target.closest?.("[data-numbers]");

  // A derivative lights its equation and its place in the figure; an equation lights its derivatives, too.
  function belongs(element, source) {
    if (isDerivative(source) && isDerivative(element)) return false;
    const numbers = numbersOf(source);
    return numbersOf(element).some((number) => numbers.includes(number));
  }

  function show(source) {
    for (const element of elements) {
      element.classList.toggle("chosen", element === source);
      element.classList.toggle("lit", source !== null && element !== source && belongs(element, source));
    }
  }

  function keep(source) {
    kept = source;
    for (const element of elements) {
      const pressed = String(element === kept);
      if (element.hasAttribute("aria-pressed")) element.setAttribute("aria-pressed", pressed);
      for (const button of element.querySelectorAll("button")) button.setAttribute("aria-pressed", pressed);
    }
    show(kept);
  }

  if (!elements.length) return;
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "mouse") show(targetOf(event) ?? kept);
  });
  document.addEventListener("focusin", (event) => show(targetOf(event) ?? kept));
  document.addEventListener("focusout", () => show(kept));
  document.addEventListener("click", (event) => {
    const source = targetOf(event);
    if (event.target.closest?.("a") || !source) return;
    keep(source === kept ? null : source);
    if (kept === null && event.detail) document.activeElement?.blur?.();
  });
  document.addEventListener("keydown", (event) => {
    const isPart = event.target.matches?.(".figure-part");
    if (isPart && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      keep(event.target === kept ? null : event.target);
    }
    if (event.key === "Escape") keep(null);
  });
})();
