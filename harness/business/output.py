"""How a recommendation is printed: sentences and a table, or data alone."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import Any

from gradparity.harness.business.recommendation import Decision, Recommendation
from gradparity.harness.business.way import way_rows
from gradparity.harness.business.words import findings, rows, sentences
from gradparity.harness.terminal.console import say, write_json, write_rows, write_text
from gradparity.results.words.markdown import escaped


def write(found: Recommendation, form: str, steps: bool = False) -> None:
    """Print to standard output. form: table, json, csv, markdown.

    steps: with the way there; as csv it is the way alone, one shape a file.
    """
    way = way_rows(found) if steps else []
    if form == "json":
        write_json(document(found))
        return
    if form == "csv" and way:
        write_rows(way, form)
        return
    if form == "csv":
        write_rows(
            [
                {"what": what, "value": _exact(value), "unit": unit}
                for what, value, unit in rows(found)
            ],
            form,
        )
        return
    told = [
        {"what": what, "value": _shown(value), "unit": unit}
        for what, value, unit in rows(found)
        if what != "warning"  # it stands above
    ]
    advice, *rest = sentences(found)
    below = findings(found)
    if form == "markdown":
        write_text(
            f"**{escaped(title(found))}**\n\n**{escaped(advice)}** {escaped(' '.join(rest))}\n"
        )
        say()
        write_rows(told, form)
        if way:
            say()
            write_rows(_in_short(way), form)
        write_text(f"\n{escaped(' '.join(below))}")
        return
    say(title(found))
    say()
    say(advice, style="bold")
    for line in rest:
        say(line)
    write_rows(told, form)
    if way:
        write_rows(_in_short(way), form)
    for line in below:
        say(line)


def title(found: Recommendation) -> str:
    """The market and its figures: "price-linear: a = 1,000, b = 8, cost = 35"."""
    known = {**found.market.figures, **found.market.limits}
    figures = ", ".join(f"{name} = {_figure(x)}" for name, x in known.items() if x is not None)
    return f"{found.market.problem.name}: {figures}" if figures else found.market.problem.name


def document(found: Recommendation) -> dict[str, Any]:
    """Everything, as one JSON document; what is not finite becomes null."""
    market, finding = found.market, found.check.finding
    return {
        "problem": market.problem.name,
        "file": market.file,
        "figures": market.figures,
        "limits": market.limits,
        "unit": market.money,
        "warnings": list(found.warnings),
        "advice": [] if found.warnings else sentences(found),
        "profit": found.profit,
        "decisions": [asdict(_shown_decision(one, found)) for one in found.decisions],
        "demand": None if found.unsold else found.demand,
        "worth": {k: x for k, x in found.worth.items() if not (found.unsold and k == "cost")},
        "backend": found.backend,
        "verdict": {
            "status": finding.status,
            "u64": finding.u64,
            "u32": finding.u32,
            "bound": finding.bound,
            "oracle": finding.oracle,
        },
        "search": asdict(found.search),
        "way": [asdict(one) for one in found.way],
        "closed_form": {"profit": found.closed_form, "apart": found.apart, "note": found.note},
    }


def _shown_decision(one: Decision, found: Recommendation) -> Decision:
    """A decision without an elasticity of what nobody buys."""
    return replace(one, elasticity=math.nan) if found.unsold else one


def _in_short(way: list[dict[str, str]]) -> list[dict[str, str]]:
    """The way with six digits a figure."""
    return [
        {name: x if name == "step" or not x else f"{float(x):,.6g}" for name, x in row.items()}
        for row in way
    ]


def _figure(value: Any) -> str:
    if isinstance(value, tuple | list):
        inner = [_figure(member) for member in value]
        nested = any(isinstance(member, tuple | list) for member in value)
        text = "; ".join(inner) if nested else ", ".join(inner)
        return text if nested or len(inner) == 1 else f"({text})"
    return f"{value:,.10g}" if isinstance(value, float | int) else str(value)


def _shown(value: float | str) -> str:
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return "no end" if value > 0 else "-" if math.isnan(value) else "-no end"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.9g}"


def _exact(value: float | str) -> str:
    return value if isinstance(value, str) else repr(value)
