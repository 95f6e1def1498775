"""The gradient of `problems.science.factorisation`.

With the residual R = U Vᵀ - M, of which f is ½ Σ R², and dR = dU Vᵀ + U dVᵀ:

    d f / d U = R V,   d f / d V = Rᵀ U.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derivation, Derive
from gradparity.problems import Arrays


def derive(params: Arrays, data: Arrays) -> Derivation:
    """Value and gradient; R and both slopes are reused buffers."""
    residual = np.empty_like(data["m"])
    slopes = {name: np.empty_like(params[name]) for name in ("u", "v")}

    def value(params: Arrays, data: Arrays) -> Any:
        np.subtract(np.dot(params["u"], params["v"].T, out=residual), data["m"], out=residual)
        flat = residual.reshape(-1)
        return 0.5 * np.dot(flat, flat)

    def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        found = value(params, data)
        np.dot(residual, params["v"], out=slopes["u"])
        np.dot(residual.T, params["u"], out=slopes["v"])
        return found, slopes

    return Derivation(value, gradient)


DERIVATIONS: dict[str, Derive] = {"factorisation": derive}
