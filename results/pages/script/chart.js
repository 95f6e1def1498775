// A chart: axes, marks, legend; pointer and keyboard; pictures to keep.

import { palette } from "./colours.js";
import { heading, keyed, keyWidth, kind } from "./marks.js";
import { spoken } from "./numbers.js";
import { canvasPen, svgPen } from "./pens.js";
import { range, scale } from "./scales.js";

const LINE = 18, NAME = 13, NARROWEST = 0.5;

/** Draw `chart` with a pen of so many pixels; what was drawn can be pointed at. */
export function drawn(chart, pen, width, height, colour, step, titled = false) {
  const spans = chart.marks.map((mark) => kind(mark).spans(mark));
  const flat = (which) => spans.flatMap((span) => span[which]);
  const tight = chart.marks.some((mark) => mark.kind === "heat");
  let [xLow, xHigh] = range(chart.x, flat(0), tight), [yLow, yHigh] = range(chart.y, flat(1), tight);

  const legend = places(chart.marks.filter((mark) => mark.label && kind(mark).key), width - 16);
  const top = (titled ? 30 : 8) + legend.rows * LINE + (legend.rows ? 6 : 0);
  const plan = namePlan(chart.x.ticks ?? [], width);
  const bottom = height - (chart.bare ? 8 : 31 + plan.deep);
  const yTicks = chart.y.ticks ?? scale(chart.y.scale, yLow, yHigh, bottom, top, chart.y.whole).ticks(Math.max(2, (bottom - top) / 45));
  const left = chart.bare ? 8 : 30 + 6.8 * Math.max(2, ...yTicks.map(([, words]) => words.length));
  const box = { left, top, width: width - left - 14, height: bottom - top };

  if (chart.equal) {
    // The box is cut to what there is to see, and beyond half of it the range grows: a ravine stays wide enough.
    const [across, down] = [xHigh - xLow, yHigh - yLow];
    box.width = Math.min(box.width, Math.max(NARROWEST * box.width, (box.height * across) / down));
    box.height = Math.min(box.height, Math.max(NARROWEST * box.height, (box.width * down) / across));
    const unit = Math.max(across / box.width, down / box.height);
    const [xMore, yMore] = [(unit * box.width - across) / 2, (unit * box.height - down) / 2];
    [xLow, xHigh, yLow, yHigh] = [xLow - xMore, xHigh + xMore, yLow - yMore, yHigh + yMore];
  }
  const x = scale(chart.x.scale, xLow, xHigh, box.left, box.left + box.width, chart.x.whole);
  const y = scale(chart.y.scale, yLow, yHigh, box.top + box.height, box.top, chart.y.whole);
  const at = { pen, x, y, box, colour, step, chart, words: [], strokes: [] };

  if (!chart.bare) axes(chart, at, plan);
  if (titled) pen.text(8, 16, spoken(chart.title), { fill: colour("ink"), size: 14, bold: true });
  legend.keys.forEach(({ mark, across, row }) => {
    const [px, py] = [8 + across, (titled ? 30 : 8) + row * LINE + LINE / 2];
    kind(mark).key(mark, pen, px, py, colour);
    pen.text(px + keyWidth(mark) + 6, py, keyed(mark), { fill: colour("ink") });
  });
  const there = chart.marks.filter((mark) => step === undefined || step >= (mark.since ?? 0));
  const items = there.flatMap((mark) => kind(mark).items(mark, at)).filter((item) => Number.isFinite(item.x) && Number.isFinite(item.y));
  pen.clip(box.left - 1, box.top - 1, box.width + 2, box.height + 2, () => {
    there.forEach((mark) => kind(mark).draw(mark, at));
    there.forEach((mark) => kind(mark).over?.(mark, at, items));
  });
  return { x, y, box, items };
}

/** The chart as an SVG document with its title. */
export function asSvg(chart, colour, step, width = 720, height = 480) {
  const pen = svgPen(width, height, colour("paper"));
  drawn(chart, pen, width, height, colour, step, true);
  return pen.svg();
}

/** Legend keys row by row; a label appears once. */
function places(marks, width) {
  const keys = [], seen = new Set();
  let across = 0, row = 0;
  for (const mark of marks) {
    if (seen.has(mark.label)) continue;
    seen.add(mark.label);
    const wide = keyWidth(mark) + 22 + 7.4 * keyed(mark).length;
    if (across && across + wide > width) [across, row] = [0, row + 1];
    keys.push({ mark, across, row });
    across += wide;
  }
  return { keys, rows: keys.length ? row + 1 : 0 };
}

/** How names along x stand, that none is left out: in one row or two, else upright; in one, with gaps, where that is too narrow, too. */
function namePlan(names, width) {
  const longest = Math.max(0, ...names.map(([, words]) => 6.8 * words.length + 6));
  const rows = Math.max(1, Math.min(names.length, Math.ceil((longest * names.length) / (0.8 * width))));
  if (rows <= 2) return { rows, deep: NAME * rows };
  return names.length * NAME < 0.6 * width ? { rows: 1, upright: true, deep: Math.min(130, longest) } : { rows: 1, deep: NAME };
}

