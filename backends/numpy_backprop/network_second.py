"""The jvp and the hvp of a network: a pass forwards, and one back, with derivatives in pairs.

With R as in `layers_second`, z the logits and delta = d loss / d z,

    jvp:  R{loss} = Σ delta ⊙ R{z},
    hvp:  R{gradient} = H v, which the layers leave where the gradient would be.

Source: Pearlmutter 1994, Fast exact multiplication by the Hessian, Neural Computation 6.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy import vdot

from gradparity.backends.numpy_backprop.contract.derivation import Further, Operate
from gradparity.backends.numpy_backprop.layers_second import directional_layer
from gradparity.backends.numpy_backprop.losses_second import directional_loss
from gradparity.backends.numpy_backprop.network import BufferedNetwork
from gradparity.problems import Arrays


class DirectionalNetwork:
    """A network's derivatives along a direction, in its buffers and as many again.

    hvp's arrays are the layers' buffers: the next call overwrites them.
    """

    def __init__(self, network: BufferedNetwork) -> None:
        self.network = network
        self.layers = [directional_layer(layer) for layer in network.layers]
        self.loss = directional_loss(network.loss)

    def jvp(self, params: Arrays, data: Arrays, direction: Arrays) -> tuple[Any, Any]:
        """Compute the loss and its derivative along `direction`: forwards alone."""
        value, rz = self._forward(params, data, direction)
        return value, vdot(self.network.loss.backward(), rz)

    def hvp(self, params: Arrays, data: Arrays, direction: Arrays) -> Arrays:
        """Compute the Hessian times `direction`: forwards, then backwards."""
        _, rz = self._forward(params, data, direction)
        r_delta = self.loss.directional_delta(rz)
        delta = self.network.loss.backward()
        for layer in reversed(self.layers):
            delta, r_delta = layer.backward(delta, r_delta)
        return self.network.gradients

    def _forward(self, params: Arrays, data: Arrays, direction: Arrays) -> tuple[Any, Any]:
        a, ra = data["x"].T, None
        for layer in self.layers:
            a, ra = layer.forward(params, direction, a, ra)
        return self.network.loss.forward(a, data["y"]), ra


def further(make_network: Callable[[Arrays, Arrays], BufferedNetwork]) -> Further:
    """The jvp and the hvp of the networks that `make_network(params, data)` makes."""

    def make_jvp(params: Arrays, data: Arrays) -> Operate:
        return DirectionalNetwork(make_network(params, data)).jvp

    def make_hvp(params: Arrays, data: Arrays) -> Operate:
        return DirectionalNetwork(make_network(params, data)).hvp

    return {"jvp": make_jvp, "hvp": make_hvp}
