"""What a layer's hand-written backprop is: its output, and the way back from there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.problems import Arrays

Back = Callable[[Any], tuple[Any, Arrays]]
"""back(g) -> (slope by the input, slopes by parameter name), g the slope by the output.

The slope by the input is None where the input has none: integers.
"""

Forward = Callable[[Any, Arrays, Arrays, Any], tuple[Any, Back]]
"""forward(layer, params, data, x) -> (output, back); params by the layer's own names."""


def rows(x: Any) -> Any:
    """All axes but the last in one: (…, d) -> (n, d)."""
    return x.reshape(-1, x.shape[-1])


def summed(x: Any) -> Any:
    """The sum over all axes but the last, (d,): a product with ones keeps float32's digits."""
    flat = rows(x)
    return np.ones(len(flat), x.dtype) @ flat
