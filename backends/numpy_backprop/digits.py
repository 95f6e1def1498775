"""The networks of `problems.digits`, by backpropagation through their layers.

    x ─ Linear ─ ReLU ─ ... ─ Linear ─ BufferedSoftmaxCrossEntropy

Softmax regression is the network with a single linear layer, and its gradient the textbook's:

    dw = xᵀ (P - Y) / n,  db = 1ᵀ (P - Y) / n.

With hidden layers, delta_l = (w_{l+1} delta_{l+1}) ⊙ [a_l > 0] and dw_l = a_{l-1} delta_lᵀ.
"""

from __future__ import annotations

from gradparity.backends.numpy_backprop.contract.derivation import Derivation, Derive, Further
from gradparity.backends.numpy_backprop.layers import ReLU
from gradparity.backends.numpy_backprop.losses import BufferedSoftmaxCrossEntropy
from gradparity.backends.numpy_backprop.network import BufferedNetwork, chain
from gradparity.backends.numpy_backprop.network_second import further
from gradparity.problems import Arrays


def network(params: Arrays, data: Arrays) -> BufferedNetwork:
    """The network; params w, b or w1, b1, w2, b2, ...; data x (n, 64), labels y (n,)."""
    cases, depth = len(data["x"]), len(params) // 2
    suffixes = [""] if "w" in params else [str(layer) for layer in range(1, depth + 1)]
    last = params[f"w{suffixes[-1]}"]
    loss = BufferedSoftmaxCrossEntropy(last.shape[1], cases, last.dtype)
    return BufferedNetwork(chain(params, suffixes, cases, ReLU), loss)


def derive(params: Arrays, data: Arrays) -> Derivation:
    """Value and gradient."""
    return network(params, data).derivation(params)


DERIVATIONS: dict[str, Derive] = {"softmax-digits": derive, "mlp-digits": derive}

FURTHER: dict[str, Further] = {"softmax-digits": further(network), "mlp-digits": further(network)}
