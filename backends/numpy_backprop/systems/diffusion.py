"""The gradient of `problems.systems.diffusion`.

With r = x W + b - ε over n cases, dr = x dW + db:

    by W: xᵀ r/n,   by b: Σ r/n.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.problems import Arrays
from gradparity.problems.systems.diffusion import loss


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by w and b."""
    x = data["x"]
    r = x @ params["w"] + params["b"] - data["noise"]
    value = 0.5 * np.sum(np.square(r)) / len(r)
    r /= len(r)
    return value, {"w": x.T @ r, "b": np.ones(len(r), r.dtype) @ r}


DERIVATIONS: dict[str, Derive] = {"diffusion": by_gradient(loss, gradient)}
