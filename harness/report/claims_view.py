"""What was found of the course's claims: a sentence, a picture, and every figure."""

from __future__ import annotations

import json
from typing import Any

from gradparity.harness.report.material.material import ExploredRun, Material
from gradparity.harness.report.material.stored_view import (
    StoredView,
    options,
    selection,
    shown,
    stored,
)
from gradparity.results.claims import words
from gradparity.results.pages.charts import Frame, Table
from gradparity.results.records.claim import ClaimFinding


def claims_view(material: Material) -> StoredView | None:
    """Return the view; None without a run on claims."""
    if not material.explored:
        return None
    runs = options(of.run.id for of in material.explored)
    found = list(zip(runs, material.explored, strict=True))
    claims = {str(x.number): _called(x) for _, of in found for x in of.findings}
    controls = [selection("claim", "Claim", list(claims.items()))]
    if len(found) > 1:
        controls.append(selection("run", "Run", runs))
    frames = {
        (number, value)[: len(controls)]: _frame_of(of, number)
        for (value, _), of in found
        for number in claims
    }
    return stored(
        "findings",
        "Findings",
        "Do the course's claims hold?",
        "Each claim with what was measured of it: intervals over seeds, beside what is claimed and "
        "what theory says.",
        controls,
        frames,
    )


def _called(one: ClaimFinding) -> str:
    return shown(f"{one.number}. {one.statement}")


def _frame_of(of: ExploredRun, number: str) -> Frame:
    for one in of.findings:
        if str(one.number) == number:
            return _frame(one)
    return Frame(f"Run {of.run.id} has not measured claim {number}.", [])


def _frame(one: ClaimFinding) -> Frame:
    told = f"{one.statement} {words.verdict(one).capitalize()}. {one.reason or one.sentence}"
    chart: list[Any] = [json.loads(one.chart)] if one.chart else []
    if not one.figures:
        return Frame(told, chart)
    names = ("figure", "measured", "seeds", "against")
    columns = zip(*words.figures(one), strict=True)
    table = Table(
        f"To measure it again: {words.command(one)}", dict(zip(names, columns, strict=True))
    )
    return Frame(told, chart, [table])
