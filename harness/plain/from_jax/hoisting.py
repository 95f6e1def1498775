"""Programs whose large constants are arguments: XLA makes copies of what it compiles in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradparity.harness.plain.from_jax.ending import bounded

LARGE = 1 << 18
"""Entries from which a constant is an argument."""


def large_of(closed: Any) -> list[Any]:
    """The large arrays among a closed jaxpr's constants."""
    return [x for x in closed.consts if _is_large(x)]


def hoisted(closed: Any) -> Callable[[Sequence[Any], Sequence[Any]], tuple[list[Any], Any]]:
    """(large constants, arrays) -> what `bounded` gives; the function holds no large array."""
    jaxpr, consts = closed.jaxpr, [None if _is_large(x) else x for x in closed.consts]

    def run(large: Sequence[Any], arrays: Sequence[Any]) -> tuple[list[Any], Any]:
        rest = iter(large)
        return bounded(jaxpr, [next(rest) if x is None else x for x in consts])(arrays)

    return run


def _is_large(x: Any) -> bool:
    return isinstance(getattr(x, "dtype", None), np.dtype) and np.size(x) >= LARGE
