"""How an estimate is printed: what to charge, how sure that is, and how the curves compare."""

from __future__ import annotations

from dataclasses import asdict

from gradparity.harness.business.estimate import Estimate
from gradparity.harness.terminal.console import say, write_json, write_rows


def write(found: Estimate, form: str) -> None:
    """Print to standard output. form: table, json, csv, markdown."""
    if form == "json":
        write_json(asdict(found))
        return
    rows = [
        {
            "curve": one.curve,
            "error": f"{one.error:,.4g}",
            "best price": "none" if one.best.endless else f"{one.best.price:,.6g}",
            "spend": "" if one.best.spend is None else f"{one.best.spend:,.6g}",
            "profit": f"{one.best.profit:,.6g}",
        }
        for one in found.candidates
    ]
    if form in ("table", "markdown"):
        first, *rest = sentences(found)
        say(first, style="bold" if form == "table" else "")
        for line in rest:
            say(line)
    write_rows(rows, form)
    if form in ("table", "markdown"):
        say("error: root mean square, in items, of rows that the fit had not seen (ten folds).")


def sentences(found: Estimate) -> list[str]:
    """The advice, then how sure it is, then what it rests on."""
    best, (low, high) = found.candidates[0].best, found.interval
    spend = "" if best.spend is None else f" and spend {best.spend:,.6g}"
    told = [
        f"Charge {best.price:,.6g}{spend}: {found.demand:,.4g} items a row, "
        f"a profit of {best.profit:,.6g}.",
        f"The middle 95 % of {found.resamples} resamples of the {found.rows} rows say "
        f"{low:,.6g} to {high:,.6g}.",
    ]
    if found.endless:
        told.append(f"{found.endless:.0%} of them have no best price within reach.")
    name = found.candidates[0].curve
    if found.alike:
        others = " and ".join(found.alike)
        told.append(f"The {name} curve fits best; {others} cannot be told from it by these rows.")
    else:
        told.append(f"The {name} curve fits best.")
    if not found.seen[0] <= best.price <= found.seen[1]:
        told.append(
            f"No price beyond {found.seen[0]:,.6g} to {found.seen[1]:,.6g} was ever tried: "
            "that far the curve is believed, not seen."
        )
    if found.cost == 0.0:
        told.append("An item is taken to cost nothing; say --cost.")
    return told
