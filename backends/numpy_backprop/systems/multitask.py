"""The gradient of `problems.systems.multitask`.

With r = x w - y, L_k = Σ_c r_ck²/n and u_k = e^-s_k:

    by w_k: u_k xᵀ r_k/n,   by s_k: ½ (1 - u_k L_k).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.problems import Arrays
from gradparity.problems.systems.multitask import loss


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by w and s."""
    x, s = data["x"], params["s"]
    r = x @ params["w"] - data["y"]
    u, n = np.exp(-s), len(x)
    weighed = u * (np.ones(n, r.dtype) @ np.square(r) / n)
    return 0.5 * np.sum(weighed + s), {"w": (x.T @ r) * (u / n), "s": 0.5 * (1.0 - weighed)}


DERIVATIONS: dict[str, Derive] = {"multitask": by_gradient(loss, gradient)}
