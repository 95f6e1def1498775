"""The charts of backprop's flow."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.harness.views.network import Passes
from gradparity.problems import Arrays
from gradparity.results.pages.charts import Axis, Chart, Heat, Label, Points, Polyline, Segments

READABLE = 40
"""So many units at most have their numbers beside them."""


def layers(
    params: Arrays, passes: Passes, gradient: Arrays, edge: tuple[int, int, int], depth: int
) -> Chart:
    """The network: units, a above and δ below, edges by log |dW|; what each phase has computed."""
    sizes = [a.shape[1] for a in passes.activations]
    heights = [[(k - (size - 1) / 2) for k in range(size)] for size in sizes]
    marks: list[Any] = []
    strengths = [np.abs(gradient[f"W{layer}"]) for layer in range(1, depth + 1)]
    finite = np.concatenate([s.ravel() for s in strengths])
    finite = np.log10(finite[(finite > 0) & np.isfinite(finite)])
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    for layer in range(1, depth + 1):
        marks.append(_edges(layer, heights, strengths[layer - 1]))
        marks.append(_edges_back(layer, heights, passes, gradient, low, high, depth))
    readable = sum(sizes) <= READABLE
    for layer, ys in enumerate(heights):
        a = passes.activations[layer]
        names = [_unit(layer, k, passes) for k in range(len(ys))]
        xs = [float(layer)] * len(ys)
        marks.append(Points(xs, ys, "", "a", "circle", 8, names=names, since=layer))
        for k, y in enumerate(ys) if readable else ():
            value = float(np.mean(a[:, k]))
            marks.append(Label(layer, y + 0.28, f"{value:.3g}", "a", "middle", since=layer))
            if layer:
                delta = float(np.linalg.norm(passes.deltas[layer - 1][:, k]))
                back = 2 * depth + 2 - layer
                marks.append(Label(layer, y - 0.28, f"{delta:.2g}", "b", "middle", since=back))
    layer, source, target = edge
    start, end = heights[layer - 1][source - 1], heights[layer][target - 1]
    marks.append(
        Segments(
            [layer - 1.0], [start], [float(layer)], [end], "the weight looked at", [5.0], colour="d"
        )
    )
    span = max(max(map(abs, ys)) for ys in heights) + 0.7
    title = "a above, |δ| below; thick orange edges have the large gradients"
    return Chart(
        "layers",
        title if readable else "Thick orange edges have the large gradients",
        Axis("layer", low=-0.4, high=depth + 0.4),
        Axis("unit", low=-span, high=span),
        marks,
        bare=True,
        height=360,
        note="a: means over the cases. Forward edges are grey; backward ones come from the right.",
    )


def _edges(layer: int, heights: list[list[float]], strength: Any) -> Segments:
    rows, columns = strength.shape
    pairs = [(i, j) for i in range(rows) for j in range(columns)]
    return Segments(
        [layer - 1.0] * len(pairs),
        [heights[layer - 1][i] for i, _ in pairs],
        [float(layer)] * len(pairs),
        [heights[layer][j] for _, j in pairs],
        widths=[1.0] * len(pairs),
        colour="grid",
        since=layer,
    )


def _edges_back(
    layer: int,
    heights: list[list[float]],
    passes: Passes,
    gradient: Arrays,
    low: float,
    high: float,
    depth: int,
) -> Segments:
    dw = gradient[f"W{layer}"]
    rows, columns = dw.shape
    pairs = [(i, j) for i in range(rows) for j in range(columns)]
    with np.errstate(all="ignore"):
        share = np.clip((np.log10(np.abs(dw)) - low) / ((high - low) or 1.0), 0, 1)
    share = np.where(np.isfinite(share), share, 0.0)
    return Segments(
        [layer - 1.0] * len(pairs),
        [heights[layer - 1][i] for i, _ in pairs],
        [float(layer)] * len(pairs),
        [heights[layer][j] for _, j in pairs],
        widths=[0.6 + 4.0 * float(share[i, j]) for i, j in pairs],
        colours=[
            "b" if share[i, j] > 0.66 else "e" if share[i, j] > 0.33 else "muted" for i, j in pairs
        ],
        names=[f"W{layer}[{i + 1},{j + 1}]: dW = {dw[i, j]:.4g}" for i, j in pairs],
        sets=[{"edge": f"{layer},{i + 1},{j + 1}"} for i, j in pairs],
        since=2 * depth + 2 - layer,
    )


def _unit(layer: int, k: int, passes: Passes) -> str:
    a = ", ".join(f"{value:.4g}" for value in passes.activations[layer][:, k])
    if not layer:
        return f"input {k + 1}: a = {a}"
    slope = ", ".join(f"{value:.4g}" for value in passes.slopes[layer - 1][:, k])
    delta = ", ".join(f"{value:.4g}" for value in passes.deltas[layer - 1][:, k])
    return f"layer {layer}, unit {k + 1}: a = {a}; φ' = {slope}; δ = {delta}"


def strip(sizes: list[float], passes: Passes) -> Chart:
    """‖δ‖ by layer, logarithmic: a straight line where every layer keeps the same share."""
    layers = list(range(1, len(sizes) + 1))
    norms = [float(np.linalg.norm(a)) for a in passes.activations[1:]]
    shown = [size if size > 0 else float("nan") for size in sizes]
    return Chart(
        "strip",
        f"‖δ‖ at layer 1 is {sizes[0]:.3g}, at layer {len(sizes)} {sizes[-1]:.3g}",
        Axis("layer", low=0.5, high=len(sizes) + 0.5, whole=True),
        Axis("norm", scale="log"),
        (
            Polyline(layers, shown, "‖δ‖", "b"),
            Points(layers, shown, "", "b", "circle", 4),
            Polyline(layers, norms, "‖a‖", "a", (7, 4)),
        ),
        height=300,
    )


def _strongest(gradient: Arrays, depth: int) -> str:
    norms = [float(np.linalg.norm(gradient[f"W{layer}"])) for layer in range(1, depth + 1)]
    if not max(norms) > 0.0:
        return "No weight has a gradient"
    most = int(np.argmax(norms))
    told = f"‖dW‖ is largest in layer {most + 1}"
    if most and 0.0 < norms[0] < norms[most]:
        told += f", {norms[most] / norms[0]:.3g} times that of layer 1"
    return told


def weights(gradient: Arrays, depth: int) -> Chart:
    """log10 of the norm of each layer's weights' gradient, layer × unit."""
    width = max(gradient[f"W{layer}"].shape[1] for layer in range(1, depth + 1))
    z = np.full((width, depth), np.nan)
    for layer in range(1, depth + 1):
        norms = np.linalg.norm(gradient[f"W{layer}"], axis=0)
        with np.errstate(all="ignore"):
            z[: len(norms), layer - 1] = np.log10(norms)
    z = np.where(np.isfinite(z), z, np.nan)
    return Chart(
        "weights",
        _strongest(gradient, depth),
        Axis("layer", ticks=[(k, str(k + 1)) for k in range(depth) if depth <= 12 or k % 10 == 9]),
        Axis("unit", ticks=[(k, str(k + 1)) for k in range(width)]),
        (Heat(list(range(depth)), list(range(width)), z, "log₁₀ ‖dW‖ into each unit"),),
        height=260,
    )
