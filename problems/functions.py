"""Functions that losses share, written once over `xp`.

Each states its formula and its convention at kinks; those that are operations of `xp` as well are
here the portable formula, which is the same on every backend.
"""

from __future__ import annotations

from typing import Any

from gradparity.problems.namespace import Namespace
from gradparity.problems.operations.activations import relu, sigmoid, softplus
from gradparity.problems.operations.reductions import log_softmax, logsumexp, softmax

__all__ = ["log_softmax", "logsumexp", "relu", "sigmoid", "softmax", "softplus"]


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
