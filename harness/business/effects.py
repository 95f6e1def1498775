"""What follows from an optimum: demand, elasticities, pass-through, what each figure is worth.

All of it is read off the loss L = -π, whatever the market, by differentiating it by its data too:

    demand q = ∂L/∂c             by the unit cost c, for L = -(p - c) q + ... (Hotelling's lemma);
    elasticity (θ/q) ∂q/∂θ       with ∂q/∂θ = ∂²L/∂θ∂c;
    pass-through dθ*/dc          from ∇L = 0 by the decisions F that no bound holds (implicit
                                 function theorem): dθ_F/dc = -L_FF⁻¹ (L_Fc + L_FH dθ_H/dc), where a
                                 held one, H, moves with its bound: 1 at θ >= c, else 0;
    worth dπ*/dd = -∂L/∂d        of one more of any figure d (envelope theorem); of a budget, it is
                                 the shadow price.

A hand-written gradient has no derivatives by data. They come from our tape on the loss.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.backends.optimizers.contract.optimizer import Vector
from gradparity.harness.business.variables import Choice
from gradparity.problems import Arrays, Instance, Namespace, Problem
from gradparity.problems.layout import Layout

_DATA = "data "
ALONE, SIGNS = 64, 8
"""Numbers of a figure that are moved one by one; beyond, draws of signs for all of them."""


@dataclass(frozen=True, slots=True)
class Effects:
    """At an optimum of P numbers.

    worth: figure -> dπ*/d figure, of its shape. demand: (n,) for n costs, None without a cost.
    elasticities: (P,), of the demand that a decision moves; NaN where there is none.
    pass_through: (P,), by the decision's own cost; NaN where there is none.
    curvature: (P, P), the Hessian of the loss. sensitivity: figure -> (P,), by how much each free
        decision moves per relative change of the figure, |dθ*/d ln figure|; of several numbers, of
        that which moves it most.
    """

    worth: Arrays
    demand: Vector | None
    elasticities: Vector
    pass_through: Vector
    curvature: Vector
    sensitivity: Arrays


def effects(problem: Problem, instance: Instance, choices: list[Choice], held: Vector) -> Effects:
    """The effects at the parameters of `instance`; held: -1, 0 or 1 of every choice."""
    count = len(choices)
    known = [name for name, x in instance.data.items() if np.asarray(x).dtype.kind == "f"]
    slopes = _derived(problem, instance, known, "gradient")
    worth = {name: -np.asarray(slopes[_DATA + name]) for name in known}
    costs = ["cost"] if "cost" in known else []
    matrix = _derived(problem, instance, costs, "hessian")["hessian"]
    curvature, nothing = matrix[:count, :count], np.full(count, np.nan)
    free = held == 0
    sensitivity = {
        name: np.max(
            [
                np.abs(_moved(curvature, _mixed(problem, instance, name, share), free))
                for share in _shares(np.shape(instance.data[name]))
            ],
            axis=0,
        )
        for name in known
    }
    if not costs:
        return Effects(worth, None, nothing, nothing, curvature, sensitivity)
    mixed, demand = matrix[:count, count:], -np.ravel(worth["cost"])
    theta = Layout.of(instance.params).flatten(instance.params)
    own = _own(choices, instance.params, np.shape(instance.data["cost"]))
    places = np.arange(count)
    with np.errstate(all="ignore"):
        elasticities = theta * mixed[places, own] / demand[own]
    passed = _passed(curvature, mixed, choices, held, own)
    some = (own >= 0) & np.array([choice.kind != "free" for choice in choices])
    return Effects(
        worth,
        demand,
        np.where(some, elasticities, np.nan),
        np.where(own >= 0, passed[places, own], np.nan),
        curvature,
        sensitivity,
    )


def _shares(shape: tuple[int, ...]) -> Vector:
    """How the numbers of a figure grow, a case a row: each alone, or of many all, up or down."""
    size = int(np.prod(shape))
    if size <= ALONE:
        return np.eye(size).reshape(size, *shape)
    return np.random.default_rng(0).choice([-1.0, 1.0], (SIGNS, *shape))


def _mixed(problem: Problem, instance: Instance, name: str, share: Vector) -> Vector:
    """∂²L/∂θ∂ ln d, (P,), of a figure d whose numbers grow by these shares of themselves."""
    along = {key: np.zeros_like(x) for key, x in instance.params.items()}
    along[_DATA + name] = np.asarray(instance.data[name] * share, np.float64)
    product = _derived(problem, instance, [name], "hvp", along)
    own = {key: product[key] for key in instance.params}
    return Layout.of(instance.params).flatten(own)


def _moved(curvature: Vector, mixed: Vector, free: Vector) -> Vector:
    """-L_FF⁻¹ L_Fd, (P,), 0 for what a bound holds; infinite where the optimum is not unique."""
    moved = np.zeros(len(mixed))
    try:
        moved[free] = -np.linalg.solve(curvature[np.ix_(free, free)], mixed[free])
    except np.linalg.LinAlgError:
        moved[free] = np.inf
    return moved


def _derived(
    problem: Problem,
    instance: Instance,
    names: list[str],
    operator: str,
    along: Arrays | None = None,
) -> Arrays:
    """An operator of the loss by its parameters and, after them, these data; along: for an hvp."""

    def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
        own = {name: params[name] for name in instance.params}
        moved = {name: params[_DATA + name] for name in names}
        return problem.loss(xp, own, {**data, **moved})

    params = {**instance.params, **{_DATA + name: instance.data[name] for name in names}}
    floats = {name: np.asarray(x, np.float64) for name, x in params.items()}
    whole = Instance(floats, instance.data, along or {})
    with np.errstate(all="ignore"):
        prepared = load("tape-eager").prepare(
            replace(problem, loss=loss), operator, whole, Setting()
        )
        return prepared(whole).derivative


def _own(choices: list[Choice], params: Arrays, shape: tuple[int, ...]) -> Vector:
    """Of every choice the place of its cost; -1 where costs are several and not one for each."""
    found = []
    for choice in choices:
        if shape == ():
            found.append(0)
        elif np.shape(params[choice.name]) == shape:
            found.append(int(np.ravel_multi_index(choice.index, shape)))
        else:
            found.append(-1)
    return np.array(found)


def _passed(
    curvature: Vector, mixed: Vector, choices: list[Choice], held: Vector, own: Vector
) -> Vector:
    """dθ*/dc, (P, costs); NaN for free decisions where the optimum is not unique."""
    moved = np.zeros_like(mixed)
    for place, choice in enumerate(choices):
        if held[place] < 0 and choice.floor.endswith("cost"):
            moved[place, own[place]] = 1.0
    free = held == 0
    push = mixed[free] + curvature[np.ix_(free, ~free)] @ moved[~free]
    try:
        moved[free] = -np.linalg.solve(curvature[np.ix_(free, free)], push)
    except np.linalg.LinAlgError:
        moved[free] = np.nan
    return moved
