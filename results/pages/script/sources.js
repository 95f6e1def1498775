// Where frames come from: a server, what is stored in the page, or a notebook's kernel.
//
// A source is ask(view, values) -> promise of a frame. Whoever asks drops stale answers: see `newest`.

import { fits } from "./controls.js";
import { decoded } from "./numbers.js";

/** Frames from the server that sent the page. */
export function served(base) {
  return async (view, { preset, ...values }, signal) => {
    const answer = await fetch(`${base}api/${encodeURIComponent(view)}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(values), signal });
    const told = decoded(await answer.text());
    if (!answer.ok) throw new Error(told.error ?? `the server answered ${answer.status}`);
    return told;
  };
}

/** Frames from a notebook's kernel, by the messages of a widget's model: {ask, ...} there, {to, text} back. */
export function kernel(model, seconds = 120) {
  const waiting = new Map();
  let count = 0;
  model.on("msg:custom", ({ to, ok, text }) => {
    const [resolve, reject] = waiting.get(to) ?? [];
    if (!resolve) return;
    waiting.delete(to);
    ok ? resolve(text) : reject(new Error(decoded(text).error));
  });
  return (question) => new Promise((resolve, reject) => {
    const ask = ++count;
    waiting.set(ask, [resolve, reject]);
    model.send({ ask, ...question });
    setTimeout(() => waiting.delete(ask) && reject(new Error(`the kernel has not answered for ${seconds} s: is it busy, or gone?`)), seconds * 1000);
  });
}

/** Frames that the page holds: a promise of {shared, frames: {view: {key: frame}}}, the key as `key` makes it. */
export function stored(held, views) {
  return async (view, values) => {
    const { shared, frames } = (await held) ?? {};
    const of = frames?.[view];
    const found = of?.[values.preset ? `preset:${values.preset}` : key(views.find((one) => one.name === view), values)];
    if (!found) throw new Error("this setting was not computed for the report");
    const part = (given) => (typeof given === "number" ? shared[given] : given);
    return { ...found, charts: found.charts.map((chart) => ({ ...chart, marks: chart.marks.map(part) })), tables: found.tables.map(part) };
  };
}

/** The values of the controls that are shown, as the frame's key. */
export const key = (view, values) => view.controls.filter((record) => fits(record, values)).map((record) => values[record.name]).join("|");

/** Ask for the newest values only: one question under way, the last one waiting, stale answers dropped. */
export function newest(source, show, fail) {
  let under = false, waiting = null;
  const next = async () => {
    const [view, values] = waiting;
    [under, waiting] = [true, null];
    const start = performance.now();
    try {
      const frame = await source(view, values);
      if (!waiting || waiting[0] === view) show(frame, view, values, performance.now() - start);
    } catch (error) {
      if (!waiting) fail(error);
    }
    under = false;
    if (waiting) next();
  };
  return (view, values) => {
    waiting = [view, { ...values }];
    if (!under) next();
  };
}
