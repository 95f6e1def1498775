"""A gate: base against head, every row with its pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gradparity.harness.gate.words import ORDER, percent, share
from gradparity.harness.report.material.material import Material
from gradparity.harness.report.material.stored_view import StoredView, shown, stored
from gradparity.harness.report.settings import said
from gradparity.results.pages.charts import (
    Axis,
    Chart,
    Frame,
    Points,
    Quantity,
    Rule,
    Segments,
    Table,
)
from gradparity.results.records.record import label
from gradparity.results.records.statuses import WRONG
from gradparity.results.words.display import printable

COLOURS = {"regressed": "bad", "improved": "good", "pass": "accent"}
"""Of a status; the others are grey."""

Document = Mapping[str, Any]


def gate_view(material: Material) -> StoredView | None:
    """Return the view; None where no gate's outcome was given."""
    if material.gate is None:
        return None
    against, rows = material.gate
    return stored(
        "gate",
        "Gate",
        "What did the change do?",
        "Head's time over base's, from pairs of fresh processes side by side. A wrong gradient "
        "fails, whatever it costs.",
        [],
        {(): _frame(against, rows)},
    )


def _frame(against: str, rows: Sequence[Document]) -> Frame:
    rows = sorted(rows, key=_order)
    counts = Counter(str(row["status"]) for row in rows)
    wrong = sum(count for status, count in counts.items() if status in WRONG)
    told = ", ".join(f"{count} {said(status)}" for status, count in counts.items())
    text = f"{'FAIL: ' if wrong or counts['regressed'] else ''}{len(rows)} rows against "
    text += f"{shown(against)}: {told or 'none'}."
    timed = [(i + 1, row) for i, row in enumerate(rows) if row["change"] is not None]
    return Frame(text, [_chart(timed)] if timed else [], [_table(rows)])


def _order(row: Document) -> int:
    """What fails first: wrong gradients, then what became slower, and so on."""
    status = str(row["status"])
    return -1 if status in WRONG else ORDER.index(status) if status in ORDER else 0


def _name(row: Document) -> str:
    parts = (row["problem"], row["size"], row["operator"], row["dtype"])
    return shown(" ".join((*parts, label(row["backend"], row["variant"]))))


def _chart(numbered: Sequence[tuple[int, Document]]) -> Chart:
    rows = [row for _, row in numbered]
    places = [float(i) for i in range(len(rows))][::-1]
    low, middle, high = (
        [100.0 * (row["change"][name] - 1.0) for row in rows] for name in ("low", "ratio", "high")
    )
    colours = [COLOURS.get(row["status"], "muted") for row in rows]
    ticks = [(place, str(i)) for place, (i, _) in zip(places, numbered, strict=True)]
    marks: list[Any] = [Rule(0.0, "as fast")]
    marks.append(Segments(low, places, high, places, widths=[2.0] * len(rows), colours=colours))
    for status in dict.fromkeys(row["status"] for row in rows):
        mine = [i for i, row in enumerate(rows) if row["status"] == status]
        marks.append(
            Points(
                [middle[i] for i in mine],
                [places[i] for i in mine],
                printable(status),
                COLOURS.get(status, "muted"),
                names=[f"{_name(rows[i])}: {percent(rows[i]['change']['ratio'])}" for i in mine],
            )
        )
    return Chart(
        "changes",
        _title(rows),
        Axis("change of head over base", "%"),
        Axis("row", ticks=ticks, low=-0.8, high=len(rows) - 0.2),
        marks,
        height=120 + 16 * len(rows),
        note="Rows by their number in the table. Right of 0 is slower.",
    )


def _title(rows: Sequence[Document]) -> str:
    counts = Counter(str(row["status"]) for row in rows)
    words = {"regressed": "slower", "improved": "faster", "pass": "as fast"}
    words["inconclusive"] = "undecided"
    told = [f"{counts[status]} {word}" for status, word in words.items() if counts[status]]
    return "Of the rows that were timed " + ", ".join(told) if told else "Change of time"


def _table(rows: Sequence[Document]) -> Table:
    changes = [row["change"] for row in rows]
    return Table(
        "Every row",
        {
            "number": [float(i + 1) for i in range(len(rows))],
            "status": [said(str(row["status"])) for row in rows],
            "row": [_name(row) for row in rows],
            "change": [_percent(change, "ratio") for change in changes],
            "from": [_percent(change, "low") for change in changes],
            "to": [_percent(change, "high") for change in changes],
            "margin": [Quantity(share(row["margin"]), float(row["margin"])) for row in rows],
            "pairs": [
                "–" if c is None else Quantity(str(c["pairs"]), float(c["pairs"])) for c in changes
            ],
            "reason": [printable(row["reason"]) for row in rows],
        },
    )


def _percent(change: Document | None, name: str) -> Quantity | str:
    return "–" if change is None else Quantity(percent(change[name]), float(change[name]))
