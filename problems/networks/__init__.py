"""Networks put together from layers: what each computes, what it starts from, what fits behind it.

    layers = [Embedding(30, 16), Positions(), Residual((LayerNorm(), Attention(2))), Dense(30)]
    network = Network(layers, SoftmaxCrossEntropy())
    instance = network.instance(rng, x, y)           # parameters to start from, and the data
    loss = network.loss                              # loss(xp, params, data), for any backend

`gradparity.backends.numpy_backprop.networks.by_hand(network)` is its hand-written gradient.
"""

from gradparity.problems.networks.attention import Attention, Embedding, Positions
from gradparity.problems.networks.layer import Layer
from gradparity.problems.networks.losses import (
    BPR,
    BinaryCrossEntropy,
    Huber,
    InfoNCE,
    SoftmaxCrossEntropy,
    Squared,
)
from gradparity.problems.networks.maps import AveragePool, Conv, Dense, Flatten, MaxPool
from gradparity.problems.networks.network import Network, Residual
from gradparity.problems.networks.norms import BatchNorm, LayerNorm
from gradparity.problems.networks.pointwise import Activation, Dropout
from gradparity.problems.networks.recurrent import GRU, LSTM, RNN, Last

__all__ = [
    "BPR",
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "Attention",
    "AveragePool",
    "BatchNorm",
    "BinaryCrossEntropy",
    "Conv",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "Huber",
    "InfoNCE",
    "Last",
    "Layer",
    "LayerNorm",
    "MaxPool",
    "Network",
    "Positions",
    "Residual",
    "SoftmaxCrossEntropy",
    "Squared",
]
