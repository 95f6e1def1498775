"""What is said around the loss on the way down: who got furthest, at which rates, who was lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradparity.results.colours.backends import Style
from gradparity.results.pictures.sheet import SMALL, Handle, cross, handle, wrapped
from gradparity.results.races import contenders
from gradparity.results.races.contenders import Conditions, Contender
from gradparity.results.races.verdict import scores, solving, verdict
from gradparity.results.records.descent import Descent
from gradparity.results.words import wording
from gradparity.results.words.wording import plain

Shown = Mapping[Conditions, Mapping[Contender, Sequence[Descent]]]
"""The descents of each race by contender, at the one rate that is shown."""


def finding(shown: Shown, descents: Sequence[Descent]) -> str:
    """Say who wins and where; of one contender alone, who and where. descents: all of these."""
    everyone = contenders.in_order(who for members in shown.values() for who in members)
    names = contenders.labels(everyone)
    problems = list(dict.fromkeys(which.problem for which in shown))
    where = ", ".join(map(contenders.short, problems[:3]))
    where += f" and {len(problems) - 3} more" if len(problems) > 3 else ""
    if len(everyone) == 1:
        return f"{names[everyone[0]]} on {where}"
    on = f" on {where}" if len(shown) == 1 else ""
    won, colon, rest = verdict(descents).partition(":")
    return f"{won}{on}{colon}{rest}"


def under(shown: Shown, descents: Sequence[Descent], rounding: bool, timed: bool) -> str:
    """Say what a line and its band are. descents: all that were made, at every rate."""
    drawn = [descent for members in shown.values() for made in members.values() for descent in made]
    seeds = sorted({len(made) for members in shown.values() for made in members.values() if made})
    span = str(seeds[0]) if len(seeds) == 1 else f"{seeds[0]}–{seeds[-1]}"
    until = ", until a quarter diverged" if any(d.diverged for d in drawn) else ""
    band = f"band: their middle half{until}"
    words = ["One seed." if seeds[-1] == 1 else f"Median of {span} seeds; {band}."]
    rates = {descent.rate for descent in drawn}
    if any(
        len(contenders.by_rate(made)) > 1
        for members in contenders.races(descents).values()
        for made in members.values()
    ):
        words.append("Each at the best of the rates that were tried.")
    elif len(rates) == 1 and (rate := rates.pop()) is not None:
        words.append(f"Rate {plain(rate)}.")
    if rounding:
        words.append("0: no more than rounding.")
    if any(descent.batch is not None for descent in drawn):
        words.append("Mini-batches: the loss of the batch.")
    if not timed:
        words.append("Time was not measured.")
    if any(not descent.unbounded for descent in drawn):
        words.append(solving())
    if any(descent.unbounded for descent in drawn):
        words.append("Escaped, where there is no minimum: fallen by max(1, |first loss|).")
    return " ".join(words)


def entries(
    shown: Shown, looks: Mapping[Contender, Style], descents: Sequence[Descent]
) -> list[Handle]:
    """Return the legend: every contender, its rate if others have another, what it solved."""
    counted = scores(descents)
    everyone = list(looks)
    names = contenders.labels(everyone)
    drawn = [descent for members in shown.values() for made in members.values() for descent in made]
    several = len({descent.rate for descent in drawn}) > 1
    found: list[Handle] = []
    for who in everyone:
        rates = {d.rate for members in shown.values() for d in members.get(who, ())}
        rate = rates.pop() if several and len(rates) == 1 else None
        more = f", rate {plain(rate)}" if rate is not None else ""
        if who in counted and counted[who].instances:
            more += f": {counted[who].words()}"
        found.append(handle(looks[who], names[who] + more))
    if any(descent.diverged for descent in drawn):
        found.append(cross())
    return found


def lost(
    members: Mapping[Contender, Sequence[Descent]],
    all_of: Mapping[Contender, Sequence[Descent]],
    width: float,
    most: int = 3,
) -> list[str]:
    """Say who diverged how often, and of whom there is nothing, in lines of `width` inches.

    members: what is shown; all_of: all that was made.
    """
    names = contenders.labels(list(all_of))
    told: dict[str, list[str]] = {}
    for who, made in all_of.items():
        shown = members.get(who, ())
        count = sum(descent.diverged for descent in shown)
        if count:
            how_many = f"{count} of {len(shown)} " if count < len(shown) else f"all {count} "
            told.setdefault(f"{how_many if len(shown) > 1 else ''}diverged", []).append(names[who])
        elif not any(descent.history for descent in shown):
            told.setdefault(wording.printable(made[0].status), []).append(names[who])
    words = "; ".join(f"{what}: {', '.join(who)}" for what, who in told.items())
    lines = wrapped(words, SMALL, width) if words else []
    return lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1] + " …"]
