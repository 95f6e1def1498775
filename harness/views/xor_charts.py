"""The charts of XOR."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradparity.problems import Arrays
from gradparity.problems.namespace import NUMPY
from gradparity.problems.xor import ANSWERS, CASES
from gradparity.results.pages.charts import Axis, Chart, Heat, Points, Polyline, Rule

GRID = 60
WINDOW = (-0.5, 1.5)
COLOURS = {"w1": "a", "b1": "b", "w2": "c", "b2": "d"}


def boundary(params: Sequence[Arrays], phi: Any, at: Sequence[int]) -> Chart:
    """The probability of 1 over the plane at each snapshot, and where each hidden unit turns."""
    axis = np.linspace(*WINDOW, GRID)
    x, y = np.meshgrid(axis, axis)
    points = np.column_stack([x.ravel(), y.ravel()])
    steps = [_probability(one, phi, points).reshape(GRID, GRID) for one in params]
    last = params[-1]
    marks: list[Any] = [
        Heat(
            *(axis, axis, steps[-1], "probability of 1", -0.5, 0.5, "diverging"),
            steps=steps,
            ends=("0", "1"),
        )
    ]
    for unit in range(last["w1"].shape[1]):
        line = _turning(last["w1"][:, unit], float(last["b1"][unit]))
        if line is not None:
            label = "hidden units, at the end" if unit == 0 else ""
            marks.append(Polyline(*line, label, "ink", (5, 4), 1.2))
    cases = np.array(CASES)
    for answer, marker in ((0.0, "circle"), (1.0, "square")):
        of = np.array(ANSWERS) == answer
        label = f"should be {answer:g}"
        marks.append(Points(cases[of, 0], cases[of, 1], label, "ink", marker, 7))
    return Chart(
        "boundary",
        "Blue says 0, red says 1",
        Axis("first input", low=WINDOW[0], high=WINDOW[1]),
        Axis("second input", low=WINDOW[0], high=WINDOW[1]),
        marks,
        equal=True,
        height=420,
    )


def _probability(params: Arrays, phi: Any, points: Any) -> Any:
    """P(1) - ½, to three digits."""
    with np.errstate(all="ignore"):
        hidden = phi(NUMPY, points @ params["w1"] + params["b1"])
        logit = (hidden @ params["w2"])[:, 0] + params["b2"]
        return np.round(0.5 * np.tanh(0.5 * logit), 3)


def _turning(w: Any, b: float) -> tuple[list[float], list[float]] | None:
    """The line w·x + b = 0 across the window."""
    low, high = WINDOW
    if abs(w[1]) >= abs(w[0]) and w[1] != 0.0:
        return [low, high], [float(-(b + w[0] * end) / w[1]) for end in (low, high)]
    if w[0] != 0.0:
        return [float(-(b + w[1] * end) / w[0]) for end in (low, high)], [low, high]
    return None


def loss(at: Sequence[int], losses: Any) -> Chart:
    """The loss of all four cases, and the levels at which XOR gets stuck."""
    return Chart(
        "loss",
        f"Loss {float(losses[-1]):.3g} at step {at[-1]:,}",
        Axis("step", low=0, high=max(1, at[-1])),
        Axis("loss", scale="log"),
        (
            Rule(float(np.log(2)), "ln 2", axis="y"),
            Rule(float(0.5 * np.log(2)), "½ ln 2", axis="y"),
            Polyline(at, losses, "all four cases", "a", by_step=True),
            Points(at, losses, "", "a", "circle", 3, by_step=True),
        ),
    )


def norms(at: Sequence[int], held: Mapping[str, Sequence[float]]) -> Chart:
    """The gradient's norm by parameter; what is exactly 0 cannot be drawn and is said."""
    still = [name for name, values in held.items() if not any(values)]
    dashes: tuple[tuple[float, ...], ...] = ((), (7, 4), (3, 3), (9, 3, 3, 3))
    marks = [
        Polyline(
            at, [value or float("nan") for value in values], name, COLOURS[name], dash, by_step=True
        )
        for (name, values), dash in zip(held.items(), dashes, strict=True)
    ]
    last = {name: values[-1] for name, values in held.items()}
    most = max(last, key=lambda name: last[name])
    title = f"At step {at[-1]:,} the gradient of {most} is the largest, {last[most]:.2g}"
    if still:
        title = f"The gradient of {', '.join(still)} is exactly 0"
    return Chart(
        "norms", title, Axis("step", low=0, high=max(1, at[-1])), Axis("norm", scale="log"), marks
    )


def fates(outcomes: Sequence[tuple[int, float]], seed: int) -> Chart:
    """One cell a seed: how many cases it gets right."""
    across = 10
    rows = [outcomes[k : k + across] for k in range(0, len(outcomes), across)]
    solved = sum(right == 4 for right, _ in outcomes)
    return Chart(
        "fates",
        f"{solved} of {len(outcomes)} seeds solve it",
        Axis("seed, last digit"),
        Axis("seed, tens"),
        (
            Heat(
                list(range(across)),
                list(range(len(rows))),
                [[float(right) for right, _ in row] for row in rows],
                "cases right",
                0.0,
                4.0,
                words=[[str(right) for right, _ in row] for row in rows],
                sets=[
                    [{"seed": across * i + j} for j in range(len(row))]
                    for i, row in enumerate(rows)
                ],
            ),
        ),
        height=260,
        note="Cases right at the end. Click one to load it.",
    )
