// A view in a notebook: in a shadow of its own, so that no style of it or of the notebook reaches the other.

import { decoded } from "./numbers.js";
import { element } from "./elements.js";
import { light } from "./colours.js";
import { startPage } from "./page.js";
import { fetchPlotly } from "./solid.js";
import { kernel } from "./sources.js";

// data-lm-suppress-shortcuts: keys pressed in the view are its own. JupyterLab sees the stage as what was pressed in, and would take
// digits for headings, and d d for a cell to delete.

/** What anywidget calls: show the model's views in `el`; returns what ends it. */
function render({ model, el }) {
  const { views, values, style } = decoded(model.get("held"));
  const ask = kernel(model);
  fetchPlotly(() => ask({ plotly: true }));
  const stage = element("div", { "data-lm-suppress-shortcuts": "true" }), root = element("div", { className: "page" });
  stage.attachShadow({ mode: "open" }).append(element("style", {}, style), root);
  el.replaceChildren(stage);
  startPage(root, views, async (view, { preset, ...set }) => decoded(await ask({ view, values: set })), { address: false, stage, values });
  const follow = () => { stage.dataset.around = onDark(el) ? "dark" : "light"; };
  const watch = new MutationObserver(follow);
  for (const one of [document.documentElement, document.body]) watch.observe(one, { attributes: true });
  requestAnimationFrame(follow);
  return () => watch.disconnect();
}

/** Whether what lies behind an element is dark; notebooks say it each in a way of their own. */
function onDark(behind) {
  for (let one = behind; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    const opaque = /^rgb\(/.test(colour) || (/^rgba\(/.test(colour) && Number(colour.match(/[\d.]+/g)[3]) > 0.5);
    if (opaque) return !light(colour);
  }
  return false;
}

export default { render };
