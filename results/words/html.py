"""Tables in HTML for notebooks: the words of the printed ones, in either theme.

Colours are the notebook's own: text has its colour, lines a part of it. Every text is escaped.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from gradparity.results.words.display import visible

_EDGE = "border-bottom:1px solid color-mix(in srgb,currentColor 25%,transparent)"
_CELL = "padding:.15em .7em;white-space:nowrap"
_NOTE = "font-size:.9em;margin:.15em 0;opacity:.85"


@dataclass(frozen=True, slots=True)
class HtmlTable:
    """A table: its caption, titles, lines of as many words, and which lines are bold.

    left: the titles of columns that begin at their left edge.
    """

    caption: str
    titles: Sequence[str]
    lines: Sequence[Sequence[str]]
    left: Collection[str]
    bold: Sequence[bool] = ()


def document(parts: Iterable[HtmlTable], notes: Iterable[str]) -> str:
    """Return the tables, and what stands under them, as a fragment of a page."""
    told = "".join(f'<p style="{_NOTE}">{text(note)}</p>' for note in notes if note)
    return f'<div class="gradparity">{"".join(map(_table, parts))}{told}</div>'


def text(words: str) -> str:
    """Return text as HTML shows it: every letter visible, lines where they were."""
    return "<br>".join(escape(visible(line)) for line in words.split("\n"))


def _table(part: HtmlTable) -> str:
    bold = part.bold or [False] * len(part.lines)
    head = "".join(_cell("th", title, title in part.left, True) for title in part.titles)
    body = "".join(
        "<tr>"
        + "".join(
            _cell("td", word, title in part.left, best)
            for title, word in zip(part.titles, line, strict=True)
        )
        + "</tr>"
        for line, best in zip(part.lines, bold, strict=True)
    )
    caption = text(part.caption)
    return (
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;margin:.4em 0;'
        'font-variant-numeric:tabular-nums">'
        f'<caption style="text-align:left;font-weight:600">{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(kind: str, word: str, left: bool, bold: bool) -> str:
    side = "left" if left else "right"
    scope = ' scope="col"' if kind == "th" else ""
    weight = ";font-weight:600" if bold else ""
    return f'<{kind}{scope} style="{_CELL};{_EDGE};text-align:{side}{weight}">{text(word)}</{kind}>'
