"""Layers that take every number by itself: activations, and dropout with a given mask.

    sigmoid  1/(1 + e^-x)          tanh                relu        max(x, 0)
    softplus ln(1 + e^x)           swish  x sigmoid(x) leaky_relu  x, or x/100 below 0
    gelu     ½ x (1 + tanh u), u = √(2/π) (x + 0.044715 x³)      elu  x, or e^x - 1 below 0

At 0, relu and leaky_relu have the slope of below, as torch has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.problems.errors import InputError, unknown
from gradparity.problems.namespace import Namespace
from gradparity.problems.networks.layer import Shape, told
from gradparity.problems.problem import Arrays

_FUNCTIONS: dict[str, Any] = {
    "sigmoid": lambda xp, x: xp.sigmoid(x),
    "tanh": lambda xp, x: xp.tanh(x),
    "relu": lambda xp, x: xp.relu(x),
    "leaky_relu": lambda xp, x: xp.leaky_relu(x),
    "gelu": lambda xp, x: xp.gelu(x, approximate="tanh"),
    "swish": lambda xp, x: xp.silu(x),
    "softplus": lambda xp, x: xp.softplus(x),
    "elu": lambda xp, x: xp.elu(x),
}


@dataclass(frozen=True, slots=True)
class Activation:
    """One of the functions above, by name."""

    kind: str

    def __post_init__(self) -> None:
        """Raise InputError for a name that is none."""
        if self.kind not in _FUNCTIONS:
            raise unknown("activation", str(self.kind), _FUNCTIONS)

    def shape(self, given: Shape) -> Shape:
        """The same."""
        return given

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """None."""
        return {}

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The function of every number."""
        return _FUNCTIONS[self.kind](xp, x)


@dataclass(frozen=True, slots=True)
class Dropout:
    """x mask/kept: data[mask] (cases, …) are zeros and ones, drawn before; kept: their share."""

    mask: str
    kept: float

    def __post_init__(self) -> None:
        """Raise InputError for a share that keeps nothing, or more than all."""
        if not 0.0 < self.kept <= 1.0:
            raise InputError(f"Dropout: kept is {self.kept}; it should be above 0 and at most 1")

    def shape(self, given: Shape) -> Shape:
        """The same."""
        return given

    def check(self, given: Shape, data: Arrays, x: Any) -> None:
        """Raise InputError for a mask that is missing, or of another shape than its input."""
        if self.mask not in data:
            raise InputError(f"{self}: the data have no {self.mask}; give it to instance")
        needed, has = (len(data["x"]), *given), np.shape(data[self.mask])
        if has != needed:
            raise InputError(f"{self}: the mask is {told(has)}; it should be {told(needed)}")

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """None."""
        return {}

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The value x mask/kept."""
        return x * (data[self.mask] / self.kept)
