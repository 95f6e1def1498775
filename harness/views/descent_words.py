"""What a teacher would say of a descent: the sentence of a frame, the caption of a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradparity.harness.views.paths import Path, Vectors, factor
from gradparity.harness.views.surfaces import Surface


def short(value: float, digits: int = 3) -> str:
    """A number as it is spoken: .19, 10, −.9."""
    text = f"{value + 0.0:.{digits}g}".replace("-", "−")
    if "e" in text:
        return text
    return text.replace("0.", ".", 1) if text.lstrip("−").startswith("0.") else text


def factor_words(value: float) -> str:
    """A factor to two digits: ×−.90."""
    if abs(value) >= 100:
        return "×" + short(value)
    return "×" + f"{value:.2f}".replace("-", "−").replace("0.", ".", 1)


def sentence(
    here: Surface, given: Mapping[str, Any], paths: Mapping[str, Path], values: Vectors
) -> str:
    """What happens, and why, of the first optimiser."""
    name = given["first"]
    path = paths[name]
    if stuck := _stuck(given, path):
        return stuck
    if name in ("gd", "momentum"):
        told = _of_curvature(given, path, values)
    else:
        told = _of_stride(here, given, name, path)
    if path.diverged is not None:
        what = "unbounded: the loss falls for ever" if path.losses[-1] < 0 else "diverged"
        told += f" {what.capitalize()} at step {path.diverged}."
    elif escape := _escape(given, paths):
        told += f" {escape}"
    return told


def _stuck(given: Mapping[str, Any], path: Path) -> str:
    """Whether a path that begins exactly beside a saddle can ever leave it."""
    if "saddle" not in given["surface"] or given["y0"] != 0.0 or given["noise"] > 0.0:
        return ""
    if np.any(path.points[:, 1] != 0.0):
        return ""
    return (
        "It leaves the saddle never: the gradient along y is exactly 0. "
        "Only noise or negative curvature leaves it."
    )


def _escape(given: Mapping[str, Any], paths: Mapping[str, Path]) -> str:
    """How many steps each optimiser took until |y| > 1."""
    if "saddle" not in given["surface"]:
        return ""
    out = []
    for name, path in paths.items():
        gone = np.flatnonzero(np.abs(path.points[:, 1]) > 1.0)
        out.append(f"{name} {gone[0]}" if len(gone) else f"{name} not in {len(path.points) - 1}")
    return f"Steps until |y| > 1: {', '.join(out)}."


def _of_curvature(given: Mapping[str, Any], path: Path, values: Vectors) -> str:
    """The rate against what the largest curvature allows, at the last iterate that is near."""
    flat, steep = values[0 if path.diverged is not None else -1]
    rate, mu = given["rate"], given["momentum"] if given["first"] == "momentum" else 0.0
    told = f"Rate {short(rate)}"
    if given["first"] == "momentum":
        told += f", momentum {short(mu)}"
    if steep <= 0.0:
        return (
            f"{told}: here the surface bends down every way (λ {short(flat)} and {short(steep)})."
        )
    limit = 2.0 * (1.0 + mu) / steep
    told += f", λmax {short(steep)}: below {short(limit)} it converges"
    if flat <= 0.0:
        return f"{told} along the steep direction; along the other it is driven away."
    first = factor(given["first"], rate, steep, mu)
    second = factor(given["first"], rate, flat, mu)
    return f"{told}; steep direction {factor_words(first)} a step, flat {factor_words(second)}."


def _of_stride(here: Surface, given: Mapping[str, Any], name: str, path: Path) -> str:
    """How far an optimiser that divides by the slope's size can come."""
    stride = np.abs(np.diff(path.points, axis=0))
    usual = float(np.median(stride.max(axis=1))) if len(stride) else 0.0
    told = f"{name} at rate {short(given['rate'])} moved {short(usual)} a step, at the median"
    if not here.minima:
        return told + "."
    far = min(float(np.max(np.abs(path.points[0] - np.array(best)))) for best in here.minima)
    needed = int(np.ceil(far / given["rate"]))
    return f"{told}; the nearest minimum is {short(far)} away: about {needed:,} steps at η a step."


def caption(
    k: int,
    given: Mapping[str, Any],
    path: Path,
    values: Vectors,
    slope: Vectors,
    memory: tuple[Vectors, Vectors] | None,
) -> str:
    """What is so at iterate k of the first optimiser."""
    rate, mu = given["rate"], given["momentum"]
    x, y = path.points[k]
    loss = short(float(path.losses[k]), 4)
    told = f"step {k}: at ({short(x)}, {short(y)}), loss {loss}, "
    told += f"slope ({short(slope[0])}, {short(slope[1])}); "
    told += f"λ {short(values[1])} and {short(values[0])}, "
    told += f"ηλmax {short(rate * values[1])}"
    if given["first"] in ("gd", "momentum"):
        factors = (factor(given["first"], rate, float(value), mu) for value in values[::-1])
        told += ": " + " and ".join(factor_words(one) for one in factors) + " a step"
    if memory is not None and given["first"] == "adam" and k < len(memory[0]):
        m, v = memory[0][k], memory[1][k]
        told += f"; m̂ ({short(m[0])}, {short(m[1])}), √v̂ ({short(v[0])}, {short(v[1])})"
    return told + "."
