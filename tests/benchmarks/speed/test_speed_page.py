"""The table of ratios: who is held against whom, and which rows are named."""

import re
from time import process_time

from tests.benchmarks.speed.page import page
from tests.benchmarks.speed.rows import SpeedRow, interval
from tests.benchmarks.turns import race


def row(problem, **seconds):
    given = {
        name.replace("_own", " (idiomatic)"): [x * k for k in range(1, 10)]
        for name, x in seconds.items()
    }
    return SpeedRow(problem, "tiny", 3, "abc", given)  # fmt: skip


def test_the_interval_is_the_second_from_either_end():
    assert interval([9, 1, 8, 2, 7, 3, 6, 4, 5]) == (5, 2, 8)


def test_a_library_counts_with_the_faster_of_its_ways():
    found = row("kmeans", numpy=2.0, jax=4.0, jax_own=1.0).ratio("numpy", "jax")
    assert found == (2.0, 2.0, 2.0)
    assert row("kmeans", numpy=2.0).ratio("numpy", "jax") is None


def test_rows_over_their_bound_are_named_and_the_mean_is_geometric():
    slow, fast = row("kmeans", numpy=2.0, jax=1.0), row("booth", numpy=1.0, jax=8.0)
    text = page({one.name: one for one in (slow, fast)})
    assert "| numpy | jax | 2 | 0.50 | 0.6 | 2.00, kmeans tiny | 1 over 1.05 | 1 |" in text
    assert "kmeans tiny 2.00 [2.00, 2.00]." in text
    assert "## numpy over torch: rows above 1 beyond their interval\n\nNone." in text
    assert re.search(r"`kmeans` \| tiny \| numpy \| 1e\+04 \| 2.00", text)


def test_a_row_whose_interval_reaches_the_bound_is_not_named():
    times = [1.0, 1.0, 1.0, 1.0, 1.2, 1.2, 1.2, 1.2, 1.2]
    unsure = SpeedRow("booth", "tiny", 2, "abc", {"numpy": times, "jax": [1.0] * 9})
    assert (
        "booth tiny"
        not in page({"booth tiny": unsure})
        .partition("## Every row")[0]
        .partition("## numpy over jax")[2]
    )


def test_everybody_is_timed_in_every_round():
    import numpy as np

    runs = {"a": lambda: sum(range(1000)), "b": lambda: sum(range(4000))}
    found = race(runs, 3, 1e-3, np.random.default_rng(0), process_time)
    assert [len(times) for times in found.values()] == [3, 3]
