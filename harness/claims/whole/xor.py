"""Claim 30: a network in NumPy alone learns XOR.

    h = φ(x w1 + b1),  u = h w2 + b2,  loss = mean(softplus(u) - y u)

Backwards, with n = 4 cases and p = σ(u):  ∂u = (p - y)/n,  ∂w2 = hᵀ∂u,  ∂b2 = Σ∂u,
∂z = (∂u w2ᵀ) φ′,  ∂w1 = xᵀ∂z,  ∂b1 = Σ∂z.  A first axis runs over seeds: all are trained at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.harness.claims.tools.answers import agreement
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import share
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.harness.views.xor_charts import boundary
from gradparity.harness.views.xor_learning import started
from gradparity.problems import Arrays
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import NUMPY
from gradparity.problems.xor import ANSWERS, CASES
from gradparity.results.pages.charts import Axis, Bars, Chart, Frame
from gradparity.results.records.claim import Claimed, Figure

RATE, STEPS = 0.5, 3000
REFERENCE = {
    ("sigmoid", 2): 0.74,
    ("tanh", 2): 0.62,
    ("relu", 2): 0.23,
    ("sigmoid", 4): 1.0,
    ("tanh", 4): 0.99,
    ("relu", 4): 0.63,
    ("sigmoid", 8): 1.0,
    ("tanh", 8): 1.0,
    ("relu", 8): 0.91,
}
"""(activation, hidden units) -> the share of 200 seeds that the reference reports."""
SHOWN = "tanh"


def _sigmoid(z: Any) -> Any:
    return 0.5 + 0.5 * np.tanh(0.5 * z)


def activated(kind: str, z: Any) -> tuple[Any, Any]:
    """φ(z) and φ′(z)."""
    if kind == "sigmoid":
        s = _sigmoid(z)
        return s, s * (1.0 - s)
    if kind == "tanh":
        t = np.tanh(z)
        return t, 1.0 - t * t
    return np.maximum(z, 0.0), (z > 0.0).astype(np.float64)


def trained(kind: str, hidden: int, seeds: Sequence[int], steps: int) -> Arrays:
    """Parameters after plain descent, an axis of seeds first, from a uniform start in [-1, 1]."""
    starts = [started("uniform", hidden, seed) for seed in seeds]
    w1, b1, w2, b2 = (
        np.array([start[name] for start in starts]) for name in ("w1", "b1", "w2", "b2")
    )
    b1, b2 = b1[:, None, :], b2[:, None, :]
    x, y = np.array(CASES), np.array(ANSWERS)[:, None]
    for _ in range(steps):
        h, slope = activated(kind, x @ w1 + b1)
        du = (_sigmoid(h @ w2 + b2) - y) / 4.0
        dz = (du @ np.swapaxes(w2, 1, 2)) * slope
        w2 -= RATE * (np.swapaxes(h, 1, 2) @ du)
        b2 -= RATE * du.sum(axis=1, keepdims=True)
        w1 -= RATE * (x.T @ dz)
        b1 -= RATE * dz.sum(axis=1, keepdims=True)
    return {"w1": w1, "b1": b1[:, 0], "w2": w2, "b2": b2[:, 0]}


def solved(kind: str, params: Arrays) -> Any:
    """Of each seed, whether all four cases are right."""
    h = activated(kind, np.array(CASES) @ params["w1"] + params["b1"][:, None, :])[0]
    logits = (h @ params["w2"])[..., 0] + params["b2"]
    return ((logits > 0.0) == (np.array(ANSWERS) > 0.5)).all(axis=1)


def xor(extent: Extent) -> Observed:
    """What share of starts solves XOR has no formula: some are stuck where the loss is level.

    With one hidden unit none can: XOR is not linearly separable, nor is a monotone function of one
    linear one; with two it can be solved. So more units mean more ways there.
    """
    seeds = range(extent.of(100, 1000))
    figures, shares = [], {}
    for (kind, hidden), reported in REFERENCE.items():
        params = trained(kind, hidden, seeds, STEPS)
        shares[kind, hidden] = share(int(solved(kind, params).sum()), len(seeds))
        figures.append(
            Figure(
                f"starts that solve XOR with {hidden} {kind} units, {STEPS:,} steps at {RATE}",
                *shares[kind, hidden],
                seeds=len(seeds),
                unit="share",
                claimed=Claimed(
                    f"it learns: more than half (reference {reported:.2f})", low=0.5, ours=True
                ),
            )
        )
    figures += [
        agreement(name, PROBLEMS[name].instance("tiny", 0), extent.backends)
        for name in ("xor-sigmoid", "xor-tanh", "xor-relu")[: extent.of(1, 3)]
    ]
    said = ", ".join(
        f"{hidden}: {'/'.join(f'{shares[kind, hidden][0]:.2f}' for kind in KINDS)}"
        for hidden in (2, 4, 8)
    )
    sentence = f"Share of starts that solve XOR by hidden units, sigmoid/tanh/ReLU: {said}."
    return Observed(sentence, figures, _chart(shares))


KINDS = ("sigmoid", "tanh", "relu")


def _chart(shares: Mapping[tuple[str, int], Sequence[float]]) -> Chart:
    names = [f"{kind}, {hidden}" for kind, hidden in shares]
    colours = [dict(zip(KINDS, "abc", strict=True))[kind] for kind, _ in shares]
    return Chart(
        "xor-shares",
        "More hidden units solve XOR from more starts",
        Axis("activation, hidden units", ticks=list(enumerate(names))),
        Axis("share of starts", low=0.0, high=1.0),
        (Bars(names, [one[0] for one in shares.values()], "solved", colours=colours),),
    )


@lru_cache(maxsize=16)
def _few(hidden: int) -> tuple[Arrays, Any]:
    params = trained(SHOWN, hidden, range(20), 1000)
    return params, solved(SHOWN, params)


def _frame(given: Mapping[str, Any]) -> Frame:
    hidden = int(given["hidden"])
    params, right = _few(hidden)
    one = int(np.argmax(right))
    shown = {name: x[one] for name, x in params.items()}
    shown["b2"] = shown["b2"][0]
    chart = boundary([shown], lambda xp, z: NUMPY.tanh(z), [1000])
    return Frame(
        f"With {hidden} tanh unit{'s' if hidden > 1 else ''} {int(right.sum())} of 20 starts solve "
        f"XOR in 1,000 steps; here {'is one of them' if right[one] else 'is one that does not'}.",
        (chart,),
        numbers={"solved": int(right.sum())},
    )


CLAIM = Claim(
    30,
    "A NumPy-only network learns XOR.",
    xor,
    problems=("xor-sigmoid", "xor-tanh", "xor-relu"),
    optimizers=("gd",),
    backends=("numpy", "tape", "jax", "torch"),
    view=View(
        "claim-30",
        "Claim 30",
        "How wide must it be to learn XOR?",
        "Add hidden units: more starts solve it.",
        (Number("hidden", "Hidden units", 1, 8, 2, positions=7, whole=True, stops=range(1, 9)),),
        _frame,
    ),
)
