// A page of views: which is open, what its controls say, all of it in the address.

import { initial, read, written } from "./address.js";
import { admitted } from "./controls.js";
import { button, element } from "./elements.js";
import { newest } from "./sources.js";
import { ViewElement } from "./view.js";

/** Fill `root` with `views`; frames come from `source`. slow: milliseconds from which a view runs on release only. */
export function startPage(root, views, source, { slow = 250, address = true, stage = document.documentElement, values = {}, timed = true } = {}) {
  let state = read(address ? location.hash : "", views), open = null, late = false, fresh = true;
  Object.assign(state.values, values);
  const view = () => views.find((one) => one.name === state.view);

  const tabs = element("nav", { "aria-label": "Views", hidden: views.length < 2 }, ...views.map((one) => button(one.tab ?? one.title, () => go({ view: one.name }), { value: one.name })));
  const settings = element("div", { className: "settings" },
    button("Theme", () => { state.theme = { auto: "light", light: "dark", dark: "auto" }[state.theme]; settle(); }),
    button("Presenter", () => { state.present = !state.present; settle(); }));
  const holder = element("div", {}), time = element("p", { className: "time", hidden: !timed });
  const name = !address || document.querySelector("h1") ? null : element("h1", {}, "gradparity");
  root.replaceChildren(element("header", {}, name, tabs, settings), holder, time);

  const ask = newest(source, (frame, name, values, took) => {
    if (name !== state.view) return;
    const moves = view().controls.some((record) => record.name === "moving");
    if (took <= slow || fresh) late = false; // the first answer of a view may compile
    else if (values.moving || !moves) late = true; // what a release adds may take its time
    fresh = false;
    time.textContent = late ? `${Math.round(took)} ms: too slow to follow the slider; it runs when you let go.` : `${Math.round(took)} ms`;
    open.show(frame, state.step, values.moving);
  }, (error) => open.fail(error));

  function settle() {
    stage.dataset.theme = state.theme;
    stage.classList.toggle("present", state.present);
    if (address) history.replaceState(null, "", written(state, view()));
    for (const tab of tabs.children) tab.setAttribute("aria-current", tab.value === state.view ? "page" : "false");
    open?.shown.forEach((one) => one.element.draw());
  }

  function changed(values, ended) {
    for (const record of view().controls) values[record.name] = admitted(record, values[record.name]);
    state.values = values;
    state.step = undefined;
    open.root.classList.add("stale");
    if (ended || !late) ask(state.view, ended || !("moving" in values) ? values : { ...values, moving: true });
    if (ended) settle();
  }

  function mount() {
    open?.pause();
    [late, fresh] = [false, true];
    open = new ViewElement(view(), state.values, { changed, stepped: (step) => { state.step = step; settle(); }, left });
    holder.replaceChildren(open.root);
    settle();
    ask(state.view, state.values);
  }

  function go(next) {
    const values = Object.fromEntries((views.find((one) => one.name === next.view)?.controls ?? []).map((record) => [record.name, initial(record)]));
    state = { ...state, step: undefined, values, ...next };
    mount();
  }

  /** A click in one view that opens another one, with values of its controls. */
  function left({ view, ...given }) {
    go({ view });
    open.set(given, true);
    root.querySelector("h2")?.scrollIntoView();
  }

  if (address) addEventListener("hashchange", () => { state = read(location.hash, views); mount(); });
  mount();
}
