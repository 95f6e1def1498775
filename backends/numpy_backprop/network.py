"""Backpropagation: a chain of layers, run forwards for the loss and backwards for its gradient.

With a_0 the data, a_l = f_l(a_{l-1}) and the loss of a_L at the end, the chain rule reads

    delta_L = d loss / d a_L,    delta_{l-1} = (d f_l / d a_{l-1})ᵀ delta_l,

from the output to the input. Every step multiplies a transposed Jacobian, which is never formed, by
one array, so that the way back costs about two forward passes. Where a layer has parameters, delta
leaves their gradient there in passing.

Source: Rumelhart, Hinton and Williams 1986; Goodfellow et al., Deep Learning, algorithm 6.4.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from numpy import empty

from gradparity.backends.numpy_backprop.contract.derivation import Derivation
from gradparity.backends.numpy_backprop.layers import BufferedLayer, Linear, ReLU, Sigmoid, Tanh
from gradparity.backends.numpy_backprop.losses import LogitLoss
from gradparity.problems import Arrays
from gradparity.problems.layout import Layout

ActivationLayer = type[Sigmoid] | type[Tanh] | type[ReLU]


class BufferedNetwork:
    """Layers and a loss, on data x (cases, inputs) and labels y (cases,).

    gradient's arrays are the layers' buffers: the next call overwrites them. They are views of one
    vector, `flat`, so that an optimiser can work on all of them at once.
    """

    def __init__(self, layers: Sequence[BufferedLayer], loss: LogitLoss) -> None:
        self.layers, self.loss = layers, loss
        linear = [layer for layer in layers if isinstance(layer, Linear)]
        buffers = {n: x for one in linear for n, x in ((one.w_name, one.dw), (one.b_name, one.db))}
        layout = Layout.of(buffers)
        self.flat = empty(layout.size, linear[0].dw.dtype)
        self.gradients = layout.views(self.flat)
        for layer in linear:
            layer.dw, layer.db = self.gradients[layer.w_name], self.gradients[layer.b_name]

    def value(self, params: Arrays, data: Arrays) -> Any:
        """Compute the loss: forwards through the layers."""
        a = data["x"].T
        for layer in self.layers:
            a = layer.forward(params, a)
        return self.loss.forward(a, data["y"])

    def gradient(self, params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        """Compute loss and gradient: forwards, then backwards through the same layers."""
        value = self.value(params, data)
        delta = self.loss.backward()
        for layer in reversed(self.layers):
            delta = layer.backward(delta)
        return value, self.gradients

    def derivation(self, params: Arrays) -> Derivation:
        """Value and gradient; as one vector, if the parameters come in the order of the layers."""
        in_order = list(self.gradients) == list(params)
        return Derivation(self.value, self.gradient, self.flat if in_order else None)


def chain(
    params: Arrays, suffixes: Iterable[str], cases: int, activation: ActivationLayer
) -> list[BufferedLayer]:
    """Linear layers with an activation between them; their parameters are "w" and "b" + suffix."""
    layers: list[BufferedLayer] = []
    for suffix in suffixes:
        w = params[f"w{suffix}"]
        if layers:
            layers.append(activation(len(w), cases, w.dtype))
        layers.append(Linear(f"w{suffix}", f"b{suffix}", params, cases, first=not layers))
    return layers
