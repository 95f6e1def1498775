"""What a layer's hand-written backprop is: its output, and the way back from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from gradparity.problems import Arrays


class Back(Protocol):
    """The way back through a layer, for one output."""

    def __call__(self, g: Any, further: bool = True) -> tuple[Any, Arrays]:
        """(slope by the input, slopes by parameter name) for g, the slope by the output.

        The slope by the input is None where the input has none, integers; it may be None where
        `further` is false: nobody asks for it before the first layer.
        """
        ...


Forward = Callable[[Any, Arrays, Arrays, Any], tuple[Any, Back]]
"""forward(layer, params, data, x) -> (output, back); params by the layer's own names."""


def rows(x: Any) -> Any:
    """All axes but the last in one: (…, d) -> (n, d)."""
    return x.reshape(-1, x.shape[-1])


def times(x: Any, w: Any) -> Any:
    """x w over the last axis, as one product of matrices whatever the axes before it."""
    return (rows(x) @ w).reshape(*x.shape[:-1], w.shape[-1])


def summed(x: Any) -> Any:
    """The sum over all axes but the last, (d,): a product with ones keeps float32's digits."""
    flat = rows(x)
    return np.ones(len(flat), x.dtype) @ flat


def grouped(params: Arrays) -> dict[str, Arrays]:
    """The parameters by the first part of their names: "2.w" is under "2", as "w"."""
    found: dict[str, Arrays] = {}
    for name, x in params.items():
        place, _, rest = name.partition(".")
        found.setdefault(place, {})[rest] = x
    return found
