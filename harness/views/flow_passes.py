"""What a frame of the flow is made of: both passes by hand, the backend's gradient, the verdict."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.harness.training.descents.objective import CountedObjective
from gradparity.harness.training.descents.prepared_cache import PreparedCache, PreparedLoss
from gradparity.harness.views.formula import loss_of
from gradparity.harness.views.network import Activation, Matrix, Passes, SmallNetwork, chain, drawn
from gradparity.harness.views.paths import prepared_cache
from gradparity.problems import Arrays, InputError, Instance, Problem, functions
from gradparity.problems.namespace import NUMPY

XOR = {
    "X": np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]),
    "y": np.array([0.0, 1.0, 1.0, 0.0]),
}
ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": functions.sigmoid,
    "tanh": lambda xp, z: xp.tanh(z),
    "relu": functions.relu,
    "softplus": functions.softplus,
    "linear": lambda xp, z: z,
}
LONGEST_JUDGED_S = 1.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What a frame of the flow is made of.

    gradient: the backend's. edge: (layer, from, to), counted from 1. difference: of the loss at
    the edge's weight, central. judged: whether it is right, and what the judge says; None while a
    slider moves, since a judgement takes longer than all the rest.
    """

    network: SmallNetwork
    params: Arrays
    data: Arrays
    passes: Passes
    gradient: Arrays
    edge: tuple[int, int, int]
    difference: float
    judged: tuple[bool, str] | None


def shown_for(given: Mapping[str, Any]) -> Shown:
    """Both passes, the backend's gradient, and the verdict. InputError where it overflows."""
    network, params, data = _built(given)
    passes = network.passes(params, data, NUMPY, given["mistake"])
    if not math.isfinite(passes.loss):
        raise InputError("the forward pass overflows; take a smaller scale")
    problem = _problem(given["depth"], given["activation"], given["formula"], network.branch)
    loss = PreparedLoss(
        load("tape"), problem, Instance(params, data, params), Setting(), prepared_cache()
    )
    objective = CountedObjective(loss)
    theta = objective.layout.flatten(params)
    gradient = dict(objective.layout.views(objective.gradient(theta)[1]))
    edge = _edge(given["edge"], params, given["depth"])
    difference = _difference(objective, params, edge)
    return Shown(network, params, data, passes, gradient, edge, difference, _judged(given))


def _built(given: Mapping[str, Any]) -> tuple[SmallNetwork, Arrays, Arrays]:
    """The network, its weights, its cases."""
    activation, slope = _activation(given["activation"], given["formula"])
    branch = given["branch"] if given["wiring"] == "residual" else None
    network = SmallNetwork(given["depth"], activation, slope, branch)
    if given["start"] == "chain":
        return network, *chain(given["depth"], given["scale"])
    rows = slice(None) if given["case"] == "all" else [int(given["case"])]
    data = {name: array[rows] for name, array in XOR.items()}
    size = given["depth"], given["width"]
    return network, drawn(*size, given["start"], given["scale"], given["seed"]), data


@lru_cache(maxsize=64)
def _problem(depth: int, activation: str, formula: str, branch: float | None) -> Problem:
    loss = SmallNetwork(depth, *_activation(activation, formula), branch).loss
    return Problem("flow", loss, _undrawn, {"tiny": {}}, "a network of the reader's own")


def _undrawn(rng: Any) -> Instance:
    raise InputError("this network is drawn by its view")


@lru_cache(maxsize=16)
def _activation(name: str, formula: str) -> tuple[Activation, Any]:
    """φ over any namespace, and φ' on NumPy by the tape."""
    if name != "own":
        phi = ACTIVATIONS[name]
    else:
        written = loss_of(formula, ["x"])

        def phi(xp: Any, z: Any) -> Any:
            return written(xp, {"x": z}, {})

    def total(xp: Any, params: Arrays, data: Arrays) -> Any:
        return xp.sum(phi(xp, params["z"]))

    problem = Problem(f"φ {name} {formula}", total, _undrawn, {"tiny": {}}, "φ")

    def slope(z: Matrix) -> Matrix:
        at = {"z": np.asarray(z, dtype=np.float64)}
        loss = PreparedLoss(load("tape"), problem, Instance(at, {}), Setting(), prepared_cache())
        with np.errstate(all="ignore"):
            found = loss.operator("gradient")(Instance(at, {})).derivative["z"]
        return np.array(found, dtype=z.dtype)

    return phi, slope


_verdicts = PreparedCache()


def _judged(given: Mapping[str, Any]) -> tuple[bool, str] | None:
    """What `check` says, of which the weight that is looked at is no part."""
    key = json.dumps({n: value for n, value in given.items() if n not in ("edge", "moving")})
    if given["moving"] and not _verdicts.has(key):
        return None
    return _verdicts.once(key, lambda: _verdict(given))


def _verdict(given: Mapping[str, Any]) -> tuple[bool, str]:
    """What `check` says of the gradient by hand, with its mistake."""
    import gradparity as gp

    network, params, data = _built(given)

    def loss(params: Arrays, X: Any, y: Any) -> Any:
        return network.loss(NUMPY, params, {"X": X, "y": y})

    def gradient(params: Arrays, X: Any, y: Any) -> Arrays:
        return network.passes(params, {"X": X, "y": y}, NUMPY, given["mistake"]).gradient

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = gp.check(
                loss,
                params,
                gradient=gradient,
                args=(data["X"], data["y"]),
                seconds=LONGEST_JUDGED_S,
            )
        except gp.GradientError as error:
            return False, str(error)
    return True, str(found)


def _edge(text: str, params: Arrays, depth: int) -> tuple[int, int, int]:
    try:
        layer, source, target = (int(part) for part in text.split(","))
        rows, columns = np.shape(params[f"W{layer}"])
        if 1 <= source <= rows and 1 <= target <= columns:
            return layer, source, target
    except (ValueError, KeyError):
        pass
    return 1, 1, 1


def _difference(objective: CountedObjective, params: Arrays, edge: tuple[int, int, int]) -> float:
    """(f(w + h) - f(w - h)) / 2h at the edge's weight, h = 1e-5."""
    layer, source, target = edge
    h, found = 1e-5, []
    for sign in (1, -1):
        moved = {name: np.array(array) for name, array in params.items()}
        moved[f"W{layer}"][source - 1, target - 1] += sign * h
        found.append(objective.gradient(objective.layout.flatten(moved))[0])  # is prepared already
    return (found[0] - found[1]) / (2 * h)
