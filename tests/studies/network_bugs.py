"""Six bugs in a network of 64 cases, 20 inputs, 32 hidden units and 10 classes, as all checkers see them."""

from dataclasses import replace

import numpy as np

from gradparity.harness.findings.words import why
from gradparity.harness.judging.explanation import diagnosed
from tests.harness.judging.judged import make, network_answer, network_draw, network_loss
from tests.studies.judge_study import Bench


def problem(scale=1.0):
    """The network's problem, its loss times `scale`."""
    return make(
        lambda xp, p, d: scale * network_loss(xp, p, d),
        network_draw,
        width=32,
        batch=64,
        inputs=20,
        classes=10,
    )


def gradient(instance, dtype, scale=1.0):
    """The right gradient of the loss times `scale`, by hand."""
    found = network_answer(instance, dtype).derivative
    return {name: np.asarray(x * x.dtype.type(scale)) for name, x in found.items()}


def times(name, factor):
    return lambda g: {**g, name: np.asarray(g[name] * g[name].dtype.type(factor))}


def flip_smallest(g):
    """The sign of the smallest component that is not zero flipped."""
    sizes = {name: np.where(x == 0, np.inf, np.abs(x)) for name, x in g.items()}
    name = min(sizes, key=lambda k: sizes[k].min())
    changed = g[name].copy()
    changed.flat[np.argmin(sizes[name])] *= -1
    return {**g, name: changed}


BUGS = (
    ("w1 times 1.001", times("w1", 1.001), 1.0),
    ("w1 times 1.01", times("w1", 1.01), 1.0),
    ("bias b1 dropped", times("b1", 0.0), 1.0),
    ("sign of w2 flipped", times("w2", -1.0), 1.0),
    ("w1 times 1 + 1e-6", times("w1", 1 + 1e-6), 1.0),
    ("loss times 1e-3, sign of the smallest component flipped", flip_smallest, 1e-3),
)


def network_bugs(seed=0, bugs=BUGS):
    """[(bug, its `Outcome`, what gradparity says)]; the right gradients come last."""
    rows, benches = [], {}
    with np.errstate(all="ignore"):
        for name, spoil, scale in bugs:
            one = problem(scale)
            instance = one.instance("only", seed)
            right = [gradient(instance, dtype, scale) for dtype in ("float64", "float32")]
            if scale not in benches:
                benches[scale] = Bench(one, instance, name), right
            wide, narrow = spoil(right[0]), spoil(right[1])
            bench = benches[scale][0]
            said = why(diagnosed(bench.truth, *bench.judged(wide, narrow)))
            rows.append((name, bench.outcome(wide, narrow, name), said))
        for scale, (bench, right) in benches.items():
            label = "none: the right gradient" + ("" if scale == 1 else f", loss times {scale:g}")
            rows.append((label, replace(bench.outcome(*right), where=label), ""))
    return rows
