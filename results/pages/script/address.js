// The whole state of a page in its address, behind "#": what is not there has its default.

/** {view, values: {control: value}, step, theme, present} of an address, with the types that the controls have. */
export function read(hash, views) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const view = views.find((one) => one.name === given.get("view")) ?? views[0];
  const values = {};
  for (const record of view?.controls ?? []) {
    const text = given.get(record.name);
    values[record.name] = text === null ? initial(record) : parsed(record, text);
  }
  return { view: view?.name, values, step: given.has("step") ? Number(given.get("step")) : undefined, theme: given.get("theme") ?? "auto", present: given.get("present") === "1" };
}

/** What a control is set to at first; of what is empty, JSON has nothing. */
export const initial = (record) => record.default ?? "";

export function written(state, view) {
  const out = new URLSearchParams({ view: state.view });
  for (const record of view.controls) if (state.values[record.name] !== initial(record)) out.set(record.name, state.values[record.name]);
  if (state.step !== undefined) out.set("step", state.step);
  if (state.theme !== "auto") out.set("theme", state.theme);
  if (state.present) out.set("present", "1");
  return `#${out}`;
}

function parsed(record, text) {
  if (record.kind === "number") {
    const value = Number(text);
    return value >= record.low && value <= record.high ? value : record.default;
  }
  if (record.kind === "flag") return text === "true";
  if (record.kind === "selection") return record.options.some(([value]) => value === text) ? text : record.default;
  return text.slice(0, record.longest);
}
