"""Normalisation: x̂ = (x - mean)/√(variance + ε), then γ x̂ + β.

Over the last axis of each case (layer), or over all cases and places of each feature (batch, as in
training: mean and variance are those of the batch). A constant added to what is normalised together
changes nothing, so the slopes by x add up to 0 there.

Source: Ba, Kiros and Hinton 2016, https://arxiv.org/abs/1607.06450; Ioffe and Szegedy 2015,
https://arxiv.org/abs/1502.03167.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.problems.namespace import Namespace
from gradparity.problems.networks.layer import Shape, misfit
from gradparity.problems.problem import Arrays

EPSILON = 1e-5


def _start(layer: object, given: Shape) -> Arrays:
    return {"gamma": np.ones(given[-1]), "beta": np.zeros(given[-1])}


def _normalised(xp: Namespace, params: Arrays, x: Any, axes: Any) -> Any:
    apart = x - xp.mean(x, axis=axes, keepdims=True)
    variance = xp.mean(xp.square(apart), axis=axes, keepdims=True)
    return params["gamma"] * (apart / xp.sqrt(variance + EPSILON)) + params["beta"]


@dataclass(frozen=True, slots=True)
class LayerNorm:
    """Over the last axis."""

    def shape(self, given: Shape) -> Shape:
        """The same."""
        if not given:
            misfit(self, given, "a last axis of features")
        return given

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """Parameters gamma, ones, and beta, zeros, both (d,)."""
        return _start(self, given)

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The normalised x."""
        return _normalised(xp, params, x, -1)


@dataclass(frozen=True, slots=True)
class BatchNorm:
    """Over all axes but the last."""

    def shape(self, given: Shape) -> Shape:
        """The same."""
        if not given:
            misfit(self, given, "a last axis of features")
        return given

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """Parameters gamma, ones, and beta, zeros, both (d,)."""
        return _start(self, given)

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The normalised x."""
        return _normalised(xp, params, x, tuple(range(len(x.shape) - 1)))
