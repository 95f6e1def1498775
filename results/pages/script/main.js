// The start of a page: what it holds, it says in the JSON of #page.

import { decoded } from "./numbers.js";
import { unpacked } from "./packs.js";
import { startPage } from "./page.js";
import { served, stored } from "./sources.js";
import { sortable } from "./tables.js";

const held = document.getElementById("page");
if (held) {
  const page = decoded(held.textContent);
  const root = document.getElementById("views");
  const source = page.base ? served(page.base) : stored(unpacked("frames").then(decoded), page.views);
  if (root && page.views.length) startPage(root, page.views, source, { timed: Boolean(page.base) });
  document.querySelectorAll("table.sortable").forEach(sortable);
}
