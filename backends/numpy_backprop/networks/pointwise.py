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


def logistic(x: Any) -> Any:
    """1/(1 + e^-x), which cannot overflow and keeps its digits where it is small."""
    return np.exp(-np.logaddexp(-x, 0.0))


def _sigmoid(x: Any) -> tuple[Any, Slope]:
    s = logistic(x)
    return s, lambda: s * logistic(-x)


def _tanh(x: Any) -> tuple[Any, Slope]:
    t = np.tanh(x)
    return t, lambda: 1.0 - t * t


def _relu(x: Any) -> tuple[Any, Slope]:
    return np.maximum(x, 0.0), lambda: (x > 0.0).astype(x.dtype)


def _leaky_relu(x: Any) -> tuple[Any, Slope]:
    slope = np.where(x > 0.0, x.dtype.type(1.0), x.dtype.type(0.01))
    return x * slope, lambda: slope


def _softplus(x: Any) -> tuple[Any, Slope]:
    return np.logaddexp(x, 0.0), lambda: logistic(x)


def _swish(x: Any) -> tuple[Any, Slope]:
    s = logistic(x)
    return x * s, lambda: s * (1.0 + x * logistic(-x))


def _elu(x: Any) -> tuple[Any, Slope]:
    below = np.minimum(x, 0.0)
    return np.where(x > 0.0, x, np.expm1(below)), lambda: np.exp(below)


def _gelu(x: Any) -> tuple[Any, Slope]:
    square = x * x
    v = ROOT * x * (1.0 + CUBE * square)
    p = logistic(v)
    return x * p, lambda: p * (1.0 + x * logistic(-v) * (ROOT * (1.0 + 3.0 * CUBE * square)))


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


def activation(layer: Activation, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """A function of every number."""
    y, slope = FUNCTIONS[layer.kind](x)
    return y, lambda g: (g * slope(), {})


def dropout(layer: Dropout, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """What the mask lets through."""
    factor = data[layer.mask] / layer.kept
    return x * factor, lambda g: (g * factor, {})
