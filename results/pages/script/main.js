// The start of a page: what it holds, it says in the JSON of #page.

import { decoded } from "./numbers.js";
import { startPage } from "./page.js";
import { served, stored } from "./sources.js";
import { sortable } from "./tables.js";

const held = document.getElementById("page");
if (held) {
  const page = decoded(held.textContent);
  const root = document.getElementById("views");
  if (root && page.views.length) startPage(root, page.views, page.frames ? stored(page.frames, page.views) : served(page.base));
  document.querySelectorAll("table.sortable").forEach(sortable);
}
