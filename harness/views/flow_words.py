"""What a teacher would say of a backward pass: the sentence, the captions of its phases, tables."""

from __future__ import annotations

import numpy as np

from gradparity.harness.views.flow_passes import Shown
from gradparity.results.pages.charts import Table


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
    share = f"{arrives:.1g}".replace("e-0", "e-").replace("e+0", "e")
    if keeps > 1.0:
        return f"Each layer multiplies by {keeps:.3g}: {share} of it reaches the input."
    return f"Each layer keeps {keeps * 100:.3g} %: {share} of it reaches the input."


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


def edge_table(shown: Shown) -> Table:
    """The weight that is looked at: upstream × slope × input of each case, and their sum."""
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


def layer_table(shown: Shown, sizes: list[float]) -> Table:
    """Norms layer by layer; sizes: ‖δ‖ of each."""
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
