"""Backprop of networks put together from layers: a layer's output, and its way back."""

from gradparity.backends.numpy_backprop.networks.chain import by_hand

__all__ = ["by_hand"]
