"""Backprop of activations and dropout: the slope by the output times the function's own slope.

With s = 1/(1 + e^-x):

    sigmoid     s (1 - s)                     tanh       1 - tanh² x
    relu        1 above 0, else 0             leaky_relu 1 above 0, else 1/100
    softplus    s                             swish      s + x s (1 - s)
    elu         1 above 0, else e^x
    gelu        p + x p (1 - p) v′,  p = 1/(1 + e^-v), v = 2√(2/π) (x + a x³),
                v′ = 2√(2/π) (1 + 3 a x²), a = 0.044715; for ½ (1 + tanh u) = p, v = 2u
    dropout     mask/kept
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.networks.layer import Back
from gradparity.problems import Arrays
from gradparity.problems.networks import Activation, Dropout

Slope = Callable[[], Any]
CUBE, ROOT = 0.044715, math.sqrt(8.0 / math.pi)


def both(x: Any) -> tuple[Any, Any]:
    """p = 1/(1 + e^-x) and 1 - p = e^-x p; either keeps its digits where it is small."""
    e = np.minimum(-x, math.log(np.finfo(x.dtype).max))
    np.exp(e, out=e)
    p = e + 1.0
    np.divide(1.0, p, out=p)
    return p, np.multiply(e, p, out=e)


def softplus(x: Any) -> Any:
    """The value ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|)."""
    e = np.abs(x)
    np.exp(np.negative(e, out=e), out=e)
    np.log1p(e, out=e)
    e += np.maximum(x, 0.0)
    return e


def _sigmoid(x: Any) -> tuple[Any, Slope]:
    p, rest = both(x)
    return p, lambda: p * rest


def _tanh(x: Any) -> tuple[Any, Slope]:
    t = np.tanh(x)

    def slope() -> Any:
        bend = t * t
        return np.subtract(1.0, bend, out=bend)

    return t, slope


def _relu(x: Any) -> tuple[Any, Slope]:
    return np.maximum(x, 0.0), lambda: x > 0.0


def _leaky_relu(x: Any) -> tuple[Any, Slope]:
    slope = np.where(x > 0.0, x.dtype.type(1.0), x.dtype.type(0.01))
    return x * slope, lambda: slope


def _softplus(x: Any) -> tuple[Any, Slope]:
    return softplus(x), lambda: both(x)[0]


def _swish(x: Any) -> tuple[Any, Slope]:
    p, rest = both(x)

    def slope() -> Any:
        rest_x = rest * x
        rest_x += 1.0
        rest_x *= p
        return rest_x

    return x * p, slope


def _elu(x: Any) -> tuple[Any, Slope]:
    below = np.minimum(x, 0.0)
    return np.where(x > 0.0, x, np.expm1(below)), lambda: np.exp(below)


def _gelu(x: Any) -> tuple[Any, Slope]:
    square = x * x
    v = square * (ROOT * CUBE)
    v += ROOT
    v *= x
    p, rest = both(v)

    def slope() -> Any:
        bend = square * (3.0 * ROOT * CUBE)
        bend += ROOT
        bend *= x
        bend *= rest
        bend += 1.0
        bend *= p
        return bend

    return x * p, slope


FUNCTIONS: dict[str, Callable[[Any], tuple[Any, Slope]]] = {
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "relu": _relu,
    "leaky_relu": _leaky_relu,
    "softplus": _softplus,
    "swish": _swish,
    "elu": _elu,
    "gelu": _gelu,
}


LONG = ("sigmoid", "swish", "gelu", "elu")
"""Functions of so many steps that it pays to take them block by block."""

BLOCK = 8192
"""Numbers of a block: five or six vectors as long are in the second-level cache at once."""


def in_blocks(function: Callable[[Any], tuple[Any, Slope]], x: Any) -> tuple[Any, Slope]:
    """The function's value and slope, both at once, one block in the cache after the other."""
    flat = x.reshape(-1)
    values, slopes = np.empty_like(flat), np.empty_like(flat)
    for start in range(0, flat.size, BLOCK):
        cut = slice(start, start + BLOCK)
        values[cut], slope = function(flat[cut])
        slopes[cut] = slope()
    return values.reshape(x.shape), lambda: slopes.reshape(x.shape)


def activation(layer: Activation, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """A function of every number."""
    function = FUNCTIONS[layer.kind]
    long = layer.kind in LONG and x.size > BLOCK
    y, slope = in_blocks(function, x) if long else function(x)

    def back(g: Any, further: bool = True) -> tuple[Any, Arrays]:
        return (g * slope() if further else None), {}

    return y, back


def dropout(layer: Dropout, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """What the mask lets through."""
    factor = data[layer.mask] * (1.0 / layer.kept)
    return x * factor, lambda g, further=True: (g * factor, {})
