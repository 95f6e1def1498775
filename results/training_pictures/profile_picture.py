"""Performance and data profiles: a row of panels per accuracy tau, the optimisers as steps."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from results import wording
from results.descent import Descent
from results.errors import NothingToDraw
from results.palette import Style
from results.training_pictures import contenders as who_is_who
from results.training_pictures import profiles
from results.training_pictures.contenders import Contender, Race
from results.training_pictures.profiles import Profile
from results.training_pictures.sheet import Head, Margins, handle, line, sheet
from results.training_pictures.step_axis import plain

PANEL = 1.9
"""Inches."""

TAUS = (1e-1, 1e-3, 1e-5)

FAILED = ("crashed", "timeout", "error")

WORDS = {"steps": "steps", "evaluations": "evaluations", "seconds": "wall time"}

FURTHEST = 1e4
"""Ratios to the best beyond this one are not drawn."""


@dataclass(frozen=True, slots=True)
class Field:
    """Instances that all of the optimisers took part in.

    descents: one per instance and optimiser, at the optimiser's best rate of that problem.
    parameters, minima: the number of parameters and f* of each instance. problems: how many
    different ones. absent: who was tried too little to be compared.
    """

    descents: Mapping[Contender, Sequence[Descent]]
    parameters: Sequence[int]
    minima: Sequence[float]
    problems: int
    absent: Sequence[Contender]


def field(descents: Sequence[Descent]) -> Field:
    """Return the instances that can be compared: seeds that all optimisers of a race started from.

    Descents of mini-batches are left out: the loss of a batch says little of what was reached.
    Raises: NothingToDraw, in words, if there is nothing to compare.
    """
    whole = [descent for descent in descents if descent.batch is None]
    if not whole and descents:
        raise NothingToDraw("all descents are of mini-batches, whose losses are not comparable")
    races = who_is_who.races(whole)
    everyone = who_is_who.contenders(
        who for members in races.values() for who, made in members.items() if who_is_who.tuned(made)
    )
    if len(everyone) < 2:
        raise NothingToDraw("profiles compare two optimisers at least")
    instances = {
        which: {who: _by_seed(members.get(who, [])) for who in everyone}
        for which, members in races.items()
    }
    taking_part = list(everyone)
    while len(shared := _shared(instances, taking_part)) < 2 and len(taking_part) > 2:
        # Who was tried least leaves, the last of equals: without it others can be compared.
        tried = {who: sum(len(made[who]) for made in instances.values()) for who in taking_part}
        taking_part.remove(min(reversed(taking_part), key=lambda who: tried[who]))
    if len(shared) < 2:
        raise NothingToDraw("fewer than two instances were tried by two optimisers")
    chosen = {who: [instances[which][who][seed] for which, seed in shared] for who in taking_part}
    alike = [[made[i] for made in chosen.values()] for i in range(len(shared))]
    return Field(
        chosen,
        [made[0].parameters for made in alike],
        [profiles.lowest(made) for made in alike],
        len({which.problem for which, _ in shared}),
        [who for who in everyone if who not in taking_part],
    )


def _shared(
    instances: Mapping[Race, Mapping[Contender, Mapping[int, Descent]]], who: Sequence[Contender]
) -> list[tuple[Race, int]]:
    """Return the races and seeds that all of these took part in."""
    return [
        (which, seed)
        for which, made in instances.items()
        for seed in sorted(set.intersection(*(set(made[one]) for one in who)))
    ]


def _by_seed(made: Sequence[Descent]) -> dict[int, Descent]:
    """Return a contender's descents at its best rate; what failed in earnest counts as unsolved."""
    failed = {descent.seed: descent for descent in made if descent.status in FAILED}
    return failed | {descent.seed: descent for descent in who_is_who.tuned(made)}


