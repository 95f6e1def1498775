// Tables of numbers, sortable by pointer and keyboard.

import { element, button } from "./elements.js";
import { columns } from "./marks.js";
import { figure } from "./numbers.js";

// Letters from which on a cell is broken into lines where a page is narrow.
const LONG = 60;

/** A table of {header: values} with a caption; numbers to six digits, whole in their title. */
export function table(caption, held) {
  const headers = Object.keys(held);
  const rows = Math.max(0, ...headers.map((header) => held[header].length));
  const body = element("tbody");
  for (let index = 0; index < rows; index += 1) {
    body.append(element("tr", {}, ...headers.map((header) => {
      const value = held[header][index];
      if (value?.kind === "quantity") return element("td", { className: "number", title: String(value.value ?? "") }, value.text);
      if (typeof value === "number") return element("td", { className: "number", title: String(value) }, figure(value, 6));
      const words = String(value ?? "");
      return element("td", words.length > LONG ? { className: "long" } : {}, words);
    })));
  }
  const made = element("table", {}, element("caption", {}, caption), element("thead", {}, element("tr", {}, ...headers.map((header) => element("th", { scope: "col" }, header)))), body);
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
