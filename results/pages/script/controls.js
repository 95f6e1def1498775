// Native controls of a view: range, number, select, checkbox, text. Each has a value and a position.

import { element } from "./elements.js";
import { figure } from "./numbers.js";

// Letters from which on an option does not fit into a column, or into two: its control has a row to itself.
const WIDE = 26, WIDEST = 58;

/** Whether a control belongs to what others are set to. */
export const fits = (record, values) => Object.entries(record.when ?? {}).every(([other, wanted]) => wanted.includes(values[other]));

/** The element of one control; changed(name, value, ended) is called while it moves and at the end. */
export function control(record, value, changed) {
  const id = `control-${record.name}`;
  const label = element("label", { for: id }, record.unit ? `${record.label} (${record.unit})` : record.label);
  const made = CONTROLS[record.kind](record, id, (next, ended) => changed(record.name, next, ended));
  const longest = Math.max(0, ...(record.options ?? []).map(([, words]) => words.length));
  const room = longest > WIDEST ? " row" : longest > WIDE ? " broad" : "";
  const holder = element("div", { className: `control ${record.kind}${room}` }, label, ...made.parts);
  if (record.help) holder.title = record.help;
  made.show(value);
  return { holder, show: made.show, place: (values) => { holder.hidden = record.hidden || !fits(record, values); } };
}

/** Whether somebody is typing in this field, which is not written over then. */
const typing = (field) => field.getRootNode().activeElement === field;

/** Act when a field's text is entered: by Enter itself, too, which in a notebook comes to no change. */
function entered(field, act) {
  field.addEventListener("change", act);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    act();
  });
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
    entered(exact, () => {
      const given = record.whole ? Math.round(exact.valueAsNumber) : exact.valueAsNumber;
      if (given >= record.low && given <= record.high) changed(given, true);
      else exact.value = at();
    });
    const show = (value) => {
      slider.value = places.nearest(value);
      slider.setAttribute("aria-valuetext", `${figure(value)} ${record.unit ?? ""}`.trim());
      if (!typing(exact)) exact.value = Number(value.toPrecision(12));
    };
    return { parts: [slider, exact, ...(places.stored ? [element("small", {}, `${places.count + 1} stops`)] : [])], show };
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
    entered(field, () => changed(field.value, true));
    return { parts: [field], show: (value) => { if (!typing(field)) field.value = value; } };
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
