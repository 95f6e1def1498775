"""Fourier transforms of complex arrays that are recorded as their parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gradparity.harness.plain.steps.complex_pairs import Apply, Pair, halves, joined
from gradparity.problems import Array


def transformed(
    apply: Apply, x: Pair, kind: str, axes: Sequence[int], lengths: Sequence[int]
) -> tuple[Any, Any]:
    """The parts of a transform of x; the imaginary part of "irfft" is None.

    kind: "fft", "ifft", "rfft" or "irfft", with the factors of `np.fft`: 1, and 1/n back. axes: of
    x, not negative, the last of them the one that is halved. lengths: n of each.
    """
    *others, last = zip(axes, lengths, strict=True)
    along = {"rfft": "fft", "irfft": "ifft"}.get(kind, kind)
    order = [(along, *one) for one in others]
    order = [(kind, *last), *order] if kind == "rfft" else [*order, (kind, *last)]

    def found(xp: Any, *parts: Array) -> Any:
        z = xp.complex(*parts) if len(parts) > 1 else parts[0]
        for name, axis, n in order:
            z = getattr(xp.fft, name)(z, n=n, axis=axis)
        return z

    def both(xp: Any, *parts: Array) -> Array:
        return joined(xp, found(xp, *parts))

    given = (x.re,) if x.im is None else (x.re, x.im)
    if kind == "irfft":
        return apply(found, *given), None
    return halves(apply, apply(both, *given))
