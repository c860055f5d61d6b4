"use strict";

// Tabs and the first picture.

const PANELS = { forward: forwardView, lines: linesView, backward: backwardView, break: breakView };

const tabs = {
  build() {
    const list = document.getElementById("tabs");
    const panels = document.getElementById("panels");
    for (const [key, view] of Object.entries(PANELS)) {
      const attributes = { type: "button", role: "tab", id: `tab-${key}`, "aria-controls": `panel-${key}` };
      view.tab = element("button", { ...attributes, click: () => this.choose(key) }, view.title);
      view.panel = element("div", {
        role: "tabpanel",
        id: `panel-${key}`,
        "aria-labelledby": `tab-${key}`,
      });
      const content = element("div", { class: `content ${key}` });
      view.panel.append(element("p", { class: "lead" }, view.lead), content);
      view.build(content);
      list.append(view.tab);
      panels.append(view.panel);
    }
    const mend = element("button", { type: "button", click: () => set(UNCHANGED) }, "Mend");
    this.changes = element("span");
    this.notice = element("p", { class: "notice" }, this.changes, mend);
    list.after(this.notice);
    list.addEventListener("keydown", (event) => {
      const direction = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!direction) return;
      event.preventDefault();
      const next = VIEWS[(VIEWS.indexOf(state.view) + direction + VIEWS.length) % VIEWS.length];
      this.choose(next);
      PANELS[next].tab.focus();
    });
  },

  choose(view) {
    if (view === state.view) return;
    transport.stop();
    set({ view, t: view === "lines" ? Math.max(state.t, 1) : state.t });
  },

  /** What is not as trained, in words. */
  changesInWords({ scale, forgetBias }) {
    const planted = DATA.switches.filter(({ key }) => state[key]).map(({ title }) => title);
    const weights = [
      ...(scale === 1 ? [] : [`scale of W × ${scale.toFixed(2)}`]),
      ...(forgetBias === 0 ? [] : [`bias of the forget gate ${shown(forgetBias)}`]),
    ];
    return [...planted, ...weights].join("; ");
  },

  show(shownState) {
    this.notice.hidden = !isChanged() || shownState.view === "break";
    this.changes.textContent = `The networks are changed: ${this.changesInWords(shownState)}. `;
    for (const [key, view] of Object.entries(PANELS)) {
      const chosen = key === shownState.view;
      view.tab.setAttribute("aria-selected", String(chosen));
      view.tab.tabIndex = chosen ? 0 : -1;
      view.panel.hidden = !chosen;
      if (chosen) view.show(shownState);
    }
  },
};

/** What the networks are, in a sentence. */
function about() {
  const each = NETWORKS.map((name) => {
    const { epochs, accuracy } = DATA.models[name];
    return `the ${NAMES[name]} in ${epochs} epochs (${percent(accuracy)} of the test images are right)`;
  });
  return `Both networks have ${H} units. <code>python scripts/see_it_run.py</code> trained them on MNIST: ${each.join(", ")}.
    The ${IMAGES.length} images are test images, and mistakes are far more frequent among them than in the test set. The
    tests of the project compare the states and gradients of each image with NumPy's, within derived bounds.`;
}

document.getElementById("about").innerHTML = about();
imagePanel.build();
tabs.build();
transport.build();
imagePanel.paintThumbs();
listeners.push(
  (shownState) => imagePanel.show(shownState),
  (shownState) => tabs.show(shownState),
  (shownState) => transport.show(shownState),
  () => history.replaceState(null, "", toHash()),
);
for (const query of ["(prefers-color-scheme: dark)", "print"])
  matchMedia(query).addEventListener("change", () => {
    forgetColours();
    imagePanel.paintThumbs();
    set({});
  });
addEventListener("resize", () => set({}));
addEventListener("hashchange", () => set(fromHash(location.hash)));
set(fromHash(location.hash));
transport.stop();
