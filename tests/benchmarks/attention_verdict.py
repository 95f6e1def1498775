"""Processor time and memory of a kernel's verdict at attention of 10⁶ numbers.

OPENBLAS_NUM_THREADS=1 python -m tests.benchmarks.attention_verdict
"""

from __future__ import annotations

import resource
import time

import torch
from torch.nn import functional as F

from gradparity.harness.kernels.card_verdict import judged_card
from gradparity.harness.kernels.deck import CARDS
from gradparity.harness.kernels.kernel import Kernel

SMALL, LARGE = (1, 1, 4, 16), (8, 8, 128, 40)
"""Of queries, keys and values: to import what is needed, and 983,040 numbers in all."""


def main() -> None:
    """Print seconds of the processor, and the peak of memory before and after."""
    torch.set_num_threads(1)
    kernel = Kernel.of(F.scaled_dot_product_attention, "torch", "bfloat16", "cpu")
    judged_card(kernel, None, CARDS[0], [SMALL] * 3, 0, together=True)
    before, start = _peak(), time.process_time()
    found = judged_card(kernel, None, CARDS[0], [LARGE] * 3, 0, together=True).finding
    seconds = time.process_time() - start
    print(f"{found.status}: {seconds:.1f} s, {_peak():.2f} GiB ({before:.2f} before)")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
