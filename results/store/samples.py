"""A cell's samples as bytes, one after the other: every float64 comes back bit for bit.

One array for each cell instead of a row for each sample, which would name its cell and be looked up
a million times. `python -m tests.benchmarks.store_scale` measures what reading them takes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from gradparity.results.records.record import Sample

LAYOUT = struct.Struct("<iiqddi")
"""round, position, calls, seconds, cpu_seconds, process; 36 bytes, the lowest byte first."""


def packed_samples(samples: Sequence[Sample]) -> bytes:
    """Return the samples as bytes."""
    return b"".join(
        LAYOUT.pack(one.round, one.position, one.calls, one.seconds, one.cpu_seconds, one.process)
        for one in samples
    )


def unpacked_samples(packed: bytes) -> tuple[Sample, ...]:
    """Return the samples that `packed_samples` has packed. Raises ValueError for other bytes."""
    if len(packed) % LAYOUT.size:
        raise ValueError(f"{len(packed)} bytes are no whole number of samples")
    return tuple(Sample(*one) for one in LAYOUT.iter_unpack(packed))
