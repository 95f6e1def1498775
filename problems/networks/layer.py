"""What a layer is, and how a layer that does not fit is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, NoReturn, Protocol, runtime_checkable

import numpy as np

from gradparity.problems.errors import InputError, in_range
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays

Shape = tuple[int, ...]
"""Of one case: what it has behind the axis of cases, (cases, *shape)."""


@runtime_checkable
class Layer(Protocol):
    """A step of a network: a frozen record of its sizes, and what it computes.

    Its parameters are named by themselves, "w"; a network puts the layer's place in front, "2.w".
    """

    def shape(self, given: Shape) -> Shape:
        """The shape of its output for an input of this shape; InputError where none fits."""
        ...

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """Parameters to start from, by name."""
        ...

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The output of x (cases, *given), by its own parameters; data: the whole network's."""
        ...


@runtime_checkable
class DemandingLayer(Layer, Protocol):
    """A layer that not every x suits, or that reads data of its own."""

    def check(self, given: Shape, data: Arrays, x: Any) -> None:
        """Raise InputError for data that do not fit; x: the first layer's input, or None."""
        ...


def expect_widths(layer: Any) -> None:
    """Raise InputError for a width of a layer, a whole number of its record, below 1."""
    for one in fields(layer):
        if one.type == "int":
            name, most = f"{type(layer).__name__}: {one.name}", 10_000_000
            in_range(name, getattr(layer, one.name), 1, most, whole=True)


def misfit(layer: object, given: Shape, needed: str) -> NoReturn:
    """Raise the InputError of a layer that an input does not fit: the layer and both shapes."""
    raise InputError(f"{layer}: the input is {told(given)} per case; it needs {needed}")


def told(shape: Shape) -> str:
    """A shape in words: "8 x 8 x 1"."""
    return " x ".join(map(str, shape)) or "a number"


def scoped(params: Arrays, path: str) -> Arrays:
    """The parameters whose names begin with this place, by the rest of their names."""
    front = f"{path}."
    return {name[len(front) :]: x for name, x in params.items() if name.startswith(front)}


def placed(arrays: Arrays, path: str) -> Arrays:
    """The same arrays with this place in front of their names."""
    return {f"{path}.{name}": x for name, x in arrays.items()}


def uniform(rng: np.random.Generator, size: Sequence[int], fan_in: int, fan_out: int) -> Any:
    """Glorot and Bengio's start: uniform with variance 2/(fan-in + fan-out)."""
    reach = (6.0 / (fan_in + fan_out)) ** 0.5
    return rng.uniform(-reach, reach, size)
