"""What may be decided, between which bounds, and in which variables it is sought.

A market's parameters are badly scaled: at the optimum of price-ad-sqrt the Hessian by price and
spend has condition 9.7e4, by price and √spend 9.5; and the profit of constant elasticity is not
concave in the price, but has one hump in its logarithm. So each is sought in a variable v of
order 1, with the scale s of the start:

    θ = e^v           a price with a lower bound above 0,   dθ/dv = θ;
    θ = (s v)²        a spend, or a price from 0 on,        dθ/dv = 2 s² v;
    θ = s v           anything else,                        dθ/dv = s.

The bounds stay bounds: v lies between those of θ. At θ = 0 a square has slope 0 whatever the loss
does, and a loss such as √θ has none at all: v stops at `NEAR`, where θ is 0 to all purposes, and
the chain rule gives the slope from the right.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Vector
from gradparity.harness.business.market import Market
from gradparity.problems import Arrays, InputError
from gradparity.problems.layout import Layout

NEAR = 1e-100
TRACE = 1e-8
ZERO = 1e-150
"""A spend up to this is none."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One number to be decided. kind: "price", "spend" or "free". Bounds are in its unit.

    floor, ceiling: the bounds in words, "price >= cost"; "" where there is none.
    """

    name: str
    index: tuple[int, ...]
    kind: str
    unit: str
    lower: float
    upper: float
    floor: str = ""
    ceiling: str = ""

    @property
    def label(self) -> str:
        """For people, see `numbered`."""
        return numbered(self.name, self.index)


def numbered(name: str, index: tuple[int, ...]) -> str:
    """For people: "price", or "price 2" of several; they count from 1."""
    return " ".join([name, *(str(i + 1) for i in index)])


def kind_of(unit: str, money: str) -> str:
    """A spend is in the unit of the profit, a price in that per something."""
    if unit == money:
        return "spend"
    return "price" if unit.startswith(f"{money} per ") else "free"


def choices(market: Market, params: Arrays, data: Arrays) -> list[Choice]:
    """One per number of the parameters, in their order.

    A single price starts at the datum "cost", of several each at 0, for one may be best sold at a
    loss; spends start at 0. Then come the user's limits: a least price takes the place of these.
    Raises InputError for a limit on nothing, or that leaves nothing to choose.
    """
    units, money = market.problem.units, market.money
    found = []
    kinds = {name: kind_of(units[name], money) if units.get(name) else "free" for name in params}
    prices = sum(int(np.size(x)) for name, x in params.items() if kinds[name] == "price")
    above = prices == 1 if market.above_cost is None else market.above_cost
    above = above and "cost" in data
    for name, array in params.items():
        unit, kind = units.get(name, ""), kinds[name]
        cost = np.broadcast_to(data["cost"] if above and kind == "price" else 0.0, np.shape(array))
        least = "cost" if above else 0
        floors = {"price": f"{name} >= {least}", "spend": f"{name} >= 0", "free": ""}
        for index in np.ndindex(np.shape(array)):
            lower = float(cost[index]) if kind != "free" else -np.inf
            found.append(Choice(name, index, kind, unit, lower, np.inf, floors[kind]))
    _check_limits(market, [choice.kind for choice in found])
    return [_limited(choice, market.limits, market.above_cost is True) for choice in found]


def _check_limits(market: Market, kinds: list[str]) -> None:
    name = market.problem.name
    for limit, kind in (("budget", "spend"), ("min_price", "price"), ("max_price", "price")):
        if limit not in market.limits:
            continue
        if kind not in kinds:
            option = f"--{limit.replace('_', '-')}"
            raise InputError(f"{name} has no {kind} for {option} to limit")
        if kind == "spend" and kinds.count("spend") > 1:
            raise InputError(
                f"{name} has several spends; a budget for all of them is the "
                "problem's to state, as ad-budget-sqrt does"
            )


def _limited(choice: Choice, limits: dict[str, float], keep: bool) -> Choice:
    """The choice within the user's limits; keep: a least price does not lower its floor."""
    name, lower, upper, floor = choice.name, choice.lower, np.inf, choice.floor
    if choice.kind == "price":
        if "min_price" in limits and not (keep and limits["min_price"] <= lower):
            lower = limits["min_price"]
            floor = f"{name} >= {lower:g}"
        upper = limits.get("max_price", np.inf)
    elif choice.kind == "spend":
        upper = limits.get("budget", np.inf)
    ceiling = f"{name} <= {upper:g}" if upper < np.inf else ""
    if upper < lower:
        hint = ", which --min-price may lower" if floor.endswith("cost") else ""
        raise InputError(f"{floor} and {ceiling} leave no {name}; {name} >= {lower:g}{hint}")
    return replace(choice, lower=lower, upper=upper, floor=floor, ceiling=ceiling)


