// A surface in three dimensions. Plotly draws it, and is asked for only when one is shown.

import { palette } from "./colours.js";
import { element } from "./elements.js";
import { heading } from "./marks.js";
import { unpacked } from "./packs.js";

let plotly = null, text = () => unpacked("plotly");

/** Have the text of Plotly's script from elsewhere: a function that promises it. */
export const fetchPlotly = (from) => { text = from; };

/** Plotly: what the page holds, or what the server sends. */
function library() {
  if (globalThis.Plotly) return Promise.resolve(globalThis.Plotly);
  plotly ??= text().then((held) => new Promise((resolve, reject) => {
    const src = held === null ? "plotly.js" : URL.createObjectURL(new Blob([held], { type: "text/javascript" }));
    const script = element("script", { src, nonce: document.querySelector("script[nonce]")?.nonce ?? "" });
    script.addEventListener("load", () => resolve(globalThis.Plotly));
    script.addEventListener("error", () => reject(new Error("this page has no surfaces in three dimensions")));
    document.head.append(script);
  }));
  return plotly;
}

export const isSolid = (chart) => chart.marks.some((mark) => mark.kind === "solid");

/** Takes the place of `ChartElement` for a chart with a `Solid`. */
export class SolidElement {
  constructor(holder) {
    this.canvas = element("div", { className: "solid", role: "img" });
    holder.append(this.canvas);
    this.colour = palette(this.canvas);
  }

  show(chart, step) {
    [this.chart, this.step] = [chart, step];
    this.draw();
  }

  draw() {
    if (!this.chart) return;
    const { chart, step } = this;
    const mark = chart.marks.find((one) => one.kind === "solid");
    const colour = palette(this.canvas);
    this.canvas.setAttribute("aria-label", `${chart.title}; the same numbers are in the other charts.`);
    const upTo = (list) => (step === undefined ? list : list.slice(0, step + 1));
    const traces = [{ type: "surface", x: mark.x, y: mark.y, z: mark.z, showscale: false, opacity: 0.85, colorscale: "Cividis", hovertemplate: "%{x:.3g}, %{y:.3g}: %{z:.4g}<extra></extra>" },
      ...(mark.paths ?? []).map(([name, role, x, y, z]) => ({ type: "scatter3d", mode: "lines+markers", name, x: upTo(x), y: upTo(y), z: upTo(z), line: { color: colour(role), width: 5 }, marker: { size: 3, color: colour(role) } }))];
    const axis = (title) => ({ title: { text: title }, gridcolor: colour("grid"), color: colour("words") });
    const layout = { height: chart.height, margin: { l: 0, r: 0, t: 0, b: 0 }, paper_bgcolor: colour("paper"), font: { color: colour("ink") }, legend: { x: 0, y: 1 },
      scene: { xaxis: axis(heading(chart.x)), yaxis: axis(heading(chart.y)), zaxis: axis(mark.label), aspectmode: "cube" }, uirevision: "kept" };
    library().then((Plotly) => Plotly.react(this.canvas, traces, layout, { displaylogo: false, responsive: true, displayModeBar: false }), (error) => { this.canvas.textContent = error.message; });
  }
}