def profile_figure(
    descents: Sequence[Descent], taus: Sequence[float] = TAUS, costs: Sequence[str] = ()
) -> Figure:
    """Return the figure: performance profiles for each of `costs`, and the data profile.

    taus: the accuracies, a row each. costs: of "steps", "evaluations", "seconds"; left out, it is
    evaluations and wall time, or steps where time was not measured.
    Raises: NothingToDraw as `field` does.
    """
    found = field(descents)
    everything = [d for made in found.descents.values() for d in made if d.history is not None]
    timed = all(d.history is not None and d.history.seconds is not None for d in everything)
    counted = list(costs) or ["evaluations", "seconds" if timed else "steps"]
    if "seconds" in counted and not timed:
        raise NothingToDraw("time was not measured")
    looks = who_is_who.looks(list(found.descents))
    names = who_is_who.labels(list(found.descents))
    drawn = [
        [_performance(found, tau, what) for what in counted] + [_data(found, tau)] for tau in taus
    ]
    head = Head(
        _finding(drawn[len(drawn) // 2][-1], names, taus[len(drawn) // 2], found),
        f"{len(found.parameters)} instances of {_plural(found.problems, 'problem')}, "
        f"{_settings(everything)}; each optimiser at its best rate of each problem. "
        "Solved: loss ≤ f* + τ (first loss − f*)." + ("" if timed else " Time was not measured."),
        [handle(looks[who], names[who]) for who in looks],
    )
    rows = [len(counted) + 1] * len(drawn)
    figure, axes = sheet(rows, [PANEL] * len(rows), head, Margins(left=0.75, rows=0.62))
    ends = [_ends([row[i] for row in drawn], i == len(counted)) for i in range(len(counted) + 1)]
    for row, (tau, panels) in enumerate(zip(taus, drawn, strict=True)):
        for column, panel in enumerate(axes[row]):
            performing = column < len(counted)
            for who, steps in panels[column].items():
                _steps(panel, steps, looks[who], *ends[column])
            what = WORDS[counted[column]] if performing else "data profile"
            panel.set_title(f"τ = {plain(tau)}: {what}")
            _axes(panel, *ends[column])
            if row == len(drawn) - 1:
                of = f"at most α × the best's {what}" if performing else "evaluations / (P + 1)"
                panel.set_xlabel(of)
            if column:
                panel.tick_params(labelleft=False)
            else:
                panel.set_ylabel("share solved")
    return figure


def _settings(descents: Sequence[Descent]) -> str:
    """Name the backends and dtypes."""
    found = dict.fromkeys(f"{descent.backend} {descent.dtype}" for descent in descents)
    return wording.printable(", ".join(found))


def _absent(found: Field) -> str:
    names = who_is_who.labels([*found.descents, *found.absent])
    return ", ".join(names[who] for who in found.absent)


def _performance(found: Field, tau: float, counted: str) -> dict[Contender, Profile]:
    costs = _costs(found, tau, counted)
    places = {str(place): who for place, who in enumerate(costs)}
    made = profiles.performance({place: costs[who] for place, who in places.items()})
    return {places[place]: steps for place, steps in made.items()}


def _data(found: Field, tau: float) -> dict[Contender, Profile]:
    costs = _costs(found, tau, "evaluations")
    places = {str(place): who for place, who in enumerate(costs)}
    made = profiles.data({place: costs[who] for place, who in places.items()}, found.parameters)
    return {places[place]: steps for place, steps in made.items()}


def _costs(found: Field, tau: float, counted: str) -> dict[Contender, list[float]]:
    return {
        who: [
            profiles.cost(descent, tau, minimum, counted)
            for descent, minimum in zip(made, found.minima, strict=True)
        ]
        for who, made in found.descents.items()
    }


def _ends(panels: Sequence[Mapping[Contender, Profile]], is_data: bool) -> tuple[float, float]:
    """Return where the x axis of a column begins and ends, over all its rows."""
    everything = [at for panel in panels for steps in panel.values() for at in steps.at if at > 0]
    if not is_data:
        return 1.0, min(max([2.0, *everything]) * 1.3, FURTHEST)
    return min(everything, default=1.0) / 1.2, max(everything, default=10.0) * 1.3


def _steps(axes: Axes, steps: Profile, look: Style, start: float, end: float) -> None:
    """Draw a profile from the left edge to the end, with markers where it rises."""
    x, y = [start, *steps.at, end], [steps.share(start), *steps.shares]
    style = line(look)
    marker = {name: style.pop(name) for name in ("marker", "markerfacecolor", "markersize")}
    axes.plot(x, [*y, y[-1]], drawstyle="steps-post", zorder=3, **style)
    inside = [i for i, at in enumerate(steps.at) if start <= at <= end]
    some = inside[:: max(1, math.ceil(len(inside) / 5))]
    axes.plot(
        [*(steps.at[i] for i in some), end],
        [*(steps.shares[i] for i in some), y[-1]],
        color=look.colour,
        linestyle="none",
        zorder=4,
        clip_on=False,
        **marker,
    )


def _axes(axes: Axes, low: float, end: float) -> None:
    axes.set_xscale("log")
    axes.set_xlim(low, end)
    powers = np.arange(math.ceil(math.log10(low)), math.floor(math.log10(end)) + 1)
    ticks = 10.0 ** powers[:: max(1, math.ceil(len(powers) / 5))]
    if len(ticks) < 2:
        base = 10.0 ** math.floor(math.log10(low))
        ticks = np.array([t * base for t in (1, 2, 5, 10, 20, 50) if low <= t * base <= end])
    axes.xaxis.set_major_locator(FixedLocator(list(ticks)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(plain))
    axes.set_ylim(-0.03, 1.03)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])


def _finding(
    steps: Mapping[Contender, Profile], names: Mapping[Contender, str], tau: float, found: Field
) -> str:
    """Say who solves most at the middle accuracy."""
    solved = {who: (steps[who].shares or (0.0,))[-1] for who in steps}
    most = max(solved.values())
    if most == 0:
        return f"Nobody solves an instance to τ = {plain(tau)}"
    best = [names[who] for who, share in solved.items() if share == most]
    count = round(most * len(found.parameters))
    told = ", ".join(best[:3]) + (f" and {len(best) - 3} more" if len(best) > 3 else "")
    of = f"{count} of {len(found.parameters)}"
    return f"Most solved to τ = {plain(tau)}: {told} ({of})"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
