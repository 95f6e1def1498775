"""Steps to the target by rate, and descents whose budget was too small for their rate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gradparity.results.race_tables.legend import legend
from gradparity.results.races.arrivals import arrivals, too_slow
from gradparity.results.races.race import contests
from gradparity.results.records.descent import Descent, History
from gradparity.results.records.record import Run
from tests.results.geometric import descent, diverged

RUN = Run("20261125-1", "2026-11-25T00:00:00+00:00", "bowl", "train", "", kind="train")


def test_steps_to_the_target_are_those_of_the_geometric_series() -> None:
    """q^k <= 1e-3 first at k = ln 1e-3 / ln q, rounded up."""
    made = [
        descent(q, rate=rate, seed=s) for rate, q in {0.1: 0.9, 0.2: 0.7}.items() for s in (0, 1)
    ]
    made += [diverged(3, rate=1.0, seed=s) for s in (0, 1)]
    ((_, found),) = arrivals(made).items()
    assert found.x.tolist() == [0.1, 0.2, 1.0]
    wanted = [np.ceil(np.log(1e-3) / np.log(q)) for q in (0.9, 0.7)]
    assert found.middle.tolist() == [*wanted, np.inf]


def walk(optimizer: str, rate: float, to: float, **given) -> Descent:
    """From 12.3 by `rate` a step towards 0, on x²; at `to` after 1,000 steps."""
    x = np.linspace(12.3, to, 1001)
    steps = np.arange(1001.0)
    path = History(steps, x**2, steps + 1, path=x[:, None])
    one = descent(0.5, optimizer=optimizer, rate=rate, steps=1000, **given)
    return replace(one, first_loss=12.3**2, final_loss=to**2, best_loss=to**2, history=path)


def test_adam_too_slow_for_its_way_is_told_with_its_figures() -> None:
    made = [walk("adam", 0.01, 2.3), walk("gd", 0.1, 0.0)]
    (slow,) = too_slow(made)
    assert (slow.rate, slow.needed, slow.steps) == (0.01, 1230, 1000)
    assert slow.distance == pytest.approx(12.3)
    told = legend(RUN, made, contests(made))
    assert (
        "adam on bowl moves about η = 0.01 a step: 12.3 away needs 1,230 steps, the budget was "
        "1,000."
    ) in told


@pytest.mark.parametrize(
    "made",
    [
        [walk("adam", 0.01, 2.3)],  # nobody found a minimum: how far it is is not known
        [walk("momentum", 0.01, 2.3), walk("gd", 0.1, 0.0)],  # steps as long as the gradient
        [walk("adam", 0.1, 2.3), walk("gd", 0.1, 0.0)],  # a hundred steps of .1 would do
        [walk("adam", 0.01, 2.3, schedule="cosine"), walk("gd", 0.1, 0.0)],
        [walk("adam", 0.01, 2.3, batch=4), walk("gd", 0.1, 0.0)],
        [walk("adam", 0.01, 2.3), walk("gd", 0.1, 0.0, seed=1)],  # another instance
    ],
)
def test_nothing_is_said_where_it_is_not_so(made) -> None:
    assert too_slow(made) == []
