// Where words can stand: clear of other words, of points and of lines.

import { spoken } from "./numbers.js";

/** The box of words: their middle line at y, from where their anchor says. */
export function boxOf(words, x, y, anchor, size) {
  const wide = 0.58 * size * words.length;
  const from = { start: x, middle: x - wide / 2, end: x - wide }[anchor ?? "start"];
  return { from, to: from + wide, top: y - size / 2, bottom: y + size / 2 };
}

/** Whether two boxes lie on each other. */
export const meet = (one, other, gap = 0) => one.from < other.to + gap && other.from < one.to + gap && one.top < other.bottom && other.top < one.bottom;

/** Small boxes where points stand and lines run, which words keep clear of. */
function marked(at, items) {
  const dot = ([x, y], r) => ({ from: x - r, to: x + r, top: y - r, bottom: y + r });
  const between = ([x0, y0], [x1, y1]) => {
    const count = Math.min(200, Math.ceil(Math.hypot(x1 - x0, y1 - y0) / 5));
    return Array.from({ length: count }, (_, k) => dot([x0 + ((x1 - x0) * k) / count, y0 + ((y1 - y0) * k) / count], 2));
  };
  return [...items.map(({ x, y }) => dot([x, y], 5)), ...at.strokes.flatMap((run) => run.slice(1).flatMap((point, index) => between(run[index], point)))];
}

/** A rule's name, at the first of the `wanted` places [x, y, anchor] inside that is clear of words, points and lines; else of words; else at the first. */
export function placed(label, wanted, at, items) {
  const inside = wanted.filter(([x, y, anchor]) => {
    const { from, to } = boxOf(label, x, y, anchor, 11);
    return from >= at.box.left && to <= at.box.left + at.box.width;
  });
  const places = inside.length ? inside : wanted;
  const boxes = places.map(([x, y, anchor]) => boxOf(label, x, y, anchor, 11));
  const free = (taken) => boxes.findIndex((box) => !taken.some((other) => meet(box, other)));
  const best = [free([...at.words, ...(at.marked ??= marked(at, items))]), free(at.words), 0].find((found) => found >= 0);
  const [x, y, anchor] = places[best];
  at.words.push(boxes[best]);
  at.pen.text(x, y, spoken(label), { fill: at.colour("ink"), halo: at.colour("paper"), anchor, size: 11 });
}