function axes(chart, { pen, x, y, box, colour }, { rows, upright, deep }) {
  const [grid, ink, words] = [colour("grid"), colour("ink"), colour("words")];
  const right = box.left + box.width, bottom = box.top + box.height;
  const free = Array(rows).fill(-Infinity);
  for (const [index, [value, said]] of (chart.x.ticks ?? x.ticks(Math.max(2, box.width / 60))).entries()) {
    const text = spoken(said), place = x.of(value), half = text.length * 3.4;
    if (!(place >= box.left - 1 && place <= right + 1)) continue;
    pen.path([[place, box.top], [place, bottom]], { stroke: grid });
    const row = index % rows;
    if (upright) pen.text(place, bottom + 6, text, { fill: words, anchor: "end", size: 11, turned: true });
    if (upright || place - half < free[row]) continue;
    pen.text(Math.min(place, right + 12 - half), bottom + 13 + NAME * row, text, { fill: words, anchor: "middle", size: 11 });
    free[row] = place + half + 6;
  }
  for (const [value, text] of chart.y.ticks ?? y.ticks(Math.max(2, box.height / 45))) {
    const place = y.of(value);
    if (!(place >= box.top - 1 && place <= bottom + 1)) continue;
    pen.path([[box.left, place], [right, place]], { stroke: grid });
    pen.text(box.left - 6, place, spoken(text), { fill: words, anchor: "end", size: 11 });
  }
  pen.path([[box.left, box.top], [box.left, bottom], [right, bottom]], { stroke: words });
  pen.text(box.left + box.width / 2, bottom + 20 + deep, heading(chart.x), { fill: ink, anchor: "middle" });
  pen.text(11, box.top + box.height / 2, heading(chart.y), { fill: ink, anchor: "middle", turned: true });
}

/** A chart in the page: redrawn when its frame, its step, its width or the theme changes. */
export class ChartElement {
  /** set(controls): what a click or a drag does; ended: whether the drag is over. */
  constructor(holder, set) {
    this.set = set;
    this.canvas = Object.assign(document.createElement("canvas"), { tabIndex: 0 });
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-roledescription", "chart");
    this.tip = Object.assign(document.createElement("output"), { className: "tip", hidden: true });
    holder.append(this.canvas, this.tip);
    this.pointed = -1;
    new ResizeObserver(() => this.draw()).observe(holder);
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => this.point(-1));
    this.canvas.addEventListener("blur", () => this.point(-1));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  show(chart, step) {
    [this.chart, this.step] = [chart, step];
    this.draw();
  }

  draw() {
    const width = this.canvas.parentElement.clientWidth;
    if (!this.chart || !width) return;
    const tall = this.chart.height + namePlan(this.chart.x.ticks ?? [], width).deep - NAME;
    const height = Math.round(this.chart.equal || this.chart.bare ? Math.min(tall, width * 0.95) : tall);
    const dense = window.devicePixelRatio || 1;
    Object.assign(this.canvas, { width: Math.round(width * dense), height: Math.round(height * dense) });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    this.canvas.setAttribute("aria-label", `${this.chart.title}. Arrow keys read its numbers.`);
    const context = this.canvas.getContext("2d");
    context.scale(dense, dense);
    this.colour = palette(this.canvas);
    this.drawing = drawn(this.chart, canvasPen(context), width, height, this.colour, this.step);
    const sets = this.chart.x.sets || this.chart.y.sets || this.drawing.items.some((item) => item.sets);
    this.canvas.classList.toggle("settable", Boolean(sets));
  }

  /** Under the pointer: the nearest item, and where on the axes. */
  place(event) {
    const bounds = this.canvas.getBoundingClientRect();
    const [px, py] = [event.clientX - bounds.left, event.clientY - bounds.top];
    let near = -1, least = 18;
    this.drawing.items.forEach((item, index) => {
      const far = Math.hypot(item.x - px, item.y - py);
      if (far < least) [near, least] = [index, far];
    });
    return { near, x: this.drawing.x.back(px), y: this.drawing.y.back(py) };
  }

  hover(event) {
    if (!this.drawing) return;
    if (event.buttons && this.dragging) this.drag(event, false);
    else this.point(this.place(event).near);
  }

  press(event) {
    if (!this.drawing) return;
    const { near } = this.place(event);
    if (this.drawing.items[near]?.sets) return this.set(this.drawing.items[near].sets, true);
    if (!this.chart.x.sets && !this.chart.y.sets) return undefined;
    this.dragging = true;
    this.canvas.setPointerCapture(event.pointerId);
    this.canvas.addEventListener("pointerup", (last) => {
      this.dragging = false;
      this.drag(last, true);
    }, { once: true });
    return this.drag(event, false);
  }

  drag(event, ended) {
    const { x, y } = this.place(event);
    const given = {};
    if (this.chart.x.sets) given[this.chart.x.sets] = x;
    if (this.chart.y.sets) given[this.chart.y.sets] = y;
    this.set(given, ended);
  }

  key(event) {
    const items = this.drawing?.items ?? [];
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by && items.length) this.point((this.pointed + by + items.length) % items.length);
    else if (event.key === "Home") this.point(0);
    else if (event.key === "End") this.point(items.length - 1);
    else if (event.key === "Enter" && items[this.pointed]?.sets) this.set(items[this.pointed].sets, true);
    else if (event.key === "Escape") this.point(-1);
    else return;
    event.preventDefault();
  }

  point(index) {
    this.pointed = index;
    const item = this.drawing?.items[index];
    this.tip.hidden = !item;
    if (!item) return;
    const words = item.words();
    this.tip.textContent = words;
    const width = this.canvas.clientWidth;
    this.tip.style.left = `${Math.min(item.x + 12, Math.max(0, width - 8 - Math.min(width, 7 * words.length)))}px`;
    this.tip.style.top = `${item.y - 30}px`;
  }
}