class Variables:
    """Between parameters by name and v, (P,).

    lower, upper: the bounds of v, (P,). far: a distance that no v of use is away from the start:
    a factor of e^60 for a price, of 1e18 for a spend.
    """

    def __init__(self, found: list[Choice], start: Arrays) -> None:
        self.choices = found
        self.layout = Layout.of(start)
        self._lower = np.array([choice.lower for choice in found])
        self._upper = np.array([choice.upper for choice in found])
        theta = np.clip(self.layout.flatten(start), self._lower, self._upper)
        kinds = np.array([choice.kind for choice in found])
        self._log = (kinds == "price") & (self._lower > 0.0)
        self._square = (kinds != "free") & ~self._log & (self._lower >= 0.0)
        with np.errstate(all="ignore"):
            root = np.sqrt(np.abs(theta))
            self._scale = np.where(self._square, np.where(root > 0.0, root, 1.0), 1.0)
            free = np.maximum(np.abs(theta), 1.0)
        self._scale[~self._log & ~self._square] = free[~self._log & ~self._square]
        self.lower, self.upper = self._inverse(self._lower), self._inverse(self._upper)
        self.far = np.where(self._log, 60.0, 1e9)

    def _inverse(self, theta: Vector) -> Vector:
        with np.errstate(all="ignore"):
            squared = np.maximum(np.sqrt(theta), NEAR) / self._scale
            return np.where(
                self._log, np.log(theta), np.where(self._square, squared, theta / self._scale)
            )

    def at(self, params: Arrays, share: float = 1.0) -> Vector:
        """The v of these parameters, moved between the bounds; of `share` of their spends."""
        spends = np.array([choice.kind == "spend" for choice in self.choices])
        theta = self.layout.flatten(params) * np.where(spends, share, 1.0)
        theta = np.clip(theta, self._lower, self._upper)
        return np.clip(self._inverse(theta), self.lower, self.upper)

    def theta(self, v: Vector) -> Vector:
        """The parameters, (P,), between their bounds."""
        with np.errstate(all="ignore"):
            scaled = self._scale * v
            theta = np.where(self._log, np.exp(v), np.where(self._square, scaled**2, scaled))
        least = np.where(self._square, np.maximum(self._lower, NEAR**2), self._lower)
        theta = np.clip(theta, least, np.maximum(self._upper, least))
        # At a bound exactly, whatever the exponential of a logarithm is rounded to.
        theta = np.where(v <= self.lower, least, theta)
        return np.where((v >= self.upper) & (self.upper > self.lower), self._upper, theta)

    def slope(self, v: Vector) -> Vector:
        """dθ/dv, (P,)."""
        return np.where(
            self._log, self.theta(v), np.where(self._square, 2.0 * self._scale**2 * v, self._scale)
        )

    def bend(self, v: Vector) -> Vector:
        """d²θ/dv², (P,)."""
        squared = np.where(self._square, 2.0 * self._scale**2, 0.0)
        return np.where(self._log, self.theta(v), squared)

    def size(self, v: Vector) -> Vector:
        """The change of v that is of θ's own size, (P,): 1 where v is a logarithm, else |v|."""
        return np.where(self._log, 1.0, np.maximum(np.abs(v), 1e-6))

    def emptied(self, v: Vector) -> Vector:
        """`v` with the spends at 0 that are next to nothing, by the scale of the start."""
        return np.where(self._square & (v < TRACE), self.lower, v)

    def params(self, theta: Vector) -> Arrays:
        """The parameters by name."""
        return self.layout.views(theta.copy())
