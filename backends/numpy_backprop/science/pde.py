"""The gradient of `problems.science.pde`, by the adjoint equation.

J = h (½ ‖u - u_d‖² + ½ α ‖f‖²) and u = G f give dJ = h ((u - u_d)ᵀ G df + α fᵀ df). G is symmetric,
as the second differences are that it undoes, so

    ∇J = h (G (u - u_d) + α f):

the string once more, with what is left of the form as its force. It is summed up from the other
end: that is what the transposed sums do, and near the ends, where u is small, it is their rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.problems import Arrays
from gradparity.problems.science.pde import loss


def string(f: Any) -> Any:
    """G f, (N,), as `problems.science.pde.string`."""
    n = f.size
    sums = np.cumsum(f)
    steps = np.empty_like(f)
    steps[0] = first = np.sum(sums) / (n + 1)
    np.subtract(first, sums[:-1], out=steps[1:])
    u = np.cumsum(steps, out=steps)
    return np.divide(u, (n + 1) ** 2, out=u)


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss and h (G (u - u_d) + α f)."""
    f, alpha = params["f"], data["alpha"]
    h = 1.0 / (f.size + 1)
    apart = np.subtract(string(f), data["wanted"])
    value = 0.5 * h * (np.dot(apart, apart) + alpha * np.dot(f, f))
    return value, {"f": h * (string(apart[::-1])[::-1] + alpha * f)}


DERIVATIONS: dict[str, Derive] = {"pde-control": by_gradient(loss, gradient)}
