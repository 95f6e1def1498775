// Each kind of mark: the values that it spans, how it is drawn, the items that can be pointed at, its table.
//
// draw(mark, at): at has pen, x, y (scales), colour (role -> colour), step, box {left, top, width, height}, words (boxes of the
// numbers that stand there). over(mark, at, items): what is drawn when all marks are, clear of the items.
// items(mark, at): [{x, y (pixels), words(), sets}]; words are made when they are read, which takes longer than drawing.

import { linesOf } from "./contours.js";
import { light, shade } from "./colours.js";
import { figure, spoken } from "./numbers.js";
import { boxOf, meet, placed } from "./places.js";

const MARKERS = {
  circle: (r) => Array.from({ length: 16 }, (_, k) => [r * Math.cos((k * Math.PI) / 8), r * Math.sin((k * Math.PI) / 8)]),
  square: (r) => [[-r, -r], [r, -r], [r, r], [-r, r]].map(([x, y]) => [x * 0.85, y * 0.85]),
  triangle: (r) => [[0, -r], [r, r * 0.8], [-r, r * 0.8]],
  diamond: (r) => [[0, -r * 1.2], [r, 0], [0, r * 1.2], [-r, 0]],
  star: (r) => Array.from({ length: 10 }, (_, k) => [(k % 2 ? 0.45 : 1.3) * r * Math.sin((k * Math.PI) / 5), -(k % 2 ? 0.45 : 1.3) * r * Math.cos((k * Math.PI) / 5)]),
};
const STROKES = {
  cross: (r) => [[[-r, -r], [r, r]], [[-r, r], [r, -r]]],
  plus: (r) => [[[-r, 0], [r, 0]], [[0, -r], [0, r]]],
};

const shown = (mark, at, list) => (mark.by_step && at.step !== undefined ? list.slice(0, at.step + 1) : list);
const state = (mark, at, whole) => (mark.steps && at.step !== undefined ? mark.steps[Math.min(at.step, mark.steps.length - 1)] : whole);
const named = (mark, index, words) => mark.names?.[index] ?? (mark.label ? `${mark.label}: ${words}` : words);

function runs(points) {
  const found = [[]];
  for (const point of points) {
    if (point.every(Number.isFinite)) found.at(-1).push(point);
    else if (found.at(-1).length) found.push([]);
  }
  return found.filter((run) => run.length);
}

/** The marker of a mark at a pixel: of its colour with an edge of paper, or the other way round; strokes have no inside. */
function marker(mark, pen, x, y, r, colour) {
  const [own, paper] = [colour(mark.colour), colour("paper")];
  const strokes = STROKES[mark.marker]?.(r);
  if (strokes) for (const stroke of strokes) pen.path(stroke.map(([a, b]) => [x + a, y + b]), { stroke: own, width: 2 });
  else pen.path(MARKERS[mark.marker](r).map(([a, b]) => [x + a, y + b]), { fill: mark.filled ? own : paper, stroke: mark.filled ? paper : own, width: mark.filled ? 1 : 2, close: true });
}

/** What can be pointed at of marks along x and y. */
function along(mark, at) {
  return shown(mark, at, mark.x).map((x, index) => ({ x: at.x.of(x), y: at.y.of(mark.y[index]), words: () => named(mark, index, `${figure(x)}, ${figure(mark.y[index], 4)}`), sets: mark.sets?.[index] }));
}

function head(pen, x0, y0, x1, y1, colour, size = 7) {
  const length = Math.hypot(x1 - x0, y1 - y0);
  if (!(length > 1)) return;
  const [u, v] = [(x1 - x0) / length, (y1 - y0) / length];
  pen.path([[x1, y1], [x1 - size * u - size * 0.5 * v, y1 - size * v + size * 0.5 * u], [x1 - size * u + size * 0.5 * v, y1 - size * v - size * 0.5 * u]], { fill: colour, close: true });
}

