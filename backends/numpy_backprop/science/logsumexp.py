"""The gradient of `problems.science.logsumexp`.

With m = max x, e_i = e^(x_i - m) and S = Σ e_i, the value is m + ln S. m cancels in the derivative:

    d f / d x_i = e_i / S,   softmax(x).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derivation, Derive
from gradparity.problems import Arrays


def derive(params: Arrays, data: Arrays) -> Derivation:
    """Value and softmax(x), in one reused buffer."""
    e = np.empty_like(params["x"])

    def value(params: Arrays, data: Arrays) -> Any:
        x = params["x"]
        top = np.max(x)
        np.exp(np.subtract(x, top, out=e), out=e)
        return top + np.log(np.sum(e))

    def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
        x = params["x"]
        top = np.max(x)
        total = np.sum(np.exp(np.subtract(x, top, out=e), out=e))
        return top + np.log(total), {"x": np.divide(e, total, out=e)}

    return Derivation(value, gradient)


DERIVATIONS: dict[str, Derive] = {"logsumexp": derive}
