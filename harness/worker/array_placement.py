"""Where in memory a process's arrays come to lie: drawn anew for every preparation.

The system draws where a process's memory begins, but by whole pages. Where within a page an array
lies is decided by what was allocated before it. That is the same in every process of one source
tree, and another in every process of another tree, be it the length of its path. A loop over two
arrays takes 10 % longer at one such place than at the next (seen: vectors of 80 kB, 16 bytes
apart). Processes that have the same places repeat that difference as if the code had made it.

So blocks of random sizes are allocated first, and a random half of them is freed: what comes then
is moved, together and apart.
Source: C. Curtsinger, E. D. Berger, STABILIZER: Statistically Sound Performance Evaluation (2013).
"""

from __future__ import annotations

import random

BLOCKS = 48

LEAST, MOST, STEP = 1024, 65536, 16
"""Sizes in bytes: above what Python keeps in pools, below what the system gives pages for."""


def random_blocks() -> list[bytearray]:
    """Blocks to be kept as long as what is allocated after them. Not seeded: a draw is noise."""
    draw = random.SystemRandom()
    blocks = [bytearray(draw.randrange(LEAST, MOST, STEP)) for _ in range(BLOCKS)]
    draw.shuffle(blocks)
    del blocks[BLOCKS // 2 :]
    return blocks
