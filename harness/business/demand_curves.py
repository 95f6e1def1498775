"""Three demand curves, and how they are fitted to sales.

In units of the mean price, the mean spend and the mean of what was sold, with u = √spend:

    linear   q = a - b p (+ k u)
    elastic  q = exp(a - ε ln p (+ k ln(1 + spend)))
    logit    q = e^m σ(a - b p (+ k u)),  m at most `CROWD` times what was ever sold

Fitted by least squares, ½ Σ w (q - sold)²/Σ w, with weights w: a resample counts rows, a fold
leaves them out, and the same program serves all. The gradient is our tape's, the descent is
`descent.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradparity.backends.backend import Prepared, Setting
from gradparity.backends.catalogue import load
from gradparity.backends.optimizers.contract.optimizer import Vector
from gradparity.harness.business.descent import descend
from gradparity.harness.business.sales import Sales
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.namespace import NUMPY, Namespace

CROWD = 100.0
"""How many times the most that was ever sold a market may hold."""

Curve = Callable[[Namespace, Any, Any, Any], Any]
"""demand(xp, v, price, spend) -> items, spend None where there is none; all in mean units."""


def _linear(xp: Namespace, v: Any, price: Any, spend: Any) -> Any:
    demand = v[0] - v[1] * price
    return demand if spend is None else demand + v[2] * xp.sqrt(spend)


def _elastic(xp: Namespace, v: Any, price: Any, spend: Any) -> Any:
    height = v[0] - v[1] * xp.log(price)
    return xp.exp(height if spend is None else height + v[2] * xp.log1p(spend))


def _logit(xp: Namespace, v: Any, price: Any, spend: Any) -> Any:
    height = v[1] - v[2] * price
    return xp.exp(v[0]) * xp.sigmoid(height if spend is None else height + v[3] * xp.sqrt(spend))


CURVES: dict[str, Curve] = {"linear": _linear, "elastic": _elastic, "logit": _logit}
_STARTS = {"linear": (2.0, 1.0), "elastic": (0.0, 1.0), "logit": (math.log(3.0), 1.0, 1.5)}


@dataclass(slots=True)
class Fit:
    """One curve on the rows of one file, ready for any weights.

    Figures are in mean units inside, in the file's outside.
    """

    name: str
    sales: Sales
    prepared: Prepared = field(init=False)
    data: Arrays = field(init=False)
    units: tuple[float, float, float] = field(init=False)

    def __post_init__(self) -> None:
        spend = self.sales.spend
        spent = 1.0 if spend is None else float(spend.mean())
        self.units = float(self.sales.price.mean()), float(self.sales.sold.mean()), spent
        price, sold, _ = self.units
        self.data = {
            "price": self.sales.price / price,
            "sold": self.sales.sold / sold,
            "weights": np.ones(self.sales.price.size),
        }
        if spend is not None:
            self.data["spend"] = spend / spent
        problem = Problem(self.name, self._loss, self._drawn, {"tiny": {}}, "demand", exact=True)
        zeros = Instance({"v": np.zeros(self.start.size)}, self.data)
        self.prepared = load("tape").prepare(problem, "gradient", zeros, Setting())

    @property
    def start(self) -> Vector:
        """Where every fit begins."""
        return np.array([*_STARTS[self.name], *([] if self.sales.spend is None else [0.0])])

    def _drawn(self, rng: np.random.Generator) -> Instance:
        return Instance({"v": self.start}, self.data)

    def _loss(self, xp: Namespace, params: Arrays, data: Arrays) -> Any:
        q = CURVES[self.name](xp, params["v"], data["price"], data.get("spend"))
        w = data["weights"]
        return 0.5 * xp.sum(w * xp.square(q - data["sold"])) / xp.sum(w)

    def fitted(self, weights: Vector, start: Vector | None = None) -> Vector:
        """The best v for these weights."""
        data = {**self.data, "weights": weights}

        def evaluate(v: Vector) -> tuple[float, Vector]:
            with np.errstate(all="ignore"):
                answer = self.prepared(Instance({"v": v}, data))
            return float(answer.value), np.array(answer.derivative["v"])

        begin = self.start if start is None else start
        far = np.full(begin.size, 1e4)
        upper = np.full(begin.size, np.inf)
        if self.name == "logit":
            upper[0] = math.log(CROWD * self.data["sold"].max())
        return descend(evaluate, begin, np.full(begin.size, -np.inf), upper, far).v

    def demand(self, v: Vector, price: Any, spend: Any = None) -> Any:
        """Items at these prices and spends, in the file's units."""
        p, q, x = self.units
        given = None if self.sales.spend is None else np.asarray(spend) / x
        with np.errstate(all="ignore"):
            return q * CURVES[self.name](NUMPY, v, np.asarray(price) / p, given)

    def errors(self, v: Vector) -> Vector:
        """Fitted less sold, in items, (n,)."""
        return np.asarray(
            self.demand(v, self.sales.price, self.sales.spend) - self.sales.sold, np.float64
        )
