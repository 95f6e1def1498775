"""A slice through the loss of a trained network, and how much of the way to it the slice shows.

The plane goes through the trained parameters θ* along two directions. Random ones are
filter-normalised: the weights into each unit, a column of W, get the length that the trained ones
have, so that scale does not make a valley look sharp or flat; biases likewise, as one vector. The
others are the principal directions of the path. A point θ of the path is projected onto the plane
by least squares; the loss of the projection is not that of θ.
Source: Li, Xu, Taylor, Studer, Goldstein, Visualizing the loss landscape of neural nets, NeurIPS
2018, sections 4 and 7.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.harness.landscapes.directions import filter_normalised
from gradparity.harness.play.views import VIEWS
from gradparity.harness.report.material.material import Material
from gradparity.harness.report.material.stored_view import StoredView, selection, stored
from gradparity.harness.training.descents.objective import CountedObjective
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.harness.views.controls import read
from gradparity.harness.views.paths import prepared_cache
from gradparity.harness.views.xor_learning import learned
from gradparity.problems import Arrays, Instance
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.layout import Layout
from gradparity.problems.xor import ANSWERS, CASES
from gradparity.results.pages.charts import Axis, Chart, Contours, Frame, Points, Polyline, Table
from gradparity.results.training_pictures.landscapes import levels

SIDE = 33
SEEDS = (0, 1, 2)
STEPS = 1000
DIRECTIONS = {"random": "random, filter-normalised", "path": "the path's own two"}


def landscape_view(material: Material) -> StoredView | None:
    """Return the view; None in a report without training that does not teach either."""
    if not material.raced and not material.teach:
        return None
    frames: dict[tuple[str, ...], Frame] = {}
    for seed in SEEDS:
        way, value, layout = _trained(seed)
        for directions in DIRECTIONS:
            frames[directions, str(seed)] = _frame(way, value, layout, directions, seed)
    return stored(
        "landscape",
        "Landscape",
        "What does a slice of a network's loss show?",
        "A network of 4 tanh units learns XOR; the plane goes through where it ended. Computed "
        "when this report was made. Li et al. 2018.",
        [
            selection("directions", "Directions of the plane", list(DIRECTIONS.items()), "path"),
            selection("seed", "Seed of the start", [(str(seed), str(seed)) for seed in SEEDS]),
        ],
        frames,
    )


def _trained(seed: int) -> tuple[Any, Any, Layout]:
    """The path (K, P) of a network, the loss of a vector (P,), and which place is whose."""
    given = read(VIEWS["xor"].controls, {"hidden": 4, "seed": seed, "steps": STEPS})
    run = learned(given, [given["rate"]] * STEPS, seed)
    layout = Layout.of(run.params[-1])
    data: Arrays = {"x": np.array(CASES), "y": np.array(ANSWERS)}
    problem = PROBLEMS[f"xor-{given['activation']}"]
    instance = Instance(run.params[-1], data)
    loss = PreparedLoss(load("tape"), problem, instance, Setting(), prepared_cache())
    way = np.array([layout.flatten(params) for params in run.params], dtype=np.float64)
    return way, CountedObjective(loss).value, layout


def plane(way: Any, layout: Layout, directions: str, seed: int) -> Any:
    """Return two directions (2, P) through the end of the way (K, P)."""
    end = way[-1]
    if directions == "path":
        return np.linalg.svd(way - end, full_matrices=False)[2][:2]
    rng = np.random.default_rng(seed)
    trained = layout.views(end)
    drawn = [
        {name: rng.standard_normal(np.shape(held)) for name, held in trained.items()}
        for _ in range(2)
    ]
    return np.array([layout.flatten(filter_normalised(one, trained)) for one in drawn])


def _frame(way: Any, value: Any, layout: Layout, directions: str, seed: int) -> Frame:
    axes, end = plane(way, layout, directions, seed), way[-1]
    places = np.linalg.lstsq(axes.T, (way - end).T, rcond=None)[0].T  # (K, 2)
    flat = end + places @ axes
    true, projected = ([float(value(one)) for one in points] for points in (way, flat))
    held = _share(way - end, places @ axes)
    reach = 1.0 if directions == "random" else 1.15 * float(np.max(np.abs(places)))
    side = np.linspace(-reach, reach, SIDE)
    z = np.array([[float(value(end + u * axes[0] + v * axes[1])) for u in side] for v in side])
    step = [float(k) for k in range(len(way))]
    slice_ = Chart(
        "slice",
        f"The plane holds {100 * held:.0f} % of the way",
        Axis("along the first direction", low=-reach, high=reach),
        Axis("along the second", low=-reach, high=reach),
        [
            Contours(side.round(6), side.round(6), np.round(z, 6), levels(z)),
            Polyline(
                *(places[:, 0], places[:, 1], "the path, projected"), colour="accent",
                arrow=True, by_step=True,
            ),
            Points([0.0], [0.0], "trained", "good", "star", 8.0),
        ],
        equal=True,
        height=420,
    )  # fmt: skip
    losses = Chart(
        "losses",
        f"At the start the projection's loss is {projected[0]:.3g} and the true one {true[0]:.3g}",
        Axis("snapshot"),
        Axis("loss", scale="log"),
        [
            Polyline(step, true, "true", "a", by_step=True),
            Polyline(step, projected, "of the projection", "b", (7, 4), by_step=True),
        ],
    )
    return Frame(
        f"The plane holds {100 * held:.0f} % of the way's squared length. At the start the loss is "
        f"{true[0]:.3g}, and {projected[0]:.3g} where its projection lies; at the end both are "
        f"{true[-1]:.2g}.",
        [slice_, losses],
        [Table("Along the path", {"snapshot": step, "true": true, "projected": projected})],
        steps=len(way) - 1,
        captions=[
            f"snapshot {k}: loss {a:.4g}, projected {b:.4g}"
            for k, (a, b) in enumerate(zip(true, projected, strict=True))
        ],
    )


def _share(way: Any, flat: Any) -> float:
    """Σ |projection|² / Σ |way|², 0 to 1."""
    whole = float(np.sum(way**2))
    return float(np.sum(flat**2)) / whole if whole else 1.0
