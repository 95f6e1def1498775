"""Numerically stable functions that losses share, written once over `xp`.

Each states its formula and its convention at kinks. A smooth function is composed of pieces that
are smooth where it is: softplus by maximum and abs would get a wrong derivative at 0.
"""

from __future__ import annotations

from typing import Any

from gradparity.problems.namespace import Namespace


def softplus(xp: Namespace, x: Any) -> Any:
    """ln(1 + e^x), elementwise, without overflow; derivative sigmoid(x)."""
    return xp.logaddexp(x, xp.zeros_like(x))


def sigmoid(xp: Namespace, x: Any) -> Any:
    """1 / (1 + e^-x), elementwise, as exp(-softplus(-x)).

    Never overflows, and keeps its digits where it is nearly 0; ½(1 + tanh(x/2)) would not.
    """
    return xp.exp(-softplus(xp, -x))


def relu(xp: Namespace, x: Any) -> Any:
    """max(x, 0), elementwise; the derivative at 0 is 0, the convention of torch and JAX."""
    return xp.where(x > 0, x, xp.zeros_like(x))


def logsumexp(xp: Namespace, x: Any, axis: int = -1) -> Any:
    """ln Σ e^x along `axis`, which is dropped; the largest term is factored out first.

    The shift cancels in exact arithmetic, so that its subgradient at ties does not matter.
    """
    top = xp.max(x, axis=axis, keepdims=True)
    summed = xp.log(xp.sum(xp.exp(x - top), axis=axis, keepdims=True)) + top
    return xp.squeeze(summed, axis=axis)


def log_softmax(xp: Namespace, x: Any, axis: int = -1) -> Any:
    """x - logsumexp(x) along `axis`, same shape as x."""
    return x - xp.expand_dims(logsumexp(xp, x, axis=axis), axis=axis)


def softmax(xp: Namespace, x: Any, axis: int = -1) -> Any:
    """e^x / Σ e^x along `axis`, same shape as x."""
    return xp.exp(log_softmax(xp, x, axis=axis))


def one_hot(xp: Namespace, labels: Any, classes: int, like: Any) -> Any:
    """The rows of the identity picked by integer `labels`: shape (*labels.shape, classes).

    like: an array whose dtype the answer takes.
    """
    mask = xp.expand_dims(labels, axis=-1) == xp.arange(classes)
    return xp.astype(mask, like.dtype)


def cross_entropy(xp: Namespace, logits: Any, labels: Any) -> Any:
    """Mean of -ln softmax(logits)[label]; logits (n, classes), integer labels (n,); a scalar."""
    picked = xp.take_along_axis(log_softmax(xp, logits), xp.expand_dims(labels, axis=-1), axis=-1)
    return -xp.mean(picked)
