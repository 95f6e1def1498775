"""Prices of several products at once: minus the profit where the demand for each moves with all.

Demand q = a - B p, with own slopes on the diagonal of B; B_ij < 0 where j is a substitute for i.
Profit with m = p - c:

    π = mᵀ (a - B p),   ∇π = a - B p - Bᵀ m = 0   at   p* = (B + Bᵀ)⁻¹ (a + Bᵀ c),

a maximum where B + Bᵀ is positive definite; otherwise profit is unbounded. B need not be symmetric.
Nothing here keeps a price above cost: of complements, one may be best sold at a loss.

What it exercises: a matrix and its transpose against a vector, and a dense constant Hessian B + Bᵀ.

Source: Varian, Microeconomic Analysis, 3rd edition, chapter 14: the monopolist of several products.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.problems.errors import InputError
from gradparity.problems.figures import check_finite, check_not_negative, check_positive
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem


def catalogue_loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """Minus the profit (p - c)ᵀ (a - B p), in currency."""
    p = params["price"]
    return -xp.sum((p - data["cost"]) * (data["a"] - data["b"] @ p))


def catalogue_draw(
    rng: np.random.Generator,
    *,
    a: Sequence[float] = (1000.0, 800.0, 600.0),
    b: Sequence[Sequence[float]] = ((8.0, -1.0, 0.0), (-1.0, 6.0, -1.0), (0.0, -2.0, 5.0)),
    cost: Sequence[float] = (35.0, 20.0, 10.0),
    products: int | None = None,
) -> Instance:
    """Prices between cost and twice the best margin.

    a: demand at prices 0, (n,). b: row i says how the demand for i falls with each price, (n, n).
    cost: of one item, (n,). products: draw so many at random instead, all of them substitutes.
    Raises InputError where the shapes do not fit, or where there is no best price.
    """
    demand, slopes, unit = _vector("a", a), np.array(b, np.float64), _vector("cost", cost)
    if products is not None:
        check_positive(products=products)
        demand, unit = rng.uniform(500.0, 1000.0, products), rng.uniform(5.0, 35.0, products)
        slopes = -rng.uniform(0.0, 4.0 / products, (products, products))
        np.fill_diagonal(slopes, rng.uniform(5.0, 9.0, products))
    n = demand.size
    if slopes.shape != (n, n) or unit.shape != (n,):
        raise InputError(
            f"a has {n} numbers, b is {' × '.join(map(str, slopes.shape))}, cost has {unit.size}; "
            "give one product a number in a and cost, and a row and a column in b"
        )
    check_finite(a=demand, b=slopes)
    check_not_negative(cost=unit)
    data = {"a": demand, "b": slopes, "cost": unit}
    price = unit + rng.uniform(0.0, 2.0, n) * (_best(data) - unit)
    return Instance({"price": price}, data)


def _vector(name: str, figures: Sequence[float]) -> Any:
    if np.ndim(figures) != 1:
        raise InputError(f"{name} takes one number for every product, such as 10,20,30")
    return np.array(figures, np.float64)


def _best(data: Arrays) -> Any:
    """(B + Bᵀ)⁻¹ (a + Bᵀ c), (n,)."""
    a, b, cost = data["a"], data["b"], data["cost"]
    both = b + b.T
    try:
        np.linalg.cholesky(both)
    except np.linalg.LinAlgError:
        raise InputError(
            "b is no market: profit has a maximum only where b + bᵀ is positive definite, "
            "that is where own prices outweigh the others"
        ) from None
    return np.linalg.solve(both, a + b.T @ cost)


def catalogue_minimum(data: Arrays) -> Minimum:
    """The best prices, by solving the linear equations for them."""
    price = _best(data)
    profit = float((price - data["cost"]) @ (data["a"] - data["b"] @ price))
    return Minimum(-profit, {"price": price}, "whatever the sign of price - cost")


PROBLEMS: dict[str, Problem] = {
    "price-catalogue": Problem(
        "price-catalogue",
        catalogue_loss,
        catalogue_draw,
        {
            "tiny": {},
            "small": {"products": 30},
            "medium": {"products": 300},
            "large": {"products": 1500},
        },
        "Varian, Microeconomic Analysis, ch. 14: the monopolist of several products",
        catalogue_minimum,
        units={"price": "currency per item", "": "currency"},
    )
}
