"""The picture of the errors: backend against problem, each with its worst figure or what failed."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gradparity.results.pictures.sheet import ASIDE, TEXT, TITLE, wrapped
from gradparity.results.records.record import Cell, Run, label
from gradparity.results.records.statuses import RIGHT, SKIPPED, WRONG
from gradparity.results.words import wording

FLOOR, CEILING = 1.0, 64.0
"""The ends of the colour scale, in multiples of what rounding alone does; 64 is the bound."""

EPS = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}

COLOURS = LinearSegmentedColormap.from_list(
    "error", ["#F2F7FB", "#B5D3E9", "#5C9FCD", "#1F66A5", "#0B3463"]
)
FAILED, ABSENT = "#F6D5C5", "#ECECEC"
UNDER = (
    "largest error over sizes and operators, in multiples of what rounding alone does (u); "
    "the word where one failed; – not asked for"
)

Column = tuple[str, str, str]


def error_figure(run: Run, cells: Sequence[Cell]) -> Figure:
    """Return the figure: a row per problem, a column per dtype and backend.

    A figure is the largest over sizes and operators. Where one of these failed, its word stands
    instead: a mean or a maximum over the rest would hide it.
    """
    problems = list(dict.fromkeys(cell.problem for cell in cells))
    dtypes = sorted({cell.dtype for cell in cells}, reverse=True)
    backends = list(dict.fromkeys((cell.backend, cell.variant) for cell in cells))
    columns: list[Column] = [
        (dtype, *who)
        for dtype in dtypes
        for who in backends
        if any((cell.dtype, cell.backend, cell.variant) == (dtype, *who) for cell in cells)
    ]
    cell_w, cell_h = 0.98, 0.3
    left, right, bottom = 1.45, 1.0, 0.25
    width = max(left + cell_w * max(len(columns), 1) + right, 6.2)
    title = wrapped(_finding(cells), TITLE, width - 2 * ASIDE, bold=True)
    note = wrapped(f"run {run.id}: {UNDER}{scaling(cells)}", TEXT, width - 2 * ASIDE)
    top = 1.01 + 0.25 * len(title) + 0.17 * len(note)
    height = top + cell_h * max(len(problems), 1) + bottom
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes(
        (
            left / width,
            bottom / height,
            cell_w * max(len(columns), 1) / width,
            cell_h * max(len(problems), 1) / height,
        )
    )
    norm = LogNorm(FLOOR, CEILING)
    for x, column in enumerate(columns):
        for y, problem in enumerate(problems):
            members = [
                cell
                for cell in cells
                if (cell.problem, cell.dtype, cell.backend, cell.variant) == (problem, *column)
            ]
            words, colour, ink, weight = _look(members, norm)
            axes.add_patch(Rectangle((x, y), 1, 1, facecolor=colour, edgecolor="white", lw=1.5))
            axes.text(
                *(x + 0.5, y + 0.5, words),
                ha="center",
                va="center",
                color=ink,
                weight=weight,
                size=8 if len(words) < 9 else 7,
            )
    axes.set_xlim(0, max(len(columns), 1))
    axes.set_ylim(max(len(problems), 1), 0)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0, labeltop=True, labelbottom=False)
    names = [label(backend, variant).replace(" (", "\n(") for _, backend, variant in columns]
    axes.set_xticks([x + 0.5 for x in range(len(columns))], names)
    axes.set_yticks([y + 0.5 for y in range(len(problems))], problems)
    for dtype in dtypes:
        under = [x for x, column in enumerate(columns) if column[0] == dtype]
        # In points above the axes, so that a tall figure does not move it away.
        axes.annotate(
            dtype,
            (under[0] + 0.04, 0),
            xytext=(0, 31),
            textcoords="offset points",
            weight="bold",
            annotation_clip=False,
        )
        if under[0] > 0:
            axes.axvline(under[0], color="#333333", lw=1.2)
    tall = min(2.6, height - top - bottom)
    _scale(figure, norm, (left + cell_w * len(columns) + 0.25) / width, bottom / height, tall)
    aside, high = ASIDE / width, height - 0.12
    figure.text(aside, high / height, "\n".join(title), va="top", size=TITLE, weight="bold")
    high -= 0.01 + 0.25 * len(title)
    figure.text(aside, high / height, "\n".join(note), va="top", size=TEXT, color="#555555")
    return figure


def _look(members: list[Cell], norm: LogNorm) -> tuple[str, str | tuple[float, ...], str, str]:
    """Return what a square says, its colour, the colour of the words, and their weight."""
    failed = [cell for cell in members if cell.status not in RIGHT]
    if not members:
        return "–", "#F7F7F7", "#888888", "normal"
    # A failure in earnest outranks "unsupported" at another size.
    failed.sort(key=lambda cell: cell.status in SKIPPED)
    if failed:
        status = failed[0].status
        words = wording.status(status)
        words = words.replace(" ", "\n", 1) if len(words) > 12 else words
        if status in SKIPPED:
            return words, ABSENT, "#555555", "normal"
        return words, FAILED, "#8A2B06", "bold"
    errors = [u for cell in members if (u := multiple(cell)) is not None]
    if not errors:
        return "not judged", ABSENT, "#666666", "normal"
    worst = max(errors, key=lambda error: math.inf if math.isnan(error) else error)
    shade = norm(min(max(worst, FLOOR), CEILING)) if not math.isnan(worst) else 1.0
    words = wording.number(worst, 2)
    return words, COLOURS(float(shade)), "white" if shade > 0.55 else "#1A1A1A", "normal"


def multiple(cell: Cell) -> float | None:
    """Return u, an answer's error in multiples of what rounding alone does, or None.

    It is scaled so that 64 is the bound everywhere, where long sums allow more or a low dtype less;
    `scaling` says so.
    """
    if cell.max_error is None:
        return None
    bound = cell.bound or CEILING * EPS.get(cell.dtype, EPS["float64"])
    return CEILING * cell.max_error / bound


def scaling(cells: Sequence[Cell]) -> str:
    """Return the words for a caption that say of which dtypes u is drawn scaled, or ""."""
    found: dict[str, set[float]] = {}
    for cell in cells:
        if cell.bound and cell.max_error is not None and cell.dtype in EPS:
            allowed = cell.bound / EPS[cell.dtype]
            if not math.isclose(allowed, CEILING, rel_tol=0.01):
                found.setdefault(cell.dtype, set()).add(allowed)
    told = [f"{_between(allowed)} in {dtype}" for dtype, allowed in sorted(found.items())]
    return f"; scaled to 64 where the judge allows another u: {', '.join(told)}" if told else ""


def _between(allowed: set[float]) -> str:
    least, most = (wording.number(x, 2) for x in (min(allowed), max(allowed)))
    return least if least == most else f"{least} to {most}"


def _scale(figure: Figure, norm: LogNorm, x: float, y: float, tall: float) -> None:
    width, height = figure.get_size_inches()
    bar = figure.add_axes((x, y, 0.13 / width, tall / height))
    steps = 64
    for step in range(steps):
        bar.add_patch(Rectangle((0, step / steps), 1, 1.1 / steps, color=COLOURS(step / steps)))
    bar.set_ylim(0, 1)
    bar.set_xlim(0, 1)
    bar.grid(False)
    bar.set_xticks([])
    ticks = (1, 4, 16, 64)
    bar.set_yticks([float(norm(tick)) for tick in ticks], ["≤ 1", "4", "16", "64"])
    bar.yaxis.tick_right()
    bar.tick_params(length=0, labelsize=7.5)
    for spine in bar.spines.values():
        spine.set_visible(False)
    bar.set_title("u, of 64\nallowed", size=7.5, color="#444444")


def _finding(cells: Sequence[Cell]) -> str:
    wrong = sum(cell.status in WRONG for cell in cells)
    judged = sum(cell.max_error is not None for cell in cells)
    right = [u for cell in cells if cell.status in RIGHT and (u := multiple(cell)) is not None]
    title = f"{judged} answer{'s' if judged != 1 else ''} judged, {wrong or 'none'} wrong"
    if right:
        title += f"; of the right ones the worst is at {wording.number(max(right), 2)} of 64"
    return title
