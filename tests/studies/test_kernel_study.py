"""A small part of the study of kernels, of every kind in it."""

from __future__ import annotations

import pytest

from tests.studies.kernel_bugs import PLANTED
from tests.studies.kernel_catches import CATCHES
from tests.studies.kernel_study import Counts, catch_row, page, right, wrong


def test_right_kernels_are_not_accused() -> None:
    counts = Counts()
    right(
        counts, 0, "bfloat16", ["layer norm written out", "attention in float32", "softmax (JAX)"]
    )
    assert counts.right == 6
    assert not counts.accused


def test_planted_mistakes_are_caught_and_named() -> None:
    counts = Counts()
    kinds = [x for x in PLANTED if x.kind in ("times 1.02", "a row", "last of blocks", "shifted")]
    wrong(counts, 0, "bfloat16", "tanh", kinds)
    assert counts.bugs == counts.caught == counts.named == 4
    assert counts.others["2e-2"] < 4  # a factor of 1.02 passes there
    assert "**0 accused**" in page(counts, [])


@pytest.mark.parametrize("at", [0, 4, len(CATCHES) - 2])
def test_what_was_real_is_caught_and_what_was_right_passes(at: int) -> None:
    good, row = catch_row(CATCHES[at])
    assert good, row
