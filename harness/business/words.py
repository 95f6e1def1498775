"""A recommendation in sentences, for whoever keeps the shop, and in rows with a unit on each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from gradparity.harness.business.recommendation import Decision, Recommendation

SHOWN = 6
"""Of many prices, so many are told; the rows have all."""
VERBS = {"price": "charge", "spend": "spend", "free": "choose"}
StatedFigure = tuple[str, float | str, str]
"""(what, figure or words, unit)."""


def money(x: float) -> str:
    """To the cent; to three digits what is smaller than one: "16,200.00", "0.0909"."""
    if abs(x) >= 1e15:
        return f"{x:.6g}"
    if x == 0.0 or abs(x) >= 0.9995:
        return f"{x:,.2f}"
    return f"{x:.2f}" if abs(round(x, 2) - x) < 1e-9 * abs(x) else f"{x:.3g}"


def sentences(found: Recommendation) -> list[str]:
    """What to do and what it brings, a sentence an entry; the first is the advice.

    Where there are warnings they come first, and nothing is advised.
    """
    if found.warnings:
        return [*found.warnings, *_limits(found)]
    return [
        _advice(found),
        *_leaders(found),
        *_bands(found),
        *_responses(found),
        *_limits(found),
        *_shadow(found),
    ]


def _advice(found: Recommendation) -> str:
    unit = found.market.money
    parts = []
    for kind, verb in VERBS.items():
        names = dict.fromkeys(one.stem for one in found.decisions if one.kind == kind)
        for name in names:
            mine = [one for one in found.decisions if one.kind == kind and one.stem == name]
            told = f"{verb} {_listed([money(one.value) for one in mine])} {mine[0].unit}".rstrip()
            parts.append(f"{told} ({name})" if len(names) > 1 or kind == "free" else told)
    text = " and ".join(parts)
    sold = ""
    if found.demand is not None:
        sold = f", selling {_listed(map(money, found.demand))} {_item(found, True)}"
    return f"{text[0].upper()}{text[1:]}: profit {money(found.profit)} {unit}{sold}."


def _listed(texts: Any) -> str:
    all_ = list(texts)
    if len(all_) > SHOWN:
        return f"{', '.join(all_[:SHOWN])}, ... ({len(all_)} in all)"
    return all_[0] if len(all_) == 1 else f"{', '.join(all_[:-1])} and {all_[-1]}"


def _item(found: Recommendation, several: bool = False) -> str:
    """What is sold, from the unit of its price: "item", or several "items"; "kg" is both."""
    thing = next((d.unit for d in found.decisions if d.kind == "price"), "")
    thing = thing.removeprefix(f"{found.market.money} per ")
    return f"{thing}s" if several and thing.isalpha() and len(thing) > 3 else thing


def _bands(found: Recommendation) -> Iterator[str]:
    told = [one for one in found.decisions if not math.isnan(one.low)][:SHOWN]
    for one in told:
        end = f"to {money(one.high)}" if math.isfinite(one.high) else "without end"
        rest = " (the rest left as it is)" if len(found.decisions) > 1 else ""
        yield (
            f"Profit stays within 1 % of that with {one.name} from {money(one.low)} {end} "
            f"{one.unit}{rest}."
        )


def _leaders(found: Recommendation) -> Iterator[str]:
    """Say what is sold below its cost, which brings buyers to the rest."""
    costs = found.market.figures.get("cost")
    prices = [one for one in found.decisions if one.kind == "price"]
    if not isinstance(costs, tuple | list) or len(costs) != len(prices):
        return
    for one, cost in [pair for pair in zip(prices, costs, strict=True) if pair[0].value < pair[1]][
        :SHOWN
    ]:
        yield (
            f"{one.name[:1].upper()}{one.name[1:]} is {money(cost - one.value)} below its cost: it "
            "sells the others (--above-cost forbids it)."
        )


def _responses(found: Recommendation) -> Iterator[str]:
    for one in found.decisions[:SHOWN]:
        if one.kind == "price" and math.isfinite(one.elasticity):
            way = "fewer" if one.elasticity <= 0.0 else "more"
            yield (
                f"A {one.name} 1 % higher sells {money(abs(one.elasticity))} % {way} "
                f"(elasticity {one.elasticity:.4g})."
            )
    for one in found.decisions[:SHOWN]:
        if one.kind == "price" and math.isfinite(one.pass_through):
            way = "more" if one.pass_through >= 0.0 else "less"
            where = "" if one.name == one.stem else f" for {one.name}"
            yield (
                f"Should the cost of 1 {_item(found)} rise by 1.00, charge "
                f"{money(abs(one.pass_through))} {way}{where} (pass-through)."
            )


def _limits(found: Recommendation) -> Iterator[str]:
    held = [one for one in found.decisions if one.held]
    unit = found.market.money
    for one in held[:SHOWN]:
        text = f"The limit {one.held} binds"
        if one.name != one.stem:
            text += f" for {one.name}"
        if one.marginal == 0.0:
            yield f"{text}."
        elif math.isinf(one.marginal):
            yield f"{text}: the first of it would {'earn' if one.marginal > 0 else 'lose'} most."
        else:
            way = "earn" if one.marginal > 0 else "lose"
            yield f"{text}: 1 more of it would {way} {money(abs(one.marginal))} {unit}."
    if not held and "budget" not in found.market.figures and not found.warnings:
        yield "No limit binds."


def _shadow(found: Recommendation) -> Iterator[str]:
    if "budget" in found.worth:
        unit = found.market.money
        budget = money(float(found.market.figures["budget"]))
        yield (
            f"The budget of {budget} {unit} is spent in full: 1 {unit} more would earn "
            f"{money(found.worth['budget'])} {unit}."
        )


def findings(found: Recommendation) -> list[str]:
    """How it was found, and how far it is to be believed."""
    search = found.search
    worse = f", {search.worse} of which ended at a lower profit" if search.worse else ""
    ended = "" if search.converged else " It did NOT converge: do not rely on it."
    lines = [
        found.check.line() + ".",
        f"Found in {search.steps} steps; {search.evaluations} evaluations from {search.starts} "
        f"starts{worse}; slope left: {search.norm:.1e} of the profit.{ended}",
    ]
    if found.closed_form is not None:
        apart = f"{found.apart:.1e}" if found.apart else "0"
        lines.append(f"The closed form differs by {apart} (relative, at most).")
    else:
        lines.append(f"{found.note[:1].upper()}{found.note[1:]}.")
    return lines


def rows(found: Recommendation) -> list[StatedFigure]:
    """Everything, one figure a row."""
    unit, problem = found.market.money, found.market.problem
    table: list[StatedFigure] = [("warning", text, "") for text in found.warnings]
    table.append(("profit", found.profit, unit))
    for one in found.decisions:
        table += _of_decision(replace(one, elasticity=math.nan) if found.unsold else one, unit)
    if not found.unsold:
        for name, sold in _numbered("demand", found.demand or ()):
            table.append((name, sold, _item(found, True)))
        table += _ratios(found)
    for figure, worth in found.worth.items():
        if figure == "cost" and found.unsold:
            continue  # minus the demand
        if worth and isinstance(worth, list) and isinstance(worth[0], list):
            continue  # a matrix: in JSON only
        each = worth if isinstance(worth, list) else None
        named = _numbered(figure, each) if each is not None else [(figure, worth)]
        table += [(f"profit per 1 more of {name}", x, unit) for name, x in named]
    if found.closed_form is not None:
        table.append(("profit, closed form", found.closed_form, problem.units[""]))
        table.append(("closed form, largest difference", found.apart, "relative"))
    search = found.search
    table += [
        ("steps", search.steps, ""),
        ("evaluations", search.evaluations, ""),
        ("slope left", search.norm, "of the profit"),
    ]
    return table


def _of_decision(one: Decision, unit: str) -> list[StatedFigure]:
    table: list[StatedFigure] = [(one.name, one.value, one.unit)]
    if not math.isnan(one.low):
        table.append((f"{one.name}, lowest within 1 %", one.low, one.unit))
        table.append((f"{one.name}, highest within 1 %", one.high, one.unit))
    if not math.isnan(one.elasticity):
        table.append((f"elasticity by {one.name}", one.elasticity, "% of demand per %"))
    if not math.isnan(one.pass_through):
        table.append((f"pass-through to {one.name}", one.pass_through, "per 1 of cost"))
    table.append((f"{one.name}, limit", one.held or "none binds", ""))
    if one.marginal:
        table.append((f"profit per 1 more of {one.name}", one.marginal, unit))
    return table


def _ratios(found: Recommendation) -> list[StatedFigure]:
    """Lerner's margin and the share of sales spent, of one price and one spend."""
    prices = [one for one in found.decisions if one.kind == "price"]
    spends = [one for one in found.decisions if one.kind == "spend"]
    cost = found.market.figures.get("cost")
    if len(prices) != 1 or found.demand is None or not isinstance(cost, int | float):
        return []
    price, sales = prices[0].value, prices[0].value * found.demand[0]
    table: list[StatedFigure] = []
    if price > 0.0:
        table.append(("margin (price - cost)/price", (price - cost) / price, "of the price"))
    if len(spends) == 1 and sales > 0.0:
        table.append(("advertising/sales", spends[0].value / sales, "of the sales"))
    return table


def _numbered(name: str, values: Sequence[float]) -> list[tuple[str, float]]:
    if len(values) == 1:
        return [(name, values[0])]
    return [(f"{name} {i + 1}", x) for i, x in enumerate(values)]
