// One view: its controls, its charts step by step, its sentence, its tables, what can be kept of it.

import { initial } from "./address.js";
import { asSvg, ChartElement } from "./chart.js";
import { control } from "./controls.js";
import { button, element, save } from "./elements.js";
import { figure, spoken } from "./numbers.js";
import { isSolid, SolidElement } from "./solid.js";
import { table, tables } from "./tables.js";

export class ViewElement {
  /** changed(values, ended), stepped(step), left(values of another view): what the page does when the reader acts. */
  constructor(view, values, { changed, stepped, left = () => {} }) {
    [this.view, this.values, this.changed, this.stepped, this.left] = [view, values, changed, stepped, left];
    this.controls = new Map(view.controls.map((record) => [record.name, control(record, values[record.name], (name, value, ended) => this.set({ [name]: value }, ended))]));
    this.sentence = element("p", { className: "sentence", "aria-live": "polite" });
    this.caption = element("p", { className: "caption" });
    this.challenge = element("p", { className: "challenge", hidden: true });
    this.player = this.makePlayer();
    this.charts = element("div", { className: "charts" });
    this.numbers = element("div", { className: "numbers" });
    this.shown = new Map();
    this.root = element("section", { className: "view", "aria-label": view.title },
      element("h2", {}, view.title), element("p", { className: "lead" }, view.lead ?? ""),
      this.presets(), element("form", { className: "controls" }, ...[...this.controls.values()].map((one) => one.holder)),
      this.makePrediction(), element("div", { className: "answer" }, this.sentence, this.challenge, this.player, this.caption, this.charts, this.numbers));
    for (const one of this.controls.values()) one.place(values);
    this.root.querySelector("form.controls").addEventListener("submit", (event) => event.preventDefault());
  }

  set(given, ended) {
    if (given.view && given.view !== this.view.name) return this.left(given);
    if ("rate" in given && this.keeps?.checked) given = { ...given, ...this.keptRates(given.rate) };
    delete this.values.preset;
    Object.assign(this.values, given);
    this.changed(this.values, ended);
    for (const [name, one] of this.controls) {
      if (name in given) one.show(this.values[name]);
      one.place(this.values);
    }
    return undefined;
  }

  /** Where a rate changes without a reset: what was run up to this step stays. */
  keptRates(rate) {
    if (rate === this.values.rate || this.step === undefined) return {};
    const plan = [...JSON.parse(this.values.rates || "[]"), [this.values.steps, this.values.rate]];
    const kept = [];
    let left = this.step;
    for (const [steps, one] of plan) if (left > 0) (kept.push([Math.min(steps, left), one]), left -= steps);
    return { rates: JSON.stringify(kept) };
  }

  makeKeeps() {
    if (!this.controls.has("rates")) return null;
    this.keeps = element("input", { type: "checkbox", id: "keeps" });
    return element("span", { className: "keeps" }, this.keeps, element("label", { for: "keeps" }, "A new rate takes over at this step"),
      button("Forget earlier rates", () => this.set({ rates: "" }, true)));
  }

  presets() {
    if (!this.view.presets?.length) return null;
    const said = element("p", { className: "caption" });
    const list = this.view.presets.map((preset) => button(preset.title, () => {
      said.textContent = preset.sentence;
      const defaults = Object.fromEntries(this.view.controls.map((record) => [record.name, initial(record)]));
      this.set({ ...defaults, ...preset.values, preset: preset.title }, true);
    }, { title: preset.sentence }));
    return element("div", { className: "presets", role: "group", "aria-label": "Presets" }, ...list, said);
  }

  /** Predict first: the answer stays covered until a guess is made or declined. */
  makePrediction() {
    if (!this.view.asks) return null;
    const guess = element("input", { type: "number", step: "any", id: "guess" });
    const told = element("output", {});
    const form = element("form", { className: "prediction", hidden: true }, element("label", { for: "guess" }, this.view.asks), guess, element("button", {}, "Reveal"), told);
    const open = button("Predict first", () => {
      form.hidden = false;
      this.root.classList.add("covered");
      guess.focus();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.root.classList.remove("covered");
      if (!this.frame?.answer || Number.isNaN(guess.valueAsNumber)) return;
      const [what, right] = this.frame.answer;
      told.textContent = `You said ${figure(guess.valueAsNumber)}; ${what} is ${figure(right, 4)}.`;
    });
    return element("div", {}, open, form);
  }

  makePlayer() {
    this.scrub = element("input", { type: "range", min: 0, step: 1, "aria-label": "Step" });
    this.scrub.addEventListener("input", () => this.go(Number(this.scrub.value)));
    this.playing = null;
    this.play = button("Play", () => (this.playing ? this.pause() : this.start()));
    return element("div", { className: "player", role: "group", "aria-label": "Steps", hidden: true },
      button("First", () => this.go(0)), button("Back", () => this.go(this.step - 1)), this.play,
      button("Step", () => this.go(this.step + 1)), button("Last", () => this.go(this.frame.steps)), this.scrub, this.makeKeeps());
  }

