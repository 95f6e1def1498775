"""Layers that are linear, or nearly: dense, convolution, pooling, flattening."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.problems.errors import unknown
from gradparity.problems.namespace import Namespace
from gradparity.problems.networks.layer import Shape, expect_widths, misfit, uniform
from gradparity.problems.problem import Arrays

STARTS = ("xavier", "he")


@dataclass(frozen=True, slots=True)
class Dense:
    """x w + b over the last axis: (…, d) -> (…, units).

    weights: "xavier", variance 2/(fan-in + fan-out), or "he", normal of variance 2/fan-in.
    """

    units: int
    weights: str = "xavier"

    def __post_init__(self) -> None:
        """Raise InputError for a width below 1, or a start that there is not."""
        expect_widths(self)
        if self.weights not in STARTS:
            raise unknown("weights of Dense", self.weights, STARTS)

    def shape(self, given: Shape) -> Shape:
        """The last axis is exchanged."""
        if not given:
            misfit(self, given, "a last axis of features")
        return (*given[:-1], self.units)

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """Parameters w (d, units) and b (units,), zeros."""
        size = (given[-1], self.units)
        if self.weights == "he":
            w = rng.normal(scale=(2.0 / given[-1]) ** 0.5, size=size)
        else:
            w = uniform(rng, size, *size)
        return {"w": w, "b": np.zeros(self.units)}

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The value x w + b."""
        return x @ params["w"] + params["b"]


@dataclass(frozen=True, slots=True)
class Conv:
    """Correlation with kernels of width × width, unpadded.

    (h, w, c) -> (h - width + 1, w - width + 1, filters).
    """

    filters: int
    width: int

    def __post_init__(self) -> None:
        """Raise InputError for a width below 1."""
        expect_widths(self)

    def shape(self, given: Shape) -> Shape:
        """The image shrinks by width - 1."""
        if len(given) != 3 or min(given[:2]) < self.width:
            misfit(self, given, f"an image of at least {self.width} x {self.width} x channels")
        h, w, _ = given
        return (h - self.width + 1, w - self.width + 1, self.filters)

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """Parameters w (width, width, c, filters), by He, and b (filters,), zeros."""
        size = (self.width, self.width, given[2], self.filters)
        scale = (2.0 / math.prod(size[:3])) ** 0.5
        return {"w": rng.normal(scale=scale, size=size), "b": np.zeros(self.filters)}

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """A product for each place of the kernel, added up."""
        w = params["w"]
        (_, high, wide, _), k = x.shape, w.shape[0]
        rows, columns = high - k + 1, wide - k + 1
        total = params["b"]
        for i in range(k):
            for j in range(k):
                total = total + x[:, i : i + rows, j : j + columns, :] @ w[i, j]
        return total


def _windows(layer: object, width: int, given: Shape) -> Shape:
    if len(given) != 3 or given[0] % width or given[1] % width:
        misfit(layer, given, f"an image whose sides are multiples of {width}")
    return (given[0] // width, given[1] // width, given[2])


def _cut(xp: Namespace, x: Any, width: int) -> Any:
    n, h, w, c = x.shape
    return xp.reshape(x, (n, h // width, width, w // width, width, c))


@dataclass(frozen=True, slots=True)
class AveragePool:
    """The mean of every window of width × width, side by side."""

    width: int

    def __post_init__(self) -> None:
        """Raise InputError for a width below 1."""
        expect_widths(self)

    def shape(self, given: Shape) -> Shape:
        """The sides are divided by the width."""
        return _windows(self, self.width, given)

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """None."""
        return {}

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The means."""
        return xp.mean(_cut(xp, x, self.width), axis=(2, 4))


@dataclass(frozen=True, slots=True)
class MaxPool:
    """The largest of every window of width × width; at a tie the derivative is a convention."""

    width: int

    def __post_init__(self) -> None:
        """Raise InputError for a width below 1."""
        expect_widths(self)

    def shape(self, given: Shape) -> Shape:
        """The sides are divided by the width."""
        return _windows(self, self.width, given)

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """None."""
        return {}

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The maxima."""
        return xp.max(_cut(xp, x, self.width), axis=(2, 4))


@dataclass(frozen=True, slots=True)
class Flatten:
    """All numbers of a case in a row."""

    def shape(self, given: Shape) -> Shape:
        """One axis."""
        return (math.prod(given),)

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """None."""
        return {}

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The rows."""
        return xp.reshape(x, (x.shape[0], -1))
