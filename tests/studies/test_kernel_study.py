"""A small part of the study of kernels, of every kind in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.studies.kernel_bugs import PLANTED
from tests.studies.kernel_catches import CATCHES
from tests.studies.kernel_study import Counts, catch_row, pieces, right, study, written, wrong


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
    assert Counts.read(json.loads(json.dumps(counts.told()))) == counts
    assert "**0 accused**" in written(counts, [])


@pytest.mark.parametrize("at", [0, 4, len(CATCHES) - 2])
def test_what_was_real_is_caught_and_what_was_right_passes(at: int) -> None:
    good, row = catch_row(CATCHES[at])
    assert good, row


def test_pieces_are_gathered_over_several_runs(tmp_path: Path) -> None:
    record = tmp_path / "kernels.jsonl"
    chosen = [("right", 0, "bfloat16", "softmax"), ("right", 1, "bfloat16", "tanh")]
    every = list(pieces(2))
    assert set(chosen) <= set(every)
    assert len(set(every)) == len(every)
    first = study(record, 2, 60, chosen[:1])
    assert (first.right, first.seeds, first.largest) == (2, {0}, 4096)
    both = study(record, 2, 60, chosen)
    assert (both.right, both.seeds, both.accused) == (4, {0, 1}, [])
    assert len(record.read_text().splitlines()) == 2
    again = study(record, 2, 60, chosen)
    assert again == both  # nothing is done twice
    assert "2 pieces" in written(both, [])
    assert "of 2 seeds" in written(both, [])
