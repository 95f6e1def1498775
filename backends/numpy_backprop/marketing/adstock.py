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
from gradparity.problems.marketing.adstock import loss


def weighed(row: Any, weights: Any, weeks: int) -> Any:
    """Σ_l w_l row_{t+l}, (weeks,), of a row that goes on for all the lags."""
    total, part = weights[0] * row[:weeks], np.empty(weeks, row.dtype)
    for lag in range(1, len(weights)):
        total += np.multiply(weights[lag], row[lag : lag + weeks], out=part)
    return total


def gradient(params: Arrays, data: Arrays) -> tuple[Any, Arrays]:
    """The loss, and its derivative by every week's spend."""
    x, weights, s = params["spend"], data["weights"], data["shape"]
    lags, weeks = np.arange(len(weights) - 1), np.arange(x.size)
    earlier = np.take(x, np.concatenate([lags - len(lags), weeks]), mode="wrap")
    b = weighed(earlier, weights[::-1], x.size) / data["half"]
    bend = np.power(b, s - 1.0)
    r = bend * b
    slope = s * bend / (data["half"] * np.square(1.0 + r))
    later = np.take(slope, np.concatenate([weeks, weeks.size + lags]), mode="wrap")
    ahead = weighed(later, weights, x.size)
    value = np.sum(x) - data["value"] * np.sum(r / (1.0 + r))
    return value, {"spend": 1.0 - data["value"] * ahead}


DERIVATIONS: dict[str, Derive] = {"ad-adstock": by_gradient(loss, gradient)}
