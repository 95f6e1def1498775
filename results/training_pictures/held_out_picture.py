"""What training a model is for: loss on cases trained on and held out, and accuracy, over steps.

A row per race: the loss of both kinds of cases, those held out dashed; beside it, who answers how
many of them rightly. Medians over seeds, each optimiser at its best rate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from gradparity.results.colours.backends import Style
from gradparity.results.pictures.sheet import Head, Margins, handle, line, note, sheet
from gradparity.results.races import contenders
from gradparity.results.races.contenders import Conditions, Contender
from gradparity.results.races.quartiles import Quartiles, quartiles
from gradparity.results.records.descent import Descent, Looks
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.training_pictures.step_axis import in_decades, in_steps
from gradparity.results.training_pictures.styles import styles_of

PANEL = 2.3
"""Inches."""
SHOWN = 1e-5
"""Of the highest loss; what is learnt by heart falls further, to nobody's gain."""
DOTTED: Any = (0, (1, 1.2))

Shown = dict[Conditions, dict[Contender, list[Descent]]]
"""The descents of each race by contender, at the one rate that is shown."""


def held_out_figure(descents: Sequence[Descent]) -> Figure:
    """Return the figure. Raises: NothingToDraw where no problem answers or holds out any cases."""
    shown: Shown = {}
    for which, members in contenders.races(descents).items():
        best = {who: contenders.tuned(all_of) for who, all_of in members.items()}
        seen = {who: [d for d in one if _looks(d) is not None] for who, one in best.items()}
        seen = {who: one for who, one in seen.items() if one}
        if seen and _known(seen, "accuracy"):
            shown[which] = seen
    if not shown:
        raise NothingToDraw("no problem answers cases")
    looks = styles_of(contenders.in_order(who for members in shown.values() for who in members))
    names, where = contenders.labels(list(looks)), contenders.race_names(list(shown))
    apart = any(_known(members, "held_out") for members in shown.values())
    entries = [handle(looks[who], names[who]) for who in looks]
    if apart:
        entries += [Line2D([], [], color="#555555", lw=1.5, label="trained on")]
        entries += [Line2D([], [], color="#555555", lw=1.5, ls=DOTTED, label="held out")]
    figure, axes = sheet(
        [2] * len(shown),
        [PANEL] * len(shown),
        Head(_finding(shown, names, where), _under(shown, apart), entries),
        Margins(between=0.95),
    )
    for (left, right), (which, members) in zip(axes, shown.items(), strict=True):
        held = _known(members, "held_out")
        note(left, where[which], [])
        for who, made in members.items():
            _draw(left, made, "losses", looks[who])
            if held:
                _draw(left, made, "held_out", looks[who])
            _draw(right, made, "accuracy", looks[who])
        last = max(float(_of(d).steps[-1]) for made in members.values() for d in made)
        for panel in (left, right):
            in_steps(panel, last)
            panel.set_xlabel("steps")
        left.set_yscale("log")
        low, high = left.get_ylim()
        left.set_ylim(max(low, SHOWN * high), high)
        in_decades(left.yaxis)
        left.set_ylabel("loss")
        right.set_ylim(-0.02, 1.03)
        right.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
        right.set_ylabel("answered rightly" + (", held out" if held else ""))
    return figure


def _draw(axes: Axes, made: Sequence[Descent], name: str, look: Style) -> None:
    spread = _over_seeds(made, name)
    style = line(look)
    if name == "held_out":
        style |= {"linestyle": DOTTED, "marker": None}
    else:
        style["markevery"] = max(1, len(spread.x) // 6)
    seen = np.isfinite(spread.middle)
    if len(made) > 1 and name != "losses":
        axes.fill_between(spread.x, spread.low, spread.high, color=look.colour, alpha=0.12, lw=0)
    axes.plot(spread.x[seen], spread.middle[seen], **style, zorder=3)


def _over_seeds(made: Sequence[Descent], name: str) -> Quartiles:
    """Quartiles at every step at which anybody was looked at; who has ended keeps the last."""
    grid = np.unique(np.concatenate([_of(d).steps for d in made]))
    rows = []
    for descent in made:
        looks = _of(descent)
        place = np.clip(np.searchsorted(looks.steps, grid, "right") - 1, 0, None)
        rows.append(np.asarray(getattr(looks, name), float)[place])
    values: Any = np.stack(rows)
    worst = -np.inf if name == "accuracy" else np.inf
    return quartiles(grid, np.where(np.isfinite(values), values, worst))


def _looks(descent: Descent) -> Looks | None:
    return None if descent.history is None else descent.history.looks


def _of(descent: Descent) -> Looks:
    looks = _looks(descent)
    assert looks is not None
    return looks


def _known(members: Mapping[Contender, Sequence[Descent]], name: str) -> bool:
    series = [getattr(_of(d), name) for made in members.values() for d in made]
    return any(np.isfinite(values).any() for values in series)


def _finding(shown: Shown, names: Mapping[Contender, str], where: Mapping[Conditions, str]) -> str:
    """Say who answers most at the end, of one race; of several, on how many each."""
    bests: dict[str, list[float]] = {}
    for members in shown.values():
        ends = {w: float(np.median([_of(d).accuracy[-1] for d in m])) for w, m in members.items()}
        top = max(ends.values())
        first = [names[who] for who, share in ends.items() if share == top]
        for name in first:
            bests.setdefault(name, []).append(top)
    most = max(map(len, bests.values()))
    winners = [name for name, tops in bests.items() if len(tops) == most]
    told = ", ".join(winners[:3]) + (f" and {len(winners) - 3} more" if len(winners) > 3 else "")
    if len(shown) == 1:
        which = next(iter(shown))
        share = f"{100 * bests[winners[0]][0]:.3g} %"
        return f"Most answered rightly on {where[which]}: {told} ({share})"
    return f"Most answered rightly: {told} on {most} of {len(shown)}"


def _under(shown: Shown, apart: bool) -> str:
    counts = {len(made) for members in shown.values() for made in members.values()}
    seeds = "One seed." if counts == {1} else f"Median of {max(counts)} seeds; band: middle half."
    words = [seeds, "Each optimiser at its best rate."]
    if not apart:
        words.append("No cases are held out: accuracy is on those trained on.")
    return " ".join(words)
