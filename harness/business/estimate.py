"""From sales to a price: which curve fits, what it says is best, and how sure that is.

Curves are compared by cross-validation: ten folds, every row told by a fit that has not seen it.
The best price is the highest profit on a grid that narrows around it, up to `BEYOND` times the
highest price that was tried; at that end there is no best price to be told. Its interval is that of
the middle 95 % of `RESAMPLES` bootstrap samples of the rows, each fitted again.

Source: Hastie, Tibshirani and Friedman, The Elements of Statistical Learning, 2009, sections 7.10
and 8.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Vector
from gradparity.harness.business.demand_curves import CURVES, Fit
from gradparity.harness.business.sales import Sales
from gradparity.problems import InputError

FOLDS, RESAMPLES, BEYOND = 10, 200, 5.0
GRID, ZOOMS = 60, 8
SURE = 2.0
"""Standard errors by which demand must fall with the price, to be called falling."""


@dataclass(frozen=True, slots=True)
class BestPrice:
    """price and spend that earn the most, the profit, and whether the grid's end was reached."""

    price: float
    spend: float | None
    profit: float
    endless: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """One curve: error, the root mean square of what it tells of rows unseen, in items."""

    curve: str
    error: float
    best: BestPrice


@dataclass(frozen=True, slots=True)
class Estimate:
    """What sales say. candidates: best first; alike: curves that tell unseen rows as well as it.

    interval: of the best price by the bootstrap; endless: the share of resamples without one.
    seen: the lowest and highest price tried. demand: items at the best price.
    """

    cost: float
    rows: int
    resamples: int
    candidates: tuple[Candidate, ...]
    alike: tuple[str, ...]
    interval: tuple[float, float]
    endless: float
    seen: tuple[float, float]
    demand: float


def estimate(sales: Sales, cost: float, seed: int, resamples: int = RESAMPLES) -> Estimate:
    """The curves compared, and the best price of the one that tells unseen rows best.

    Raises InputError where the data cannot tell: demand that does not fall with the price, a profit
    that grows with it.
    """
    _check_falls(sales)
    rng = np.random.default_rng(seed)
    folds = rng.permutation(sales.price.size) % min(FOLDS, sales.price.size)
    fits = {name: Fit(name, sales) for name in CURVES}
    whole = {name: fit.fitted(np.ones(folds.size)) for name, fit in fits.items()}
    squares = {name: np.square(_unseen(fits[name], whole[name], folds)) for name in fits}
    order = sorted(fits, key=lambda name: float(squares[name].mean()))
    candidates = tuple(
        Candidate(name, float(squares[name].mean() ** 0.5), _best(fits[name], whole[name], cost))
        for name in order
    )
    first = order[0]
    alike = tuple(name for name in order[1:] if _as_good(squares[name] - squares[first]))
    fit, best = fits[first], candidates[0].best
    if best.endless:
        raise InputError(
            f"by the {first} curve, which fits best, profit grows with the price up to "
            f"{BEYOND:g} times the highest that was tried; try higher prices and come again"
        )
    prices, endless = [], 0
    for _ in range(resamples):
        counts = np.bincount(rng.integers(folds.size, size=folds.size), minlength=folds.size)
        found = _best(fit, fit.fitted(counts.astype(np.float64), whole[first]), cost)
        endless += found.endless
        prices.append(found.price)
    low, high = np.quantile(prices, [0.025, 0.975])
    return Estimate(
        cost,
        folds.size,
        resamples,
        candidates,
        alike,
        (float(low), float(high)),
        endless / resamples,
        (float(sales.price.min()), float(sales.price.max())),
        float(fit.demand(whole[first], best.price, best.spend)),
    )


def _check_falls(sales: Sales) -> None:
    """By the slope of a straight line through the rows, and its standard error."""
    columns = [np.ones_like(sales.price), sales.price]
    if sales.spend is not None:
        columns.append(np.sqrt(sales.spend))
    x = np.stack(columns, axis=1)
    solution = np.linalg.lstsq(x, sales.sold, rcond=None)[0]
    rest = sales.sold - x @ solution
    variance = float(rest @ rest) / max(len(x) - x.shape[1], 1)
    error = float(np.sqrt(variance * np.linalg.pinv(x.T @ x)[1, 1]))
    slope = float(solution[1])
    if slope >= SURE * error:
        raise InputError(
            f"what was sold rises with the price, by {slope:.3g} a unit of currency: something "
            "else moved both, and these rows cannot tell what a price does"
        )
    if slope > -SURE * error:
        raise InputError(
            f"what was sold hardly depends on the price ({slope:.3g} ± {error:.2g} a unit of "
            "currency): these rows cannot tell what a price does"
        )


def _unseen(fit: Fit, whole: Vector, folds: Vector) -> Vector:
    """The error of every row by a fit without its fold, (n,)."""
    errors = np.empty(folds.size)
    for fold in np.unique(folds):
        left_out = folds == fold
        v = fit.fitted((~left_out).astype(np.float64), whole)
        errors[left_out] = fit.errors(v)[left_out]
    return errors


def _as_good(apart: Vector) -> bool:
    """Whether squared errors that are larger by this are so by less than one standard error."""
    return bool(apart.mean() <= apart.std(ddof=1) / apart.size**0.5)


def _best(fit: Fit, v: Vector, cost: float) -> BestPrice:
    """The most profitable price, and spend, on a grid that narrows."""
    sales = fit.sales
    top = BEYOND * float(sales.price.max())
    low, high = np.array([cost, 0.0]), np.array([top, 0.0])
    if sales.spend is not None:
        high[1] = BEYOND * float(sales.spend.max())
    box_low, box_high = low.copy(), high.copy()
    at, profit = low, -np.inf
    for _ in range(ZOOMS):
        prices = np.linspace(low[0], high[0], GRID)[:, None]
        spends = np.linspace(low[1], high[1], GRID if sales.spend is not None else 1)[None]
        given = None if sales.spend is None else spends
        with np.errstate(invalid="ignore"):  # a power law at price 0: endlessly many, for nothing
            profits = (prices - cost) * np.maximum(fit.demand(v, prices, given), 0.0) - spends
        i, j = np.unravel_index(int(np.nanargmax(profits)), profits.shape)
        at, profit = np.array([prices[i, 0], spends[0, j]]), float(profits[i, j])
        reach = 2.0 * (high - low) / (GRID - 1)
        low, high = np.maximum(at - reach, box_low), np.minimum(at + reach, box_high)
    endless = bool(at[0] >= top * (1 - 1e-6))
    if sales.spend is not None:
        endless = endless or bool(at[1] >= box_high[1] * (1 - 1e-6))
    return BestPrice(float(at[0]), None if sales.spend is None else float(at[1]), profit, endless)
