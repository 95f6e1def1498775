"""The hand-written gradients of the networks of the catalogue, from those of their layers."""

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.backends.numpy_backprop.networks.chain import by_hand
from gradparity.problems.networks.learners import NETWORKS

DERIVATIONS: dict[str, Derive] = {
    name: by_gradient(network.loss, by_hand(network)) for name, network in NETWORKS.items()
}
