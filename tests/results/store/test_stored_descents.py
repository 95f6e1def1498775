"""Descents come back from the store as they were, every float64 of a history bit for bit."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradparity.results.records.descent import Descent, History
from gradparity.results.records.errors import StoreError
from gradparity.results.store.histories import packed_history, unpacked_history
from gradparity.results.store.store import open_store
from tests.results import synthetic
from tests.results.geometric import crashed, descent, diverged

RUN = synthetic.run(kind="train", reference="")


def same(first: Descent, second: Descent) -> bool:
    names = [field.name for field in fields(Descent) if field.name != "history"]
    return all(getattr(first, name) == getattr(second, name) for name in names) and (
        same_history(first.history, second.history)
    )


def same_history(first: History | None, second: History | None) -> bool:
    if first is None or second is None:
        return first is second
    series = [(getattr(first, f.name), getattr(second, f.name)) for f in fields(History)]
    pairs = [pair for pair in series if not isinstance(pair[0], dict)]
    pairs += [(first.norms[name], second.norms[name]) for name in first.norms]
    return list(first.norms) == list(second.norms) and all(
        a is b if a is None or b is None else a.tobytes() == b.tobytes() for a, b in pairs
    )


def test_descents_come_back_in_order(where: str) -> None:
    made = [
        descent(0.5, seed=2**40, options={"beta2": 0.99, "on": True, "clip": None}, rate=None),
        diverged(5, batch=32, schedule="cosine:0.1"),
        crashed(problem="größte ∇f"),
        descent(0.5, minimum=None, timed=False),
    ]
    with open_store(where) as store:
        store.begin(RUN)
        for one in made:
            store.add_descent(RUN.id, one)
    with open_store(where, read_only=True) as store:
        assert store.find() == RUN
        found = store.descents(RUN.id)
        assert store.load()[1] == []
        assert store.descents("another") == []
    assert len(found) == 4
    assert all(same(a, b) for a, b in zip(made, found, strict=True))


numbers = st.floats(width=64)


@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=20), st.booleans())
@settings(max_examples=40, deadline=None)
def test_any_history_comes_back_bit_for_bit(
    rows: list[tuple[float, float, float]], timed: bool
) -> None:
    table = np.array(rows)
    made = History(
        steps=np.arange(len(rows), dtype=np.float64),
        losses=table[:, 0].copy(),
        evaluations=np.arange(len(rows), dtype=np.float64),
        seconds=table[:, 1].copy() if timed else None,
        norms={"w1": table[:, 2].copy(), "größe": table[:, 0].copy()} if timed else {},
        path=None if timed else table[:, :2].copy(),
    )
    assert same_history(made, unpacked_history(packed_history(made)))


def test_a_loss_that_is_no_number_is_infinite_in_the_database(where: str) -> None:
    with open_store(where) as store:
        store.begin(RUN)
        store.add_descent(RUN.id, descent(0.5, final_loss=math.nan, convergence=math.inf))
        (found,) = store.descents(RUN.id)
    assert found.final_loss == found.convergence == math.inf


def test_a_descent_belongs_to_a_run() -> None:
    with open_store(":memory:") as store, pytest.raises(StoreError, match="begin it first"):
        store.add_descent("x", descent(0.5))
