"""Kill -9 of a worker, the parent and the scheduler: each once here, thirty times in a study."""

import random

from tests.cluster_kills import PARENT, SCHEDULER, SEEDS, WORKER, killed_in_turn


def test_nothing_is_lost_made_twice_or_left(tmp_path):
    """`python -m tests.studies.cluster_kills` does it thirty times each."""
    found = killed_in_turn([WORKER, PARENT, SCHEDULER], tmp_path, random.Random(1))
    assert all(one.good for one in found), found
    assert 0 < found[0].before < SEEDS
    assert "the scheduler is gone" in found[-1].told
