"""Layers behind each other, and a loss at the end.

    a_0 = x,   a_l = layer_l(a_{l-1}),   loss = loss(a_L, y).

Data are x (cases, …) and y, and whatever a layer asks for by name (a dropout's mask). Parameters
are named by place: "1.w" is the first layer's, "3.2.b" that of the second layer within the third,
which is a residual block. All shapes are tried when the network is given its first instance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.problems.errors import InputError
from gradparity.problems.namespace import Namespace
from gradparity.problems.networks.layer import (
    DemandingLayer,
    Layer,
    Shape,
    misfit,
    placed,
    scoped,
    told,
)
from gradparity.problems.networks.losses import NetworkLoss
from gradparity.problems.problem import Arrays, Instance


@dataclass(frozen=True, slots=True)
class Sequential:
    """Layers behind each other."""

    layers: tuple[Layer, ...]

    def shape(self, given: Shape) -> Shape:
        """The last layer's; InputError with the place of the layer that does not fit."""
        for place, layer in enumerate(self.layers, start=1):
            try:
                given = layer.shape(given)
            except InputError as error:
                raise InputError(f"layer {place}, {error}") from None
        return given

    def check(self, given: Shape, data: Arrays, x: Any) -> None:
        """Raise InputError, with the place of the layer, for data that do not fit it."""
        for place, layer in enumerate(self.layers, start=1):
            if isinstance(layer, DemandingLayer):
                try:
                    layer.check(given, data, x)
                except InputError as error:
                    raise InputError(f"layer {place}, {error}") from None
            given, x = layer.shape(given), None

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """All layers' parameters, by place and name."""
        params: Arrays = {}
        for place, layer in enumerate(self.layers, start=1):
            params |= placed(layer.start(rng, given), str(place))
            given = layer.shape(given)
        return params

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The output of the last layer."""
        for place, layer in enumerate(self.layers, start=1):
            x = layer.apply(xp, scoped(params, str(place)), data, x)
        return x


@dataclass(frozen=True, slots=True)
class Residual:
    """x + f(x), f a chain of layers that keeps the shape."""

    layers: tuple[Layer, ...]

    @property
    def inner(self) -> Sequential:
        """The chain f."""
        return Sequential(self.layers)

    def shape(self, given: Shape) -> Shape:
        """The same."""
        found = self.inner.shape(given)
        if found != given:
            misfit("Residual", given, f"layers that keep the shape; theirs end at {told(found)}")
        return given

    def check(self, given: Shape, data: Arrays, x: Any) -> None:
        """As the layers of f ask."""
        self.inner.check(given, data, x)

    def start(self, rng: np.random.Generator, given: Shape) -> Arrays:
        """Those of f."""
        return self.inner.start(rng, given)

    def apply(self, xp: Namespace, params: Arrays, data: Arrays, x: Any) -> Any:
        """The sum."""
        return x + self.inner.apply(xp, params, data, x)


class Network:
    """A chain of layers and a loss.

    Raises: InputError for no layers at all, what is no layer, what is no loss.
    """

    def __init__(self, layers: Sequence[Layer], loss: NetworkLoss) -> None:
        if not layers:
            raise InputError("Network: there is no layer; give a list of them")
        for place, layer in enumerate(layers, start=1):
            if isinstance(layer, type) or not isinstance(layer, Layer):
                raise InputError(f"Network: layer {place} is {layer!r}, should be a layer")
        if isinstance(loss, type) or not isinstance(loss, NetworkLoss):
            raise InputError(f"Network: the loss is {loss!r}, should be one such as Squared()")
        self.chain, self.end = Sequential(tuple(layers)), loss

    def output(self, xp: Namespace, params: Arrays, data: Arrays) -> Any:
        """The last layer's output for data["x"]."""
        return self.chain.apply(xp, params, data, data["x"])

    def loss(self, xp: Namespace, params: Arrays, data: Arrays) -> Any:
        """The loss, a scalar."""
        return self.end.value(xp, self.output(xp, params, data), data["y"])

    def instance(self, rng: np.random.Generator, x: Any, y: Any, **data: Any) -> Instance:
        """Parameters to start from, and the data.

        Raises: InputError for no cases, a layer that does not fit, labels and integers out of
        range, masks that are missing, NaN and infinity.
        """
        if np.ndim(x) == 0 or len(x) == 0:
            raise InputError("Network: there are no cases; x has one in each row")
        given = tuple(np.shape(x)[1:])
        self.end.check(self.chain.shape(given), len(x), np.asarray(y))
        arrays = {name: np.asarray(array) for name, array in {"x": x, "y": y, **data}.items()}
        for name, array in arrays.items():
            if array.dtype.kind == "f" and not np.all(np.isfinite(array)):
                raise InputError(f"Network: {name} has NaN or infinity in it")
        self.chain.check(given, arrays, x)
        return Instance(self.chain.start(rng, given), arrays)
