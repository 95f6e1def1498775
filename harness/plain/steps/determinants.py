"""The determinant of a matrix that is singular, or singular to rounding.

det A of a singular A has a derivative, the cofactors, but not by det A · A⁻ᵀ. det(A + tR) is a
polynomial in t, of degree k if R has rank k; so its value at 0 is Σ cⱼ det(A + tⱼR), for every A,
with Lagrange's cⱼ = Π tₘ / (tₘ - tⱼ) over m ≠ j. R fills the directions that A leaves out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from gradparity.harness.plain.steps.recording import StepRecording
from gradparity.harness.plain.steps.step import Operand, Slot
from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.problems import Array


def recorded(recording: StepRecording, a: Operand, beside: Sequence[tuple[float, Array]]) -> Slot:
    """The determinant of a recorded array, of the regular matrices beside it if there are some.

    Each is a step of its own: what cancels between them rounds by its own size, not by the sum's.
    """
    if not beside:
        return recording.step(lambda xp, x: xp.det(x), a)
    terms = [
        recording.step(lambda xp, x, s, w=w: w * xp.det(x + s), a, recording.constant(shift))
        for w, shift in beside
    ]
    return recording.step(lambda xp, *each: sum(each[1:], start=each[0]), *terms)


def refuse_complex(value: Array) -> None:
    """Raise Untranslatable for a complex matrix: its determinant is no step of real parts."""
    if np.iscomplexobj(value):
        raise Untranslatable("the determinant of a complex matrix has no translation")


def regular(value: Array) -> list[tuple[float, Array]]:
    """Weights cⱼ and shifts tⱼR with which the determinant is that of regular matrices.

    value: (..., n, n). There are none but near a singular matrix: one singular to rounding, where
    elimination ends at a pivot of 1e-17, is as far from its own inverse as one with a pivot of 0.
    A shift's entries are float32 numbers, and its rank is k exactly. Raises: Untranslatable.
    """
    refuse_complex(value)
    given = np.asarray(value, np.float64)
    if not np.isfinite(given).all():
        return []
    u, sizes, vt = np.linalg.svd(given)
    top = sizes[..., :1]
    lost = int(np.max(np.sum(sizes <= _SINGULAR * top, axis=-1), initial=0))
    if not 0 < lost <= _MOST_LOST:
        return []
    kept = sizes[..., -lost - 1 :][..., :1]  # the least that is kept, or the largest
    least = np.where(kept > 0, kept, 1.0) * (1.0 if lost <= _SMOOTH_LOST else 0.1)
    scale = np.exp2(np.round(np.log2(least)))[..., np.newaxis]
    left, right = (np.round(x * _SHORT) / _SHORT for x in (u[..., -lost:], vt[..., -lost:, :]))
    filling = scale * (left @ right)
    nodes = [(-1.0) ** i * (1 + i // 2) for i in range(lost + 1)]
    return [
        (math.prod(s / (s - t) for s in nodes if s != t), np.asarray(t * filling)) for t in nodes
    ]


_SINGULAR = 1e-12
"""A singular value of less, relative to the largest, is one of 0."""
_MOST_LOST = 8
_SMOOTH_LOST = 2
"""Where more are lost, the cofactors are 0 and so are their slopes: a small R rounds less."""
_SHORT = 2.0**10
"""Vectors have so many steps between 0 and 1 that their products are float32 numbers."""
