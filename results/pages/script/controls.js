// Native controls of a view: range, number, select, checkbox, text. Each has a value and a position.

import { element } from "./elements.js";
import { figure } from "./numbers.js";

/** The element of one control; changed(name, value, ended) is called while it moves and at the end. */
export function control(record, value, changed) {
  const id = `control-${record.name}`;
  const label = element("label", { for: id }, record.unit ? `${record.label} (${record.unit})` : record.label);
  const made = CONTROLS[record.kind](record, id, (next, ended) => changed(record.name, next, ended));
  const holder = element("div", { className: `control ${record.kind}` }, label, ...made.parts);
  if (record.help) holder.title = record.help;
  made.show(value);
  const fits = (values) => !record.hidden && Object.entries(record.when ?? {}).every(([other, wanted]) => wanted.includes(values[other]));
  return { holder, show: made.show, place: (values) => { holder.hidden = !fits(values); } };
}

const CONTROLS = {
  number(record, id, changed) {
    const places = positions(record);
    const slider = element("input", { id, type: "range", min: 0, max: places.count, step: 1 });
    const exact = element("input", { type: "number", step: "any", min: record.low, max: record.high, "aria-label": `${record.label}, exactly` });
    if (places.stored) exact.readOnly = true;
    const at = () => places.value(Number(slider.value));
    slider.addEventListener("input", () => changed(at(), false));
    slider.addEventListener("change", () => changed(at(), true));
    exact.addEventListener("change", () => {
      const given = record.whole ? Math.round(exact.valueAsNumber) : exact.valueAsNumber;
      if (given >= record.low && given <= record.high) changed(given, true);
      else exact.value = at();
    });
    const show = (value) => {
      slider.value = places.nearest(value);
      slider.setAttribute("aria-valuetext", `${figure(value)} ${record.unit ?? ""}`.trim());
      exact.value = Number(value.toPrecision(12));
    };
    return { parts: [slider, exact, ...(places.stored ? [element("small", {}, `${places.count + 1} precomputed stops`)] : [])], show };
  },
  selection(record, id, changed) {
    const select = element("select", { id }, ...record.options.map(([value, words]) => element("option", { value }, words)));
    select.addEventListener("change", () => changed(select.value, true));
    return { parts: [select], show: (value) => { select.value = value; } };
  },
  flag(record, id, changed) {
    const box = element("input", { id, type: "checkbox" });
    box.addEventListener("change", () => changed(box.checked, true));
    return { parts: [box], show: (value) => { box.checked = value; } };
  },
  text(record, id, changed) {
    const field = element("input", { id, type: "text", maxLength: record.longest, spellcheck: false });
    field.addEventListener("change", () => changed(field.value, true));
    return { parts: [field], show: (value) => { field.value = value; } };
  },
};

/** Slider positions 0 ... count of a number: its stored stops, or evenly on its scale. */
export function positions(record) {
  if (record.stops) {
    const nearest = (value) => record.stops.reduce((best, stop, index) => (Math.abs(stop - value) < Math.abs(record.stops[best] - value) ? index : best), 0);
    return { count: record.stops.length - 1, stored: true, value: (index) => record.stops[index], nearest };
  }
  const log = record.scale === "log";
  const [low, high] = log ? [Math.log10(record.low), Math.log10(record.high)] : [record.low, record.high];
  const count = record.positions;
  const value = (index) => {
    const place = low + ((high - low) * index) / count;
    const raw = index === 0 ? record.low : index === count ? record.high : log ? 10 ** place : place;
    return record.whole ? Math.round(raw) : Number(raw.toPrecision(4));
  };
  const nearest = (given) => Math.round((((log ? Math.log10(given) : given) - low) / (high - low)) * count);
  return { count, stored: false, value, nearest };
}

/** A value that a click or a drag gives a control, as the control may have it. */
export function admitted(record, value) {
  if (record.kind !== "number" || typeof value !== "number") return value;
  if (record.stops) return positions(record).value(positions(record).nearest(value));
  const inside = Math.min(record.high, Math.max(record.low, value));
  return record.whole ? Math.round(inside) : Number(inside.toPrecision(4));
}