const KINDS = {
  polyline: {
    spans: (mark) => [mark.x, mark.y],
    draw(mark, at) {
      const colour = at.colour(mark.colour);
      const points = shown(mark, at, mark.x.map((x, index) => [at.x.of(x), at.y.of(mark.y[index])]));
      for (const run of runs(points)) {
        if (heated(at.chart)) at.pen.path(run, { stroke: at.colour("paper"), width: mark.width + 2 }); // colours may be as light as the line
        at.pen.path(run, { stroke: colour, width: mark.width, dash: mark.dash });
        at.strokes.push(run);
      }
      if (mark.arrow && points.length > 1) head(at.pen, ...points.at(-2), ...points.at(-1), colour);
    },
    items: along,
    key: (mark, pen, x, y, colour) => pen.path([[x, y], [x + 22, y]], { stroke: colour(mark.colour), width: mark.width, dash: mark.dash }),
  },
  points: {
    spans: (mark) => [mark.x, mark.y],
    draw(mark, at) {
      const list = shown(mark, at, mark.x);
      list.forEach((x, index) => {
        if (mark.last && index + 1 < list.length) return;
        const [px, py] = [at.x.of(x), at.y.of(mark.y[index])];
        if (Number.isFinite(px) && Number.isFinite(py)) marker(mark, at.pen, px, py, mark.size, at.colour);
      });
    },
    items: along,
    key: (mark, pen, x, y, colour) => marker(mark, pen, x + 11, y, 5, colour),
  },
  segments: {
    spans: (mark) => [[...mark.x0, ...mark.x1], [...mark.y0, ...mark.y1]],
    draw(mark, at) {
      mark.x0.forEach((x0, index) => {
        if (mark.last && at.step !== undefined && index !== at.step) return;
        const ends = [at.x.of(x0), at.y.of(mark.y0[index]), at.x.of(mark.x1[index]), at.y.of(mark.y1[index])];
        if (!ends.every(Number.isFinite)) return;
        const colour = at.colour(mark.colours?.[index] ?? mark.colour);
        at.pen.path([ends.slice(0, 2), ends.slice(2)], { stroke: colour, width: mark.widths?.[index] ?? 1.5 });
        if (mark.arrow) head(at.pen, ...ends, colour);
      });
    },
    items: (mark, at) => mark.x0.map((x0, index) => ({ x: (at.x.of(x0) + at.x.of(mark.x1[index])) / 2, y: (at.y.of(mark.y0[index]) + at.y.of(mark.y1[index])) / 2, words: () => named(mark, index, ""), sets: mark.sets?.[index] })).filter((_, index) => mark.names?.[index] ?? mark.label),
    key: (mark, pen, x, y, colour) => pen.path([[x, y], [x + 22, y]], { stroke: colour(mark.colours?.[0] ?? mark.colour), width: 2 }),
  },
  band: {
    spans: (mark) => [mark.x, [...mark.low, ...mark.high]],
    draw(mark, at) {
      const upper = mark.x.map((x, index) => [at.x.of(x), at.y.of(mark.high[index])]);
      const lower = mark.x.map((x, index) => [at.x.of(x), at.y.of(mark.low[index])]);
      const outline = [...upper, ...lower.reverse()].filter((point) => point.every(Number.isFinite));
      at.pen.path(outline, { fill: at.colour(mark.colour), opacity: 0.2, close: true });
    },
    items: () => [],
    key: (mark, pen, x, y, colour) => pen.path([[x, y - 5], [x + 22, y - 5], [x + 22, y + 5], [x, y + 5]], { fill: colour(mark.colour), opacity: 0.25, close: true }),
  },
  zone: {
    spans: () => [[], []],
    draw(mark, at) {
      const along = mark.axis === "y" ? at.y : at.x;
      const [from, to] = [mark.low, mark.high].map((value) => (value === -Infinity ? along.of(along.low) : value === Infinity ? along.of(along.high) : along.of(Math.min(along.high, Math.max(along.low, value)))));
      const { left, top, width, height } = at.box;
      const corners = mark.axis === "y" ? [[left, from], [left + width, from], [left + width, to], [left, to]] : [[from, top], [to, top], [to, top + height], [from, top + height]];
      at.pen.path(corners, { fill: at.colour(mark.colour), opacity: mark.hatched ? 0.05 : 0.14, close: true });
      if (!mark.hatched || mark.axis === "y") return;
      for (let start = Math.min(from, to) - height; start < Math.max(from, to); start += 9) {
        const [a, b] = [Math.max(start, Math.min(from, to)), Math.min(start + height, Math.max(from, to))];
        if (b > a) at.pen.path([[a, top + height - (a - start)], [b, top + height - (b - start)]], { stroke: at.colour(mark.colour), width: 1, opacity: 0.5 });
      }
    },
    items: () => [],
    key: (mark, pen, x, y, colour) => pen.path([[x, y - 5], [x + 22, y - 5], [x + 22, y + 5], [x, y + 5]], { fill: colour(mark.colour), opacity: 0.25, close: true }),
  },
  rule: {
    spans: (mark) => (mark.axis === "y" ? [[], [mark.at]] : [[mark.at], []]),
    draw(mark, at) {
      const { left, top, width, height } = at.box;
      const place = mark.axis === "y" ? at.y.of(mark.at) : at.x.of(mark.at);
      const colour = at.colour(mark.colour);
      if (!Number.isFinite(place)) return;
      const line = mark.axis === "y" ? [[left, place], [left + width, place]] : [[place, top], [place, top + height]];
      at.pen.path(line, { stroke: colour, width: 1.5, dash: [5, 4] });
      at.strokes.push(line);
    },
    over(mark, at, items) {
      const { left, top, width, height } = at.box, right = left + width;
      const place = mark.axis === "y" ? at.y.of(mark.at) : at.x.of(mark.at);
      if (!mark.label || !Number.isFinite(place)) return;
      if (mark.axis === "y") {
        const ends = [[right - 4, "end"], [left + 5, "start"], [left + width / 2, "middle"]];
        const seen = [place - 8, place + 9].filter((y) => y > top + 7 && y < top + height - 7);
        const sides = seen.length ? seen : [place];
        placed(mark.label, ends.flatMap(([x, anchor]) => sides.map((y) => [x, y, anchor])), at, items);
      } else {
        const sides = [[place + 5, "start"], [place - 5, "end"]];
        if (place > left + width * 0.7) sides.reverse();
        const rows = Array.from({ length: Math.max(1, Math.floor(height / 14)) }, (_, row) => top + 9 + 14 * row);
        placed(mark.label, sides.flatMap(([x, anchor]) => rows.map((y) => [x, y, anchor])), at, items);
      }
    },
    items: () => [],
  },
  bars: {
    spans: (mark) => [[-0.6, mark.names.length - 0.4], [0, ...mark.heights, ...(mark.steps ?? []).flat(), 1.1 * Math.max(...mark.heights)]], // with room for the number of the highest
    draw(mark, at) {
      const base = at.y.of(at.y.log ? at.y.low : 0);
      state(mark, at, mark.heights).forEach((height, index) => {
        const [from, to, top] = [at.x.of(index - 0.35), at.x.of(index + 0.35), at.y.of(height)];
        if (Number.isFinite(top)) at.pen.path([[from, base], [from, top], [to, top], [to, base]], { fill: at.colour(mark.colours?.[index] ?? mark.colour), close: true });
        const words = figure(height, 4);
        if (at.chart.y.whole && top - 10 > at.box.top && 6.4 * words.length < (to - from) / 0.7) at.pen.text((from + to) / 2, top - 8, words, { fill: at.colour("ink"), halo: at.colour("paper"), anchor: "middle", size: 11 });
      });
    },
    items: (mark, at) => state(mark, at, mark.heights).map((height, index) => ({ x: at.x.of(index), y: at.y.of(height), words: () => `${mark.names[index]}: ${figure(height, 4)}`, sets: mark.sets?.[index] })),
    key: (mark, pen, x, y, colour) => pen.path([[x, y - 5], [x + 22, y - 5], [x + 22, y + 5], [x, y + 5]], { fill: colour(mark.colour), close: true }),
  },
  heat: {
    spans: (mark) => [edges(mark.x), edges(mark.y)],
    draw(mark, at) {
      const z = state(mark, at, mark.z);
      const colour = shade(mark, ...ends(mark));
      const rows = z.map((row) => row.map(colour));
      const [x, y] = [edges(mark.x), edges(mark.y)];
      const [left, right, bottom, top] = [at.x.of(x[0]), at.x.of(x.at(-1)), at.y.of(y[0]), at.y.of(y.at(-1))];
      at.pen.cells(left, Math.min(top, bottom), right - left, Math.abs(bottom - top), top < bottom ? rows.toReversed() : rows);
      if (!mark.words) return;
      for (const side of x) at.pen.path([[at.x.of(side), top], [at.x.of(side), bottom]], { stroke: at.colour("paper") });
      for (const side of y) at.pen.path([[left, at.y.of(side)], [right, at.y.of(side)]], { stroke: at.colour("paper") });
      const wide = Math.abs(right - left) / mark.x.length; // words that their cell has no room for are left to the pointer
      mark.words.forEach((row, i) => row.forEach((words, j) => {
        const size = Math.min(11, (wide - 4) / (0.58 * words.length));
        if (words && size >= 8.5) at.pen.text(at.x.of(mark.x[j]), at.y.of(mark.y[i]), words, { fill: !rows[i][j] ? at.colour("ink") : light(rows[i][j]) ? "#111" : "#fff", anchor: "middle", size });
      }));
    },
    key(mark, pen, x, y) {
      const [low, high] = ends(mark), colour = shade(mark, low, high);
      pen.cells(x, y - 5, keyWidth(mark), 10, [Array.from({ length: 24 }, (_, k) => colour(low + ((high - low) * k) / 23))]);
    },
    items: (mark, at) => (mark.z.length * mark.x.length > 1500 ? [] : state(mark, at, mark.z).flatMap((row, i) => row.map((value, j) => ({ x: at.x.of(mark.x[j]), y: at.y.of(mark.y[i]), words: () => `${tick(at.chart.x, mark.x[j])}, ${tick(at.chart.y, mark.y[i])}: ${mark.words?.[i]?.[j] || figure(value, 4)}`, sets: mark.sets?.[i]?.[j] })))),
  },
  contours: {
    spans: (mark) => [mark.x, mark.y],
    draw(mark, at) {
      linesOf(mark, at.step).forEach((lines, index) => {
        const style = { stroke: at.colour("words"), width: 1, opacity: 0.45 + (0.4 * index) / mark.levels.length };
        at.pen.paths(lines.map(([x0, y0, x1, y1]) => [[at.x.of(x0), at.y.of(y0)], [at.x.of(x1), at.y.of(y1)]]), style);
      });
    },
    items: () => [],
  },
  solid: { spans: () => [[], []], draw: () => {}, items: () => [] },
  label: {
    spans: (mark) => [[mark.x], [mark.y]],
    draw(mark, at) {
      const [place, y, size] = [at.x.of(mark.x), at.y.of(mark.y), 12];
      const wanted = boxOf(mark.text, place, y, mark.anchor, size); // what would be cut at an edge is moved inside
      const x = place + Math.max(0, at.box.left - wanted.from) - Math.max(0, wanted.to - at.box.left - at.box.width);
      const box = boxOf(mark.text, x, y, mark.anchor, size);
      if (at.words.some((other) => meet(box, other, 4))) return; // left to the pointer and the table
      at.words.push(box);
      const [from, to, top, bottom] = [box.from - 1, box.to + 1, box.top - 1, box.bottom + 1];
      at.pen.path([[from, top], [to, top], [to, bottom], [from, bottom]], { fill: at.colour("paper"), opacity: 0.85, close: true });
      at.pen.text(x, y, spoken(mark.text), { fill: at.colour(mark.colour), halo: at.colour("paper"), anchor: mark.anchor, size });
    },
    items: () => [],
  },
};

