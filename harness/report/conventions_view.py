"""The atlas of conventions: who answers what where a derivative is a choice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gradparity.harness.conventions.answers import COLUMNS
from gradparity.harness.conventions.atlas import Atlas, Row
from gradparity.harness.report.material.material import Material
from gradparity.harness.report.material.stored_view import StoredView, options, selection, stored
from gradparity.results.pages.charts import Axis, Bars, Chart, Frame, Table
from gradparity.results.words.display import printable

ALL = ("all", "all families")
AGREEMENTS = {
    "yes": ("all agree", "good"),
    "differ": ("they differ", "b"),
    "wrong": ("somebody is wrong", "bad"),
    "alone": ("fewer than two answer", "muted"),
}
"""What the atlas says of a case: in words, and its colour."""


def conventions_view(material: Material) -> StoredView | None:
    """Return the view; None where no atlas is stored."""
    atlas = material.atlas
    if atlas is None:
        return None
    families = list(dict.fromkeys(row.get("family", "") for row in atlas.rows))
    keys = options(families)
    frames: dict[tuple[str, ...], Frame] = {(ALL[0],): _frame(atlas, atlas.rows, "all")}
    for (value, _), family in zip(keys, families, strict=True):
        rows = [row for row in atlas.rows if row.get("family", "") == family]
        frames[(value,)] = _frame(atlas, rows, family)
    return stored(
        "conventions",
        "Conventions",
        "Who answers what where the derivative is a choice?",
        "At a kink, a tie or the border of a domain libraries differ, lawfully, and change their "
        "mind between versions. Measured by gradparity conventions.",
        [selection("family", "Family", [ALL, *keys])],
        frames,
    )


def _frame(atlas: Atlas, rows: Sequence[Row], family: str) -> Frame:
    counts = Counter(row.get("agree", "") for row in rows)
    told = ", ".join(f"{name} {version}" for name, version in atlas.versions.items() if version)
    names = [name for name in AGREEMENTS if counts[name]]
    words = [AGREEMENTS[name][0] for name in names]
    chart = Chart(
        "agreement",
        f"Of {len(rows)} cases they differ in {counts['differ']}; "
        f"somebody is wrong in {counts['wrong']}",
        Axis("who answers what", ticks=[(float(i), word) for i, word in enumerate(words)]),
        Axis("cases", low=0.0, whole=True),
        [Bars(words, [counts[name] for name in names], colours=[AGREEMENTS[n][1] for n in names])],
        height=220,
    )
    shown = ("case", "at", "exact", "lawful", *COLUMNS, "agree", "wrong")
    columns = {name: [printable(row.get(name, "")) for row in rows] for name in shown}
    text = (
        f"{len(rows)} cases of {printable(family)} families"
        if family == "all"
        else (f"{len(rows)} cases of {printable(family)}")
    )
    lawful = f"{counts['differ']} lawful difference{'s' * (counts['differ'] != 1)}"
    text += f": {lawful}, {counts['wrong']} wrong. {printable(told)}."
    return Frame(text, [chart], [Table("Answers", columns)])
