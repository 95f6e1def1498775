"""The 2-h-1 network of `problems.xor`, by backpropagation through its layers.

    x ─ Linear(w1, b1) ─ φ ─ Linear(w2, b2) ─ BufferedBinaryCrossEntropy

With delta = (σ(logit) - y) / n, and hidden units in rows:

    dw2 = hidden deltaᵀ,  db2 = delta 1,
    delta' = (w2 delta) ⊙ φ',
    dw1 = xᵀ delta'ᵀ,     db1 = delta' 1.
"""

from __future__ import annotations

from collections.abc import Callable

from gradparity.backends.numpy_backprop.contract.derivation import Derivation, Derive, Further
from gradparity.backends.numpy_backprop.layers import ReLU, Sigmoid, Tanh
from gradparity.backends.numpy_backprop.losses import BufferedBinaryCrossEntropy
from gradparity.backends.numpy_backprop.network import ActivationLayer, BufferedNetwork, chain
from gradparity.backends.numpy_backprop.network_second import further
from gradparity.problems import Arrays


def _network(activation: ActivationLayer) -> Callable[[Arrays, Arrays], BufferedNetwork]:
    def network(params: Arrays, data: Arrays) -> BufferedNetwork:
        cases, dtype = len(data["x"]), params["w1"].dtype
        layers = chain(params, ("1", "2"), cases, activation)
        return BufferedNetwork(layers, BufferedBinaryCrossEntropy(cases, dtype))

    return network


def _derive(activation: ActivationLayer) -> Derive:
    def derive(params: Arrays, data: Arrays) -> Derivation:
        return _network(activation)(params, data).derivation(params)

    return derive


ACTIVATIONS: dict[str, ActivationLayer] = {
    "xor-sigmoid": Sigmoid,
    "xor-tanh": Tanh,
    "xor-relu": ReLU,
}

DERIVATIONS: dict[str, Derive] = {name: _derive(phi) for name, phi in ACTIVATIONS.items()}

FURTHER: dict[str, Further] = {name: further(_network(phi)) for name, phi in ACTIVATIONS.items()}