const heated = (chart) => chart.marks.some((mark) => mark.kind === "heat");

/** How wide a mark's key in the legend is, in pixels. */
export const keyWidth = (mark) => (mark.kind === "heat" ? 48 : 22);

/** What the legend says of a mark; of colours, what their ends are. */
export function keyed(mark) {
  if (mark.kind !== "heat") return spoken(mark.label);
  const [low, high] = mark.ends ?? ends(mark).map((value) => figure(value));
  return low === high || ends(mark)[0] > ends(mark)[1] ? mark.label : `${mark.label}, ${low} to ${high}`;
}

const coloured = new WeakMap();

/** The values that have the first and the last of a heat map's colours. */
function ends(mark) {
  if (!coloured.has(mark)) {
    const [low, high] = mark.low === undefined || mark.high === undefined ? extent((mark.steps ?? [mark.z]).flat(2)) : [];
    const [from, to] = [mark.low ?? low, mark.high ?? high], most = Math.max(Math.abs(from), Math.abs(to));
    coloured.set(mark, mark.scale === "diverging" ? [-most, most] : [from, to]);
  }
  return coloured.get(mark);
}

function extent(values) {
  const finite = values.filter(Number.isFinite);
  return [finite.reduce((a, b) => Math.min(a, b), Infinity), finite.reduce((a, b) => Math.max(a, b), -Infinity)];
}

