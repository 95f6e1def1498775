"""Figures of many cells at once, against those of one after the other."""

import math
import random

import pytest

from gradparity.results.records.record import Sample
from gradparity.results.records.samples import PackedSamples, packed_samples
from gradparity.results.times import arrays, statistics


def drawn(rng, count, rounds=None):
    """Samples in rounds of their own: some doubled, missing or without a time, unless `rounds`."""
    places = rounds or sorted(rng.choices(range(12), k=count))
    return tuple(
        Sample(
            place, rng.randrange(4), rng.randrange(1, 99), seconds, 1e-6, process=rng.randrange(3)
        )
        for place in places
        for seconds in [rng.choice((0.0, 1.0, 1.0, 1.0)) if not rounds else 1.0]
        for seconds in [seconds * math.exp(rng.gauss(0, 1)) * rng.choice((1, 1, 1, 40))]
    )


CELLS = [drawn(random.Random(i), i % 9) for i in range(120)]
PAIRED = [drawn(random.Random(i), 0, range(1 + i // 2 % 9)) for i in range(120)]
PAIRS = [*zip(CELLS[::2], CELLS[1::2], strict=True), *zip(PAIRED[::2], PAIRED[1::2], strict=True)]


@pytest.mark.parametrize("packed", [False, True])
def test_each_figure_is_that_of_the_cell_alone(packed):
    cells = [PackedSamples(packed_samples(one)) if packed else one for one in CELLS]
    assert arrays.centers(cells) == pytest.approx([statistics.center(one) for one in CELLS])
    assert arrays.outliers(cells) == [statistics.outliers(one) for one in CELLS]
    assert sum(arrays.outliers(cells)) > 0
    assert arrays.distinct(cells, "round") == [len({s.round for s in one}) for one in CELLS]
    assert arrays.distinct(cells, "process") == [len({s.process for s in one}) for one in CELLS]


def test_each_ratio_is_that_of_the_pair_alone():
    alone = [statistics.ratio_estimate(*pair) for pair in PAIRS]
    assert arrays.ratio_estimates(PAIRS) == [x if x is None else pytest.approx(x) for x in alone]
    assert {x is None for x in alone} == {True, False}


@pytest.mark.parametrize("worst", [math.inf, 1e308])
def test_times_that_are_none_lie_outside_as_they_do_alone(worst):
    cells = [
        tuple(Sample(i, 0, 1, seconds, seconds) for i, seconds in enumerate((*times, worst)))
        for times in ((1.0, 1.1, 1.2, 1.3), (worst, 1.0, 1.1, 1.2), (worst, worst, worst, 1.0))
    ]
    assert arrays.outliers(cells) == [statistics.outliers(one) for one in cells]


def test_nothing_has_no_figures():
    assert arrays.centers([]) == arrays.outliers([]) == arrays.ratio_estimates([]) == []
    assert arrays.centers([()]) == [math.inf]
    assert arrays.ratio_estimates([((), ())]) == [None]


def test_packed_samples_are_those_that_were_packed():
    for one in CELLS:
        packed = PackedSamples(packed_samples(one))
        assert (packed == one, one == packed, tuple(packed) == one) == (True, True, True)
        assert (len(packed), bool(packed), repr(packed)) == (len(one), bool(one), repr(one))
        assert hash(packed) == hash(one)
        assert packed_samples(packed) == packed.packed
        assert not one or (packed[-1], packed[1:]) == (one[-1], one[1:])
    assert PackedSamples(packed_samples(CELLS[1])) != CELLS[2]
    with pytest.raises(ValueError, match="no whole number"):
        PackedSamples(b"x")