  start() {
    if (this.step >= this.frame.steps) this.go(0);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const every = calm ? 600 : Math.max(30, Math.min(400, 6000 / this.frame.steps));
    this.play.textContent = "Pause";
    this.playing = setInterval(() => {
      this.go(this.step + Math.max(1, Math.round((this.frame.steps * every) / 12000)), true);
      if (this.step >= this.frame.steps) this.pause();
    }, every);
  }

  pause() {
    clearInterval(this.playing);
    this.playing = null;
    this.play.textContent = "Play";
  }

  go(step, playing = false) {
    if (!playing && this.playing) this.pause();
    this.step = Math.max(0, Math.min(this.frame.steps, step));
    this.showStep();
    this.stepped(this.step);
  }

  showStep() {
    this.scrub.value = this.step;
    this.scrub.setAttribute("aria-valuetext", `step ${this.step} of ${this.frame.steps}`);
    this.caption.textContent = spoken(this.frame.captions?.[Math.min(this.step, this.frame.captions.length - 1)] ?? "");
    for (const chart of this.frame.charts) this.shown.get(chart.name).element.show(chart, this.frame.steps ? this.step : undefined);
  }

  /** moving: whether a slider still moves; charts that the frame lacks are then kept, and dim. */
  show(frame, step, moving = false) {
    this.frame = frame;
    this.root.classList.remove("stale");
    this.sentence.textContent = spoken(frame.sentence);
    this.sentence.classList.remove("failed");
    this.challenge.hidden = !frame.challenge;
    if (frame.challenge) {
      this.challenge.textContent = spoken(frame.challenge[1]);
      this.challenge.classList.toggle("met", frame.challenge[0]);
    }
    this.player.hidden = !frame.steps;
    this.scrub.max = frame.steps;
    this.step = Math.max(0, Math.min(frame.steps, step ?? frame.steps));
    this.place(frame.charts, moving);
    this.showStep();
    this.numbers.replaceChildren(...(frame.tables ?? []).map((one) => table(one.title, one.columns)));
  }

  fail(error) {
    this.sentence.textContent = error.message;
    this.sentence.classList.add("failed");
    this.root.classList.remove("stale");
  }

  /** One figure for each chart, kept while the charts keep their names. */
  place(charts, moving) {
    const names = new Set(charts.map((chart) => chart.name));
    for (const [name, one] of this.shown) {
      one.figure.classList.toggle("stale", !names.has(name));
      if (!names.has(name) && !moving) (one.figure.remove(), this.shown.delete(name));
    }
    for (const chart of charts) {
      if (!this.shown.has(chart.name)) this.shown.set(chart.name, this.figure(chart));
      const one = this.shown.get(chart.name);
      one.title.textContent = spoken(chart.title).replace(/(?<=\de)-(?=\d)/g, "\u2011"); // of a number no line ends amid
      one.note.textContent = spoken(chart.note ?? "");
      if (one.details.open) one.details.replaceChildren(one.summary, ...tables(chart));
      one.chart = chart;
    }
  }

  figure(chart) {
    const title = element("h3", {}), note = element("small", {});
    const holder = element("div", { className: "canvas" });
    const summary = element("summary", {}, "Numbers");
    const details = element("details", {}, summary);
    const one = { title, note, summary, details, chart };
    details.addEventListener("toggle", () => details.replaceChildren(summary, ...(details.open ? tables(one.chart) : [])));
    one.element = isSolid(chart) ? new SolidElement(holder) : new ChartElement(holder, (given, ended) => this.set(given, ended));
    if (isSolid(chart)) {
      one.figure = element("figure", {}, element("figcaption", {}, title, note), holder);
      this.charts.append(one.figure);
      return one;
    }
    const name = () => `${this.view.name}-${one.chart.name}`;
    const step = () => (this.frame.steps ? this.step : undefined);
    const keep = element("div", { className: "keep" },
      button("SVG", () => save(`${name()}.svg`, "image/svg+xml", asSvg(one.chart, one.element.colour, step())), { "aria-label": "Save this picture as SVG" }),
      button("PNG", () => save(`${name()}.png`, "image/png", one.element.canvas.toDataURL("image/png")), { "aria-label": "Save this picture as PNG" }));
    one.figure = element("figure", { className: chart.bare ? "bare" : "" }, element("figcaption", {}, title, note), holder, element("div", {}, details, keep));
    this.charts.append(one.figure);
    return one;
  }
}
