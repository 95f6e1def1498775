"""The gradient of `problems.marketing.adstock`.

With b = a/e and r = b^s, h = r/(1 + r) has the slope h′ = s b^(s-1)/(e (1 + r)²) by a. The stock a
is linear in the spends: x_t is in a_t, a_{t+1}, …, with the weights w_0, w_1, …, so

    d loss / d x_t = 1 - v Σ_l w_l h′(a_{t+l}),

the same sum as the stock's, from the weeks ahead instead of those behind.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.contract.derivation import Derive, by_gradient
from gradparity.problems import Arrays
from gradparity.problems.marketing.adstock import loss, stock
from gradparity.problems.namespace import NUMPY


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by every week's spend."""
    x, weights, s = params["spend"], data["weights"], data["shape"]
    b = stock(NUMPY, x, weights) / data["half"]
    r = np.power(b, s)
    slope = s * np.power(b, s - 1.0) / (data["half"] * np.square(1.0 + r))
    ahead = weights[0] * slope
    for week in range(1, len(weights)):
        ahead += weights[week] * np.roll(slope, -week)
    value = np.sum(x) - data["value"] * np.sum(r / (1.0 + r))
    return value, {"spend": 1.0 - data["value"] * ahead}


DERIVATIONS: dict[str, Derive] = {"ad-adstock": by_gradient(loss, gradient)}
