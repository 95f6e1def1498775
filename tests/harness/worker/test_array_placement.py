"""Where arrays come to lie is drawn for every preparation."""

import numpy as np
from scipy.stats import kstest, uniform

from gradparity.harness.messages.spec import Spec
from gradparity.harness.messages.timed import Forget, Prepare
from gradparity.harness.worker.array_placement import random_blocks
from gradparity.harness.worker.worker import Worker

SPEC = Spec("rosenbrock", None, "small", 0, "gradient", "float64", "cpu", 1, "numpy", "portable")


def test_what_is_allocated_next_is_moved_within_its_page_and_within_a_cache_line():
    places, kept = [], []
    for _ in range(60):
        kept.append(random_blocks())
        kept.append(np.empty(10_000))
        places.append(kept[-1].ctypes.data)
    assert len({place % 64 for place in places}) > 1
    assert len({place % 4096 for place in places}) > 20


def test_blocks_stay_whose_sizes_are_uniform_from_1_to_64_kib():
    draws = [[len(block) for block in random_blocks()] for _ in range(100)]
    assert {len(sizes) for sizes in draws} == {24}
    every = np.concatenate(draws)
    assert not np.any(every % 16)
    assert kstest(every, uniform(2**10, 2**16 - 2**10).cdf).pvalue > 1e-9


def test_a_worker_draws_for_every_preparation_and_keeps_it_until_it_forgets():
    worker = Worker()
    found = []
    for _ in range(2):
        worker.answer(Prepare(SPEC, None))
        found.append([len(block) for block in worker.subject.blocks])
    assert found[0] != found[1]
    worker.answer(Forget())
    assert worker.subject.blocks == []
