"""Backprop, layer by layer: what flows forward, what flows back, and whether it is right."""

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
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.harness.views import flow_charts as charts
from gradparity.harness.views.controls import Number, Selection, Text
from gradparity.harness.views.formula import loss_of
from gradparity.harness.views.network import (
    MISTAKES,
    Activation,
    Matrix,
    Passes,
    SmallNetwork,
    chain,
    drawn,
)
from gradparity.harness.views.paths import prepared_cache
from gradparity.harness.views.view import Preset, View
from gradparity.problems import Arrays, InputError, Instance, Problem, functions
from gradparity.problems.namespace import NUMPY
from gradparity.results.pages.charts import Frame, Table

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

CONTROLS = (
    Number("depth", "Depth, hidden layers", 1, 50, 4, positions=49, whole=True),
    Number("width", "Width, units a layer", 1, 8, 3, positions=7, whole=True),
    Selection(
        "activation",
        "Activation φ",
        (*((name, name) for name in ACTIVATIONS), ("own", "your own, in x")),
        "sigmoid",
    ),
    Text("formula", "Your own φ, in x", "x*sigmoid(1.702*x)", when={"activation": ("own",)}),
    Selection(
        "start",
        "Start",
        (("xavier", "Xavier"), ("he", "He"), ("chain", "scalar chain φ(w a - w/2)")),
        "xavier",
    ),
    Number("scale", "Start's scale; w of the chain", 0.1, 4.0, 1.0, positions=390),
    Selection("wiring", "Wiring", (("plain", "plain"), ("residual", "residual")), "plain"),
    Number("branch", "Residual branch's scale", 0.0, 1.0, 1.0, when={"wiring": ("residual",)}),
    Selection(
        "case",
        "Case",
        (
            ("all", "all four of XOR"),
            *(
                (str(k), f"{x} -> {y:g}")
                for k, (x, y) in enumerate(zip(("0 0", "0 1", "1 0", "1 1"), XOR["y"], strict=True))
            ),
        ),
        "all",
    ),
    Selection("mistake", "Planted mistake", tuple(MISTAKES.items()), "none"),
    Text("edge", "Weight, as layer, from, to", "1,1,1", longest=12),
    Number("seed", "Seed of the start", 0, 999, 0, positions=999, whole=True),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a frame of the flow is made of.

    gradient: the backend's. edge: (layer, from, to), counted from 1. difference: of the loss at
    the edge's weight, central. verdict: what the judge says.
    """

    network: SmallNetwork
    params: Arrays
    data: Arrays
    passes: Passes
    gradient: Arrays
    edge: tuple[int, int, int]
    difference: float
    right: bool
    verdict: str


def frame(given: Mapping[str, Any]) -> Frame:
    """Both passes, each number of them, the weight that is looked at, and the verdict."""
    shown = _shown(given)
    sizes = [float(np.linalg.norm(delta)) for delta in shown.passes.deltas]
    depth = shown.network.depth
    return Frame(
        sentence=sentence(shown, sizes),
        charts=(
            charts.layers(shown.params, shown.passes, shown.gradient, shown.edge, depth),
            charts.strip(sizes, shown.passes),
            charts.weights(shown.gradient, depth),
        ),
        tables=(_edge_table(shown), _layer_table(shown, sizes)),
        steps=2 * depth + 1,
        captions=captions(shown, sizes),
        answer=("the gradient's norm at layer 1", sizes[0]),
        challenge=(shown.right, f"{'PASS' if shown.right else 'FAIL'}: {shown.verdict}"),
        numbers={
            "gradient": shown.passes.gradient,
            "by backend": shown.gradient,
            "delta norms": sizes,
            "to the input": float(np.linalg.norm(shown.passes.upstream)),
            "difference": shown.difference,
        },
    )


def _shown(given: Mapping[str, Any]) -> Shown:
    activation, slope = _activation(given["activation"], given["formula"])
    branch = given["branch"] if given["wiring"] == "residual" else None
    network = SmallNetwork(given["depth"], activation, slope, branch)
    if given["start"] == "chain":
        params, data = chain(given["depth"], given["scale"])
    else:
        width = given["width"]
        params = drawn(given["depth"], width, given["start"], given["scale"], given["seed"])
        data = XOR
        if given["case"] != "all":
            data = {name: array[[int(given["case"])]] for name, array in XOR.items()}
    passes = network.passes(params, data, NUMPY, given["mistake"])
    if not math.isfinite(passes.loss):
        raise InputError("the forward pass overflows; take a smaller scale")
    shape = (given["depth"], given["activation"], given["formula"], branch)
    problem = _problem(*shape)
    loss = PreparedLoss(
        load("tape"), problem, Instance(params, data, params), Setting(), prepared_cache()
    )
    objective = CountedObjective(loss)
    theta = objective.layout.flatten(params)
    gradient = dict(objective.layout.views(objective.gradient(theta)[1]))
    edge = _edge(given["edge"], params, given["depth"])
    right, verdict = _verdict(_key(given))
    return Shown(
        network,
        params,
        data,
        passes,
        gradient,
        edge,
        _difference(objective, params, edge),
        right,
        verdict,
    )


def _key(given: Mapping[str, Any]) -> str:
    return json.dumps({name: value for name, value in given.items() if name != "edge"})


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
            return np.array(loss.operator("gradient")(Instance(at, {})).derivative["z"])

    return phi, slope


@lru_cache(maxsize=128)
def _verdict(key: str) -> tuple[bool, str]:
    """What `check` says of the gradient by hand, with its mistake."""
    import gradparity as gp

    given = json.loads(key)
    activation, slope = _activation(given["activation"], given["formula"])
    branch = given["branch"] if given["wiring"] == "residual" else None
    network = SmallNetwork(given["depth"], activation, slope, branch)
    if given["start"] == "chain":
        params, data = chain(given["depth"], given["scale"])
    else:
        params = drawn(
            given["depth"], given["width"], given["start"], given["scale"], given["seed"]
        )
        rows = slice(None) if given["case"] == "all" else [int(given["case"])]
        data = {name: array[rows] for name, array in XOR.items()}

    def loss(params: Arrays) -> Any:
        return network.loss(NUMPY, params, data)

    def gradient(params: Arrays) -> Arrays:
        return network.passes(params, data, NUMPY, given["mistake"]).gradient

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = gp.check(loss, params, gradient=gradient, seconds=LONGEST_JUDGED_S)
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
        found.append(objective.value(objective.layout.flatten(moved)))
    return (found[0] - found[1]) / (2 * h)


def sentence(shown: Shown, sizes: list[float]) -> str:
    """How much of the gradient each layer keeps, and what of it arrives at the input."""
    depth = shown.network.depth
    stopped = next((k for k in range(depth, 0, -1) if sizes[k - 1] == 0.0), None)
    if stopped is not None:
        return f"Nothing flows back beyond layer {stopped}: its δ is exactly 0."
    error = np.linalg.norm(shown.passes.output - shown.data["y"]) / len(shown.data["y"])
    top = float(np.linalg.norm(shown.params["v"]) * error)
    arrives = float(np.linalg.norm(shown.passes.upstream)) / top
    keeps = arrives ** (1 / depth)
    if keeps > 1.0:
        return f"Each layer multiplies by {keeps:.3g}: {arrives:.0e} of it reaches the input."
    return f"Each layer keeps {keeps * 100:.3g} %: {arrives:.0e} of it reaches the input."


def captions(shown: Shown, sizes: list[float]) -> list[str]:
    """Phase by phase: the input, forward, the loss, backward."""
    depth = shown.network.depth
    norm = [float(np.linalg.norm(a)) for a in shown.passes.activations]
    out = [f"The input: ‖a0‖ = {norm[0]:.4g}."]
    out += [f"Forward, layer {k}: ‖a{k}‖ = {norm[k]:.4g}." for k in range(1, depth + 1)]
    out.append(f"The loss: {shown.passes.loss:.6g}; now backward.")
    for layer in range(depth, 0, -1):
        mean = float(np.mean(np.abs(shown.passes.slopes[layer - 1])))
        dw = float(np.linalg.norm(shown.gradient[f"W{layer}"]))
        out.append(
            f"Backward, layer {layer}: ‖δ{layer}‖ = {sizes[layer - 1]:.4g}, mean |φ'| {mean:.3g}, "
            f"‖dW{layer}‖ = {dw:.4g}."
        )
    return out


def _edge_table(shown: Shown) -> Table:
    layer, source, target = shown.edge
    delta = shown.passes.deltas[layer - 1][:, target - 1]
    slope = shown.passes.slopes[layer - 1][:, target - 1]
    before = shown.passes.activations[layer - 1][:, source - 1]
    with np.errstate(all="ignore"):
        upstream = np.where(slope != 0.0, delta / np.where(slope != 0.0, slope, 1.0), np.nan)
    rows = [float(x) for x in delta * before]
    number = shown.passes.gradient[f"W{layer}"][source - 1, target - 1]
    backend = shown.gradient[f"W{layer}"][source - 1, target - 1]
    return Table(
        f"W{layer}[{source},{target}]: upstream × slope × input",
        {
            "case": [*range(1, len(delta) + 1), "sum", "difference of the loss", "backend"],
            "upstream": [*upstream, "", "", ""],
            "slope": [*slope, "", "", ""],
            "input": [*before, "", "", ""],
            "product": [*rows, float(number), shown.difference, float(backend)],
        },
    )


def _layer_table(shown: Shown, sizes: list[float]) -> Table:
    depth = shown.network.depth
    layers = range(1, depth + 1)
    return Table(
        "Layer by layer",
        {
            "layer": list(layers),
            "‖a‖": [float(np.linalg.norm(shown.passes.activations[k])) for k in layers],
            "mean |φ'|": [float(np.mean(np.abs(s))) for s in shown.passes.slopes],
            "‖δ‖": sizes,
            "‖dW‖": [float(np.linalg.norm(shown.passes.gradient[f"W{k}"])) for k in layers],
            "‖dW‖ by the backend": [float(np.linalg.norm(shown.gradient[f"W{k}"])) for k in layers],
        },
    )


VIEW = View(
    "flow",
    "Backprop flow",
    "How does a gradient flow back?",
    "Play the phases: forward layer by layer, the loss, then back. Click a weight to open it.",
    CONTROLS,
    frame,
    (
        Preset(
            "10 sigmoid layers",
            "The scalar chain at w = 1: each layer keeps a quarter, .25¹⁰ = 9.5e-7 arrives.",
            {"start": "chain", "depth": 10},
        ),
        Preset(
            "50 sigmoid layers",
            "The same fifty deep: 7.9e-31 arrives. No rate helps the first layer.",
            {"start": "chain", "depth": 50},
        ),
        Preset(
            "w = 4 keeps all",
            "At slope w/4 = 1 the chain keeps everything.",
            {"start": "chain", "depth": 50, "scale": 4.0},
        ),
        Preset(
            "Vanishing in 20 layers",
            "Sigmoids' slopes are a quarter at most: layer 1 hears next to nothing.",
            {"depth": 20, "width": 4},
        ),
        Preset(
            "Residual branches",
            "The identity beside each branch carries the gradient back whole.",
            {"depth": 20, "width": 4, "activation": "tanh", "wiring": "residual", "branch": 1.0},
        ),
        Preset(
            "Residual, 1/√L",
            "Branches scaled by 1/√20 keep forward and backward at one size.",
            {"depth": 20, "width": 4, "activation": "tanh", "wiring": "residual", "branch": 0.22},
        ),
        Preset(
            "A dead ReLU",
            "Where every input of a unit is negative its slope is 0: nothing flows through it.",
            {"activation": "relu", "start": "he", "width": 2, "depth": 6, "seed": 1},
        ),
        Preset(
            "φ' forgotten",
            "A planted mistake: the judge says which layer's numbers are wrong, and why.",
            {"mistake": "no slope", "activation": "tanh"},
        ),
    ),
    asks="What will the gradient's norm at layer 1 be?",
)
