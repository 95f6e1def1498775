"""Backprop, layer by layer: what flows forward, what flows back, and whether it is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.harness.views import flow_charts as charts
from gradparity.harness.views.controls import MOVING, Number, Selection, Text
from gradparity.harness.views.flow_passes import ACTIVATIONS, XOR, shown_for
from gradparity.harness.views.flow_words import captions, edge_table, layer_table, sentence
from gradparity.harness.views.network import MISTAKES
from gradparity.harness.views.view import Preset, View
from gradparity.results.pages.charts import Frame

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
    MOVING,
)


def frame(given: Mapping[str, Any]) -> Frame:
    """Both passes, each number of them, the weight that is looked at, and the verdict."""
    shown = shown_for(given)
    sizes = [float(np.linalg.norm(delta)) for delta in shown.passes.deltas]
    depth = shown.network.depth
    return Frame(
        sentence=sentence(shown, sizes),
        charts=(
            charts.layers(shown.params, shown.passes, shown.gradient, shown.edge, depth),
            charts.strip(sizes, shown.passes),
            charts.weights(shown.gradient, depth),
        ),
        tables=(edge_table(shown), layer_table(shown, sizes)),
        steps=2 * depth + 1,
        captions=captions(shown, sizes),
        answer=("the gradient's norm at layer 1", sizes[0]),
        challenge=_told(shown.judged),
        numbers={
            "gradient": shown.passes.gradient,
            "by backend": shown.gradient,
            "delta norms": sizes,
            "to the input": float(np.linalg.norm(shown.passes.upstream)),
            "difference": shown.difference,
        },
    )


def _told(judged: tuple[bool, str] | None) -> tuple[bool, str]:
    if judged is None:
        return False, "Judged when you let go."
    right, verdict = judged
    return right, f"{'PASS' if right else 'FAIL'}: {verdict}"


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
