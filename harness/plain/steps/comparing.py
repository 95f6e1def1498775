"""Whether recorded steps compute what the library did."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.harness.findings.finding import EPS, SMALLEST
from gradparity.harness.plain.steps.matrices import ORDINARY
from gradparity.harness.plain.steps.recorded_loss import RecordedLoss
from gradparity.harness.plain.steps.step import Datum, Operand, Slot
from gradparity.harness.plain.steps.translation import LOW, Untranslatable
from gradparity.problems import Array, Arrays
from gradparity.problems.namespace import NUMPY

DELTA = 1e-8
"""The relative size of the perturbations that measure how rounding moves the value."""

ALLOWED = 256
"""How many eps of the value's own scale two evaluations may be apart."""

_BLOCK = 1 << 18
"""Entries that are perturbed at a time."""


def _allowed(dtype: str) -> float:
    """How far two evaluations may be apart, relative to the value's own scale."""
    return (8 if dtype in LOW else ALLOWED) * EPS[dtype]


def compared(
    recorded: RecordedLoss,
    params: Arrays,
    data: Arrays,
    value: float,
    library: str,
    dtype: str,
    good_to: float,
) -> RecordedLoss:
    """The steps, contracted, whose value in NumPy is the library's, to rounding.

    The scale of rounding is measured: every result is multiplied by 1 ± delta, at random, and the
    value moves by delta times its scale (Monte-Carlo arithmetic). A value that cancels has a scale
    above its own size. What is below the smallest normal number a library may take for 0.
    Raises: Untranslatable if the value is another.
    """
    shapes: dict[Operand, tuple[int, ...]] = {
        Datum(name): x.shape for name, x in data.items() if x.dtype.kind == "f"
    }
    shapes |= {Slot(i): np.shape(params[name]) for i, name in enumerate(recorded.params)}

    def made(number: int, array: Array) -> None:
        if np.asarray(array).dtype.kind == "f":
            shapes[Slot(number)] = np.shape(array)

    with np.errstate(all="ignore"):
        ours = np.asarray(recorded.replayed(ORDINARY, params, data, made=made))
        if ours.shape != () or ours.dtype.kind != "f":
            raise Untranslatable(
                f"the loss returned an array of shape {ours.shape}, dtype {ours.dtype}; "
                "a loss is one floating number"
            )
        recorded = recorded.contracted(shapes)
        if ours == value or (np.isnan(ours) and np.isnan(value)):
            return recorded
        rng = np.random.default_rng(0)

        def perturbed(array: Array) -> Array:
            return _perturbed(array, rng)

        moved = [recorded.replayed(NUMPY, params, data, perturbed) - ours for _ in range(4)]
        scale = abs(value) + np.sqrt(np.mean(np.square(moved))) / DELTA
        slack = max(_allowed(dtype), good_to) * scale
        # It may have left the range, below or above.
        flushed = SMALLEST[dtype] * sum(np.size(x) for x in params.values())
        near = abs(ours - value) <= slack + flushed or (dtype in LOW and not np.isfinite(value))
    if not near:
        raise Untranslatable(
            f"{library} computes {value!r} where its own operations in float64 make "
            f"{float(ours)!r}; does the loss draw random numbers?"
        )
    return recorded


def _perturbed(array: Array, rng: np.random.Generator) -> Any:
    """A copy whose entries are multiplied by 1 ± delta; no larger array is made than that."""
    given = np.asarray(array)
    if given.dtype.kind != "f":
        return array
    if given.size <= _BLOCK:
        return array * (1 + DELTA * rng.choice((-1.0, 1.0), size=given.shape))
    moved = np.array(given, order="C")
    entries = moved.reshape(-1)
    for start in range(0, entries.size, _BLOCK):
        part = entries[start : start + _BLOCK]
        part *= 1 + DELTA * rng.choice((-1.0, 1.0), size=part.shape)
    return moved
