"""The script as one ES module, and the page around it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from gzip import compress
from html import escape
from importlib.resources import files
from typing import Any

from gradparity.results.pages.encoding import embedded

ORDER = (
    "numbers",
    "scales",
    "colours",
    "pens",
    "contours",
    "elements",
    "packs",
    "places",
    "marks",
    "chart",
    "controls",
    "address",
    "sources",
    "tables",
    "solid",
    "view",
    "page",
)
"""The modules of `script/`, each after those that it imports. Their names are told apart by hand:
put one behind the other they are one module (tests/results/pages holds them to it)."""


@cache
def script(last: str = "main") -> str:
    """Return the modules as one, `last` (which starts something) behind the others."""
    return "\n".join(_without_imports(name) for name in (*ORDER, last))


@cache
def style() -> str:
    """Return the style sheet."""
    return _read("style.css")


@cache
def shadow_style() -> str:
    """Return the style sheet for inside of a notebook: rules of the root are those of a shadow.

    Without a choice of the reader's, the theme is that of what lies around (`data-around`).
    """
    text = re.sub(
        r"@media \(prefers-color-scheme: dark\) \{ (:root.*?\}) \}", r"\1", style(), flags=re.S
    )
    text = text.replace(
        ':root:not([data-theme="light"])', ':host([data-around="dark"]:not([data-theme="light"]))'
    )
    text = re.sub(r":root(\[[^]]*\])", r":host(\1)", text).replace(":root", ":host")
    return (
        text.replace(".present body", ":host(.present) .page")
        .replace("\n.present .", "\n:host(.present) .")
        .replace(", .present .", ", :host(.present) .")
        .replace("\nbody {", "\n.page {")
    )


@cache
def plotly() -> str:
    """Return Plotly's script, as its Python package ships it. ModuleNotFoundError without it."""
    return files("plotly").joinpath("package_data/plotly.min.js").read_text(encoding="utf-8")


def packed(text: str) -> str:
    """Return text compressed, in base64: a quarter of its size, and nothing in it ends a script."""
    return b64encode(compress(text.encode(), mtime=0)).decode()


def page(
    title: str,
    held: Any,
    body: str = '<main id="views"></main>',
    nonce: str = "",
    packs: Mapping[str, str] | None = None,
) -> str:
    """Return a page that needs no other file: the style, the script and what it shows (`held`).

    title: escaped here. body: HTML, escaped by whoever made it. nonce: of the page's policy.
    packs: name -> text that is kept `packed`, for what is large.
    """
    own = f' nonce="{nonce}"' if nonce else ""
    kept = "".join(
        f'<script type="text/plain" id="pack-{name}"{own}>{packed(text)}</script>\n'
        for name, text in (packs or {}).items()
    )
    return (
        '<!doctype html>\n<html lang="en" data-theme="auto"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title)}</title>\n<link rel="icon" href="data:,">\n'
        f"<style{own}>\n{style()}</style></head>\n<body>\n{body}\n"
        f'<script type="application/json" id="page"{own}>{embedded(held)}</script>\n{kept}'
        f'<script type="module"{own}>\n{script()}</script>\n</body></html>\n'
    )


def still_page(title: str, body: str, nonce: str) -> str:
    """Return a page without our script: title, escaped here, and HTML, escaped by its maker."""
    return (
        '<!doctype html>\n<html lang="en" data-theme="auto"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title)}</title>\n<link rel="icon" href="data:,">\n'
        f'<style nonce="{nonce}">\n{style()}</style></head>\n<body>\n{body}\n</body></html>\n'
    )


def _without_imports(name: str) -> str:
    text = re.sub(r"^import .*\n", "", _read(f"script/{name}.js"), flags=re.MULTILINE)
    return re.sub(r"^export (?!default)", "", text, flags=re.MULTILINE)


def _read(path: str) -> str:
    return files(__package__).joinpath(path).read_text(encoding="utf-8")
