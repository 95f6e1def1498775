"""Networks of a few layers, each with what it is tried on.

    conv-digits   convolution, swish, means of windows, dense: scikit-learn's digits, ten classes
    norm-spirals  dense, batch norm, ReLU, dropout with a given mask, dense: two spirals
    mlp-moons     dense, tanh, dense: two half circles
    mlp-wine      dense, tanh, dense: the growers of scikit-learn's 178 wines, three classes
    rnn-waves, gru-waves, lstm-waves
                  a recurrent layer and a dense one tell a sine's next value, at every step
    gpt           embedding, positions, two blocks (attention; dense, GELU, dense), layer norm and
                  dense: the next letter of sentences that this repository draws
    contrastive   dense, tanh, dense, as InfoNCE: noisy copies are to find each other
    deep-sigmoid, deep-tanh, deep-relu, deep-residual
                  fifty hidden layers, from Xavier's start, for ReLU from He's

Source: LeCun et al. 1998; Hochreiter and Schmidhuber 1997; Radford et al. 2019 for the order of a
GPT's layers; Glorot and Bengio 2010 and He et al. 2015 for the starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradparity.problems import networks as n
from gradparity.problems.errors import in_range
from gradparity.problems.networks import data as sets
from gradparity.problems.networks.idiomatic_jax import in_jax
from gradparity.problems.networks.idiomatic_torch import in_torch
from gradparity.problems.networks.layer import Layer
from gradparity.problems.networks.losses import NetworkLoss
from gradparity.problems.problem import Instance, Problem
from gradparity.problems.real_data import digits, standardised, wine

Sizes = Mapping[str, Mapping[str, Any]]
Made = Callable[..., tuple[Any, Any, dict[str, Any]]]
"""made(rng, **size) -> x, y, further data by name."""

DEEP = 50
"""Hidden layers of the deep networks."""


def _conv(filters: int) -> list[Layer]:
    return [n.Conv(filters, 3), n.Activation("swish"), n.AveragePool(2), n.Flatten(), n.Dense(10)]


def _digits(rng: np.random.Generator, *, images: int, filters: int) -> Any:
    pixels, labels = digits()
    in_range("images", images, 1, len(pixels), whole=True)
    rows = rng.choice(len(pixels), size=images, replace=False)
    return pixels[rows].reshape(-1, 8, 8, 1) / 16.0, labels[rows], {}


def _normed(units: int) -> list[Layer]:
    return [
        n.Dense(units, "he"),
        n.BatchNorm(),
        n.Activation("relu"),
        n.Dropout("mask", 0.8),
        n.Dense(1),
    ]


def _spirals(rng: np.random.Generator, *, cases: int, units: int) -> Any:
    in_range("cases", cases, 2, 1e7, whole=True)
    mask = (rng.uniform(size=(cases, units)) < 0.8).astype(np.float64)
    return *sets.spirals(rng, cases), {"mask": mask}


def _tanh(outputs: int) -> Callable[[int], list[Layer]]:
    return lambda units: [n.Dense(units), n.Activation("tanh"), n.Dense(outputs)]


def _moons(rng: np.random.Generator, *, cases: int, units: int) -> Any:
    in_range("cases", cases, 1, 1e7, whole=True)
    return *sets.moons(rng, cases), {}


def _wines(rng: np.random.Generator, *, cases: int, units: int) -> Any:
    features, growers = wine()
    in_range("cases", cases, 1, len(features), whole=True)
    rows = rng.choice(len(features), size=cases, replace=False)
    return standardised(features)[rows], growers[rows], {}


def _waves(rng: np.random.Generator, *, cases: int, steps: int, units: int) -> Any:
    in_range("cases", cases, 1, 1e7, whole=True)
    in_range("steps", steps, 1, 1e6, whole=True)
    return *sets.waves(rng, cases, steps), {}


def _recurrent(layer: Callable[[int], Layer]) -> Callable[[int], list[Layer]]:
    return lambda units: [layer(units), n.Dense(1)]


def _gpt(units: int) -> list[Layer]:
    def block() -> list[Layer]:
        return [
            n.Residual((n.LayerNorm(), n.Attention(2, causal=True))),
            n.Residual((n.LayerNorm(), n.Dense(4 * units), n.Activation("gelu"), n.Dense(units))),
        ]

    letters = len(sets.LETTERS)
    first: list[Layer] = [n.Embedding(letters, units), n.Positions()]
    return [*first, *block(), *block(), n.LayerNorm(), n.Dense(letters)]


def _letters(rng: np.random.Generator, *, cases: int, steps: int, units: int) -> Any:
    in_range("cases", cases, 1, 1e7, whole=True)
    in_range("steps", steps, 1, 1e5, whole=True)
    row = sets.text(rng, cases * steps + 1)
    return row[:-1].reshape(cases, steps), row[1:].reshape(cases, steps), {}


def _pairs(units: int) -> list[Layer]:
    return [n.Dense(units), n.Activation("tanh"), n.Dense(units)]


def _copies(rng: np.random.Generator, *, pairs: int, units: int) -> Any:
    in_range("pairs", pairs, 1, 1e6, whole=True)
    x = rng.normal(size=(pairs, 8))
    return np.concatenate([x + 0.1 * rng.normal(size=x.shape) for _ in range(2)]), np.zeros(0), {}


def _deep(kind: str, weights: str) -> Callable[[int], list[Layer]]:
    def layers(units: int) -> list[Layer]:
        inner: list[Layer] = []
        for _ in range(DEEP):
            inner += [n.Dense(units, weights), n.Activation(kind)]
        return [*inner, n.Dense(1)]

    return layers


def _deep_residual(units: int) -> list[Layer]:
    blocks = [n.Residual((n.Dense(units, "he"), n.Activation("tanh"))) for _ in range(DEEP)]
    return [n.Dense(units), *blocks, n.Dense(1)]


def _problem(
    name: str,
    layers: Callable[[int], Sequence[Layer]],
    end: NetworkLoss,
    made: Made,
    sizes: Sizes,
    source: str,
    width: str = "units",
) -> tuple[Problem, n.Network]:
    """layers: by their width, which only the start depends on; sizes: keywords of `made`."""

    def draw(rng: np.random.Generator, **size: Any) -> Instance:
        in_range(width, size[width], 1, 1e5, whole=True)
        x, y, further = made(rng, **size)
        return n.Network(layers(size[width]), end).instance(rng, x, y, **further)

    network = n.Network(layers(1), end)
    idiomatic = {"torch": in_torch(network), "jax": in_jax(network)}
    return Problem(name, network.loss, draw, sizes, source, idiomatic=idiomatic), network


def _ladder(**columns: Sequence[int]) -> Sizes:
    rows = zip(*columns.values(), strict=True)
    names = ("tiny", "small", "medium", "large")
    return {
        name: dict(zip(columns, row, strict=True)) for name, row in zip(names, rows, strict=False)
    }


_WAVES = _ladder(cases=[2, 4, 8], steps=[5, 20, 100], units=[3, 8, 16])
_DEEP = _ladder(cases=[4, 16, 64], units=[8, 16, 32])

_MEMBERS = (
    _problem(
        "conv-digits",
        _conv,
        n.SoftmaxCrossEntropy(),
        _digits,
        _ladder(images=[8, 64, 256, 512], filters=[2, 4, 8, 16]),
        "LeCun et al. 1998; scikit-learn's digits (Alpaydin and Kaynak 1998)",
        "filters",
    ),
    _problem(
        "norm-spirals",
        _normed,
        n.BinaryCrossEntropy(),
        _spirals,
        _ladder(cases=[12, 100, 1000, 4000], units=[4, 16, 64, 128]),
        "Ioffe and Szegedy 2015; Srivastava et al. 2014",
    ),
    _problem(
        "mlp-moons",
        _tanh(1),
        n.BinaryCrossEntropy(),
        _moons,
        _ladder(cases=[10, 100, 1000, 10_000], units=[4, 16, 64, 128]),
        "a network of one hidden layer, Bishop 2006, chapter 5",
    ),
    _problem(
        "mlp-wine",
        _tanh(3),
        n.SoftmaxCrossEntropy(),
        _wines,
        _ladder(cases=[40, 100, 178], units=[4, 16, 64]),
        "wine (Aeberhard and Forina, UCI, 1991)",
    ),
    *(
        _problem(f"{name}-waves", _recurrent(layer), n.Squared(), _waves, _WAVES, source)
        for name, layer, source in (
            ("rnn", n.RNN, "Elman 1990"),
            ("gru", n.GRU, "Cho et al. 2014"),
            ("lstm", n.LSTM, "Hochreiter and Schmidhuber 1997; GradBench's lstm"),
        )
    ),
    _problem(
        "gpt",
        _gpt,
        n.SoftmaxCrossEntropy(),
        _letters,
        _ladder(cases=[2, 4, 8], steps=[4, 16, 32], units=[4, 16, 32]),
        "Radford et al. 2019; Vaswani et al. 2017",
    ),
    _problem(
        "contrastive",
        _pairs,
        n.InfoNCE(0.5),
        _copies,
        _ladder(pairs=[4, 32, 128, 512], units=[4, 16, 32, 64]),
        "van den Oord et al. 2018",
    ),
    *(
        _problem(f"deep-{kind}", _deep(kind, weights), n.BinaryCrossEntropy(), _moons, _DEEP, of)
        for kind, weights, of in (
            ("sigmoid", "xavier", "Glorot and Bengio 2010"),
            ("tanh", "xavier", "Glorot and Bengio 2010"),
            ("relu", "he", "He et al. 2015"),
        )
    ),
    _problem(
        "deep-residual",
        _deep_residual,
        n.BinaryCrossEntropy(),
        _moons,
        _DEEP,
        "He et al. 2016, Deep residual learning",
    ),
)

PROBLEMS: dict[str, Problem] = {problem.name: problem for problem, _ in _MEMBERS}

NETWORKS: dict[str, n.Network] = {problem.name: network for problem, network in _MEMBERS}
"""Problem -> its layers and its loss, of any width."""
