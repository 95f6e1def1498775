"""What a hand-written gradient is, and what the operators beyond it are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from gradparity.backends.backend import Operator
from gradparity.problems import Arrays, Loss
from gradparity.problems.namespace import NUMPY
from gradparity.problems.problem import ByHand


@dataclass(frozen=True, slots=True)
class Derivation:
    """A hand-written value and gradient, ready for one instance's shapes and dtype.

    value: (params, data) -> the loss, scalar.
    gradient: (params, data) -> (loss, gradients by parameter name). The arrays may be buffers that
        the next call overwrites.
    flat: the vector (P,) of which those arrays are always views, in the order of the parameters;
        None if they lie elsewhere.

    value and gradient take NumPy arrays of the shapes and dtype given to `Derive`, and never change
    them.
    """

    value: Callable[[Arrays, Arrays], Any]
    gradient: Callable[[Arrays, Arrays], tuple[Any, Arrays]]
    flat: np.ndarray[Any, Any] | None = None


Derive = Callable[[Arrays, Arrays], Derivation]
"""derive(params, data) -> Derivation: allocates buffers by shape and dtype, reads no values."""


def by_gradient(loss: Loss, gradient: ByHand) -> Derive:
    """The derivation with this hand-written gradient, whose value is the loss on NumPy arrays."""
    found = Derivation(partial(loss, NUMPY), gradient)
    return lambda params, data: found


Operate = Callable[..., Any]
"""One operator, ready for one instance's shapes and dtype; under the same laws as a Derivation.

jvp: (params, data, direction) -> (loss, slope along the direction).
hvp: (params, data, direction) -> Hessian times direction, by parameter name.
hessian: (params, data) -> (P, P). jacobian: (params, data) -> (m, P).
"""

Make = Callable[[Arrays, Arrays], Operate]
"""make(params, data) -> Operate: allocates buffers by shape and dtype, reads no values.

An operator has a Make of its own, so that whoever asks for a gradient does not pay for its buffers.
Raises: Unsupported for an instance that the operator cannot serve.
"""

Further = dict[Operator, Make]
"""The hand-written operators of one problem beyond value and gradient: operator -> Make.

What is missing is composed where it can be (see `composed`): a jvp of the gradient, a Hessian of
hvp. A problem without an hvp has no Hessian.
"""