/** The middle's neighbours' halves: where cells begin and end. */
function edges(middles) {
  if (middles.length < 2) return [middles[0] - 0.5, middles[0] + 0.5];
  const between = middles.slice(1).map((value, index) => (value + middles[index]) / 2);
  return [2 * middles[0] - between[0], ...between, 2 * middles.at(-1) - between.at(-1)];
}

export function tick(axis, value) {
  return axis.ticks?.find(([place]) => place === value)?.[1] ?? figure(value);
}

export function kind(mark) {
  const found = KINDS[mark.kind];
  if (!found) throw new Error(`no mark of kind ${mark.kind}`);
  return found;
}

/** A mark as columns {header: values}, as they are shown in the table under a chart. */
export function columns(mark, chart) {
  const [x, y] = [heading(chart.x), heading(chart.y)];
  if (mark.kind === "polyline" || mark.kind === "points") return { [x]: mark.x, [y]: mark.y, ...(mark.names ? { what: mark.names } : {}) };
  if (mark.kind === "band") return { [x]: mark.x, [`${y}, from`]: mark.low, to: mark.high };
  if (mark.kind === "bars") return { what: mark.names, [y]: mark.heights };
  if (mark.kind === "segments" && mark.names) return { what: mark.names };
  if (mark.kind === "heat") return { [`${y} \\ ${x}`]: mark.y.map((value) => tick(chart.y, value)), ...Object.fromEntries(mark.x.map((value, j) => [tick(chart.x, value), mark.z.map((row, i) => mark.words?.[i]?.[j] || row[j])])) };
  return null;
}

export const heading = (axis) => (axis.unit ? `${axis.label} (${axis.unit})` : axis.label ?? "");
