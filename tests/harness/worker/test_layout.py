"""Where arrays come to lie is drawn for every preparation."""

import numpy as np

from gradparity.harness.worker import layout
from gradparity.harness.worker.worker import Worker

SPEC = {
    **{"problem": "rosenbrock", "file": None, "size": "small", "seed": 0, "operator": "gradient"},
    **{"dtype": "float64", "device": "cpu", "threads": 1},
    **{"backend": "numpy", "variant": "portable"},
}


def test_what_is_allocated_next_is_moved_within_its_page_and_within_a_cache_line():
    places, kept = [], []
    for _ in range(60):
        kept.append(layout.drawn())
        kept.append(np.empty(10_000))
        places.append(kept[-1].ctypes.data)
    assert len({place % 64 for place in places}) > 1
    assert len({place % 4096 for place in places}) > 20


def test_half_of_the_blocks_stay_and_are_of_many_sizes():
    blocks = layout.drawn()
    assert len(blocks) == layout.BLOCKS // 2
    assert len({len(block) for block in blocks}) > layout.BLOCKS // 4
    assert all(layout.LEAST <= len(block) < layout.MOST for block in blocks)


def test_a_worker_draws_for_every_preparation_and_keeps_it_until_it_forgets():
    worker = Worker()
    found = []
    for _ in range(2):
        worker.prepare(SPEC, None)
        found.append([len(block) for block in worker.layout])
    assert found[0] != found[1]
    worker.forget()
    assert worker.layout == []
