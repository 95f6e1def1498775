// Tables of numbers, sortable by pointer and keyboard.

import { element, button } from "./elements.js";
import { columns } from "./marks.js";
import { figure, spoken } from "./numbers.js";

// Letters up to which a cell is one line, and from which on it is broken into lines where a page is narrow.
const SHORT = 44, LONG = 60;

/** Whether a cell may stand to the right: a number, or that there is none. */
const numeric = (value) => typeof value === "number" || value?.kind === "quantity" || ["", "–", null, undefined].includes(value);

/** A table of {header: values} with a caption; numbers to six digits, whole in their title. */
export function table(caption, held) {
  const headers = Object.keys(held);
  const sides = headers.map((header) => (held[header].every(numeric) ? "right" : "left"));
  const rows = Math.max(0, ...headers.map((header) => held[header].length));
  const body = element("tbody");
  for (let index = 0; index < rows; index += 1) {
    body.append(element("tr", {}, ...headers.map((header, column) => {
      const value = held[header][index], side = sides[column];
      if (value?.kind === "quantity") return element("td", { className: `number ${side}`, title: String(value.value ?? "") }, spoken(value.text));
      if (typeof value === "number") return element("td", { className: `number ${side}`, title: String(value) }, figure(value, 6));
      const words = String(value ?? "");
      return element("td", { className: words.length > LONG ? "long" : words.length > SHORT ? side : `${side} short` }, words);
    })));
  }
  const head = element("tr", {}, ...headers.map((header, column) => element("th", { scope: "col", className: sides[column] }, header)));
  const made = element("table", {}, element("caption", {}, caption), element("thead", {}, head), body);
  sortable(made);
  return element("div", { className: "wide", tabIndex: 0, role: "region", "aria-label": caption }, made);
}

/** The numbers of a chart, mark by mark. */
export function tables(chart) {
  return chart.marks.flatMap((mark) => {
    const held = columns(mark, chart);
    return held ? [table(mark.label || chart.title, held)] : [];
  });
}

/** Make the headers of a table sort it: buttons, `aria-sort`, missing numbers last. */
export function sortable(made) {
  const heads = [...made.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const words = head.textContent;
    head.replaceChildren(button(words, () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].title ?? "";
      const text = (row) => row.cells[column].textContent;
      const sign = down ? -1 : 1;
      const rows = [...made.tBodies[0].rows].sort((one, other) => {
        const [a, b] = [parseFloat(value(one)), parseFloat(value(other))];
        if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b) ? sign * text(one).localeCompare(text(other), "en", { numeric: true }) : Number.isNaN(a) - Number.isNaN(b);
        return sign * (a - b);
      });
      made.tBodies[0].append(...rows);
    }, { className: "sort" }));
  });
}
