r"""Tables for LaTeX, one per setting, with the rules of booktabs.

They need \usepackage{booktabs} and UTF-8 input, and \usepackage{longtable} where a table is longer
than a page.
"""

from __future__ import annotations

from collections.abc import Sequence

from gradparity.results.records.record import Cell, Run
from gradparity.results.tables.columns import Group, groups
from gradparity.results.tables.legend import interval_name, legend, over
from gradparity.results.words.display import printable

COLUMNS = ("problem", "size", "backend", "error", "median", "interval", "ratio", "ratio interval")
LEFT = ("problem", "size", "backend")
PAGE = 40
"""Rows beyond which a table is set as a longtable, which breaks across pages."""

_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\symbol{34}",  # \textquotedbl is unknown without T1 fonts
    "µ": r"$\mu$",
    "×": r"$\times$",
    "±": r"$\pm$",
    "·": r"$\cdot$",
    "–": "--",
    "—": "---",
    "[": "{[}",  # after \\ a bracket would be read as a length
    "]": "{]}",
}


def export(run: Run, cells: Sequence[Cell]) -> str:
    """Return the tables, each captioned by its setting; the fastest and its ties are bold."""
    settings: dict[str, list[Group]] = {}
    for group in groups(run, cells):
        settings.setdefault(group.setting, []).append(group)
    interval = interval_name(cells)
    titles = [interval if name.endswith("interval") else name for name in COLUMNS]
    titles[COLUMNS.index("ratio")] = over(run, cells)
    lines = [
        f"% gradparity, run {_comment(run.id)}",
        r"% \usepackage{booktabs}, and \usepackage{longtable} for long tables",
    ]
    for setting, found in settings.items():
        lines += ["", *_table(setting, found, titles)]
    lines += ["", *(f"% {_comment(note)}" for note in legend(run, cells) if note)]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return `text` as LaTeX sets it letter by letter."""
    told = printable(text)
    return "".join(
        "-{}" if (sign, after) == ("-", "-") else _SIGNS.get(sign, sign)  # "--" would be a dash
        for sign, after in zip(told, told[1:] + " ", strict=False)
    )


def _table(setting: str, found: Sequence[Group], titles: Sequence[str]) -> list[str]:
    long = sum(len(group.lines) for group in found) > PAGE
    shape = "".join("l" if name in LEFT else "r" for name in COLUMNS)
    caption = rf"\caption{{{escaped(setting)}}}"
    head = [r"\toprule", _row([escaped(title) for title in titles]), r"\midrule"]
    body: list[str] = []
    for number, group in enumerate(found):
        body += [r"\addlinespace"] if number else []
        body += _rows(group)
    if long:
        top = [rf"\begin{{longtable}}{{{shape}}}", caption + r" \\", *head, r"\endhead"]
        return [*top, *body, r"\bottomrule", r"\end{longtable}"]
    top = [r"\begin{table}", r"\centering", caption, rf"\begin{{tabular}}{{{shape}}}"]
    return [*top, *head, *body, r"\bottomrule", r"\end{tabular}", r"\end{table}"]


def _rows(group: Group) -> list[str]:
    lines = []
    for line in group.lines:
        words = {name: escaped(line.words[name]) for name in COLUMNS}
        if line.best:
            words |= {name: rf"\textbf{{{words[name]}}}" for name in ("backend", "median")}
        lines.append(_row([words[name] for name in COLUMNS]))
    return lines


def _row(words: Sequence[str]) -> str:
    return " & ".join(words) + r" \\"


def _comment(text: str) -> str:
    return printable(text)
