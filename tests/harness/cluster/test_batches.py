"""How many items go together, counted by hand."""

from datetime import datetime
from time import monotonic

from hypothesis import given
from hypothesis import strategies as st

from gradparity.harness.cluster.batches import AHEAD, MOST, TaskBatch, TaskBatches


def test_one_at_a_time_until_something_is_known():
    batches = TaskBatches.of(range(1000))
    assert batches.next(4).items == (0,)
    batches.count(1, 0.01)  # 100 fill a second; a share of 999 is 125
    assert batches.size(4) == 100
    batches.count(1, 2.0)  # a second each
    assert batches.size(4) == 1


def test_the_last_are_shared_among_all():
    batches = TaskBatches.of(range(80))
    batches.count(1, 1e-6)
    assert batches.size(4) == 80 / (AHEAD * 4)
    assert TaskBatches.of([]).size(4) == 1


def test_what_was_lost_goes_again_one_by_one():
    batches = TaskBatches.of([7])
    batches.lost(TaskBatch((1, 2)))
    batches.lost(TaskBatch((3,), 1))
    assert [batches.next(2) for _ in range(4)] == [
        TaskBatch((1,), 1), TaskBatch((2,), 1), TaskBatch((3,), 2), TaskBatch((7,)),
    ]  # fmt: skip
    assert not batches


@given(count=st.integers(0, 3000), threads=st.integers(1, 200), seconds=st.floats(1e-7, 100))
def test_every_item_goes_once(count, threads, seconds):
    batches = TaskBatches.of(range(count))
    gone = []
    while batches:
        batch = batches.next(threads)
        assert 1 <= len(batch.items) <= MOST
        gone += batch.items
        batches.count(len(batch.items), seconds * len(batch.items))
    assert gone == list(range(count))


def test_the_pace_in_words():
    batches = TaskBatches.of([])
    batches.begun = monotonic() - 120.0
    batches.count(80, 240.0)
    now = datetime(2026, 12, 1, 14, 0, 30)
    assert batches.pace(400, now) == "40 a minute, until about 14:10"
    assert batches.pace(0, now) == "40 a minute"
    assert batches.pace(40_000, now) == "40 a minute, until about 2026-12-02 06:40"
