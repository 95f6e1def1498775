"""A cell's samples as bytes, one after the other: every float64 comes back bit for bit.

One array for each cell instead of a row for each sample, which would name its cell and be looked up
a million times. They become objects when somebody asks for one: figures of many cells at once are
taken from the bytes (`results/times/arrays.py`). `python -m tests.benchmarks.store_scale` measures
what reading takes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import overload

from gradparity.results.records.record import Sample

LAYOUT = struct.Struct("<iiqddi")
"""round, position, calls, seconds, cpu_seconds, process; 36 bytes, the lowest byte first."""


class PackedSamples(Sequence[Sample]):
    """Samples that are bytes until one is asked for; equal to a tuple of the same samples."""

    __slots__ = ("_unpacked", "packed")

    def __init__(self, packed: bytes) -> None:
        if len(packed) % LAYOUT.size:
            raise ValueError(f"{len(packed)} bytes are no whole number of samples")
        self.packed = packed
        self._unpacked: tuple[Sample, ...] | None = None

    def __len__(self) -> int:
        return len(self.packed) // LAYOUT.size

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | Sequence[Sample]:
        if self._unpacked is None:
            self._unpacked = tuple(Sample(*one) for one in LAYOUT.iter_unpack(self.packed))
        return self._unpacked[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple | PackedSamples) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))


def packed_samples(samples: Sequence[Sample]) -> bytes:
    """Return the samples as bytes."""
    if isinstance(samples, PackedSamples):
        return samples.packed
    return b"".join(
        LAYOUT.pack(one.round, one.position, one.calls, one.seconds, one.cpu_seconds, one.process)
        for one in samples
    )
