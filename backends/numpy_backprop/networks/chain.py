"""The chain rule over layers: forwards with what each keeps, then backwards through the same."""

from __future__ import annotations

from typing import Any

from gradparity.backends.numpy_backprop.networks import attention, maps, norms, pointwise, recurrent
from gradparity.backends.numpy_backprop.networks.layer import Back, Forward, grouped
from gradparity.backends.numpy_backprop.networks.losses import BY_HAND as LOSSES
from gradparity.problems import Arrays, InputError
from gradparity.problems import networks as n
from gradparity.problems.networks.network import Sequential
from gradparity.problems.problem import ByHand


def chain(layer: Sequential, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """δ_{l-1} = (d layer_l/d a)ᵀ δ_l, from the last layer to the first."""
    backs, own = [], grouped(params)
    for place, one in enumerate(layer.layers, start=1):
        x, through = forward(one, own.get(str(place), {}), data, x)
        backs.append((str(place), through))

    def back(g: Any, further: bool = True) -> tuple[Any, Arrays]:
        slopes: Arrays = {}
        for place, through in reversed(backs):
            g, found = through(g, further or place != "1")
            for name, slope in found.items():
                slopes[f"{place}.{name}"] = slope
        return g, slopes

    return x, back


def residual(layer: n.Residual, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """x + f(x): the slope goes both ways, g + (df/dx)ᵀ g."""
    y, inner = chain(layer.inner, params, data, x)

    def back(g: Any, further: bool = True) -> tuple[Any, Arrays]:
        by_x, slopes = inner(g, further)
        return (g + by_x if further else None), slopes

    return x + y, back


BY_HAND: dict[type, Forward] = {
    Sequential: chain,
    n.Residual: residual,
    n.Dense: maps.dense,
    n.Conv: maps.conv,
    n.AveragePool: maps.average_pool,
    n.MaxPool: maps.max_pool,
    n.Flatten: maps.flatten,
    n.Activation: pointwise.activation,
    n.Dropout: pointwise.dropout,
    n.LayerNorm: norms.layer_norm,
    n.BatchNorm: norms.batch_norm,
    n.Embedding: attention.embedding,
    n.Positions: attention.positions,
    n.Attention: attention.attention,
    n.RNN: recurrent.rnn,
    n.GRU: recurrent.gru,
    n.LSTM: recurrent.lstm,
    n.Last: recurrent.last,
}
"""Kind of layer -> its output and the way back."""


def forward(layer: Any, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """A layer's output and the way back; InputError for a layer that has none by hand."""
    if type(layer) not in BY_HAND:
        raise InputError(f"{layer} has no backprop by hand; add its forward and back to BY_HAND")
    return BY_HAND[type(layer)](layer, params, data, x)


def by_hand(network: n.Network) -> ByHand:
    """gradient(params, data) -> (value, gradients by name) of a network, on NumPy arrays."""

    def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        z, back = forward(network.chain, params, data, data["x"])
        value, slope = LOSSES[type(network.end)](network.end, z, data["y"])
        slopes = back(slope, False)[1]
        return value, {name: slopes[name] for name in params}

    return gradient
