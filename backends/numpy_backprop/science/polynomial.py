"""The gradient of `problems.science.polynomial`.

With the residual r_i = p(t_i) - y_i, and d p(t_i)/d a_j = t_i^j:

    d f / d a_j = Σ_i r_i t_i^j.

w ← w t, from w = r, makes r t^j from r t^(j-1), in place; nothing of the way forwards is kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import (
    Derivation,
    Derive,
    Further,
    Operate,
)
from gradparity.problems import Arrays


class Horner:
    """The polynomial at all points, and sums of r t^j, in one buffer (n,) and one (m,)."""

    def __init__(self, params: Arrays, data: Arrays) -> None:
        self.w, self.slope = np.empty_like(data["t"]), np.empty_like(params["a"])

    def residual(self, params: Arrays, data: Arrays) -> Any:
        """p(t) - y, (n,), in the buffer."""
        a, t, w = params["a"], data["t"], self.w
        w.fill(a[-1])
        for coefficient in a[-2::-1]:
            np.add(np.multiply(w, t, out=w), coefficient, out=w)
        return np.subtract(w, data["y"], out=w)

    def value(self, params: Arrays, data: Arrays) -> Any:
        """½ Σ r²."""
        r = self.residual(params, data)
        return 0.5 * np.dot(r, r)

    def gradient(self, params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        """The loss and Σ r t^j for every j."""
        w = self.residual(params, data)
        value = 0.5 * np.dot(w, w)
        for j in range(self.slope.size):
            if j > 0:
                np.multiply(w, data["t"], out=w)
            self.slope[j] = np.sum(w)
        return value, {"a": self.slope}


def derive(params: Arrays, data: Arrays) -> Derivation:
    """Value and gradient."""
    horner = Horner(params, data)
    return Derivation(horner.value, horner.gradient)


def jacobian(params: Arrays, data: Arrays) -> Operate:
    """Of the residuals: the powers t^j, (n, m)."""
    count = params["a"].size
    return lambda params, data: np.vander(data["t"], count, increasing=True)


DERIVATIONS: dict[str, Derive] = {"polynomial": derive}

FURTHER: dict[str, Further] = {"polynomial": {"jacobian": jacobian}}
