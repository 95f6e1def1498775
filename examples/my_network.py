"""A network of your own from layers, with its backprop by hand: `gradparity check` it.

The loss runs on every backend; NumPy's gradient comes from the layers' own derivations.
"""

import numpy as np

import gradparity as gp
from gradparity.backends.numpy_backprop.networks import by_hand
from gradparity.problems.networks import (
    LSTM,
    Attention,
    Dense,
    Embedding,
    Last,
    LayerNorm,
    Network,
    Residual,
    SoftmaxCrossEntropy,
)

NETWORK = Network(
    [
        Embedding(vocabulary=20, width=8),
        Residual((LayerNorm(), Attention(heads=2, causal=True))),
        LSTM(6),
        Last(),
        Dense(3),
    ],
    SoftmaxCrossEntropy(),
)


def draw(rng: np.random.Generator, sentences: int):
    """Sentences of seven words of twenty, each of one of three classes."""
    words, classes = rng.integers(20, size=(sentences, 7)), rng.integers(3, size=sentences)
    return NETWORK.instance(rng, words, classes)


PROBLEM = gp.Problem(
    name="my-network",
    loss=NETWORK.loss,
    draw=draw,
    sizes={"tiny": {"sentences": 5}, "small": {"sentences": 100}},
    source="an example",
    gradient=by_hand(NETWORK),
)
