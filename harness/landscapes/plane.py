"""A plane through the parameters of a loss, as a loss in two variables.

    f(u, v) = loss(centre + u first + v second)

Its gradient is the projection of the whole one: what descends here stays in the plane.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.harness.landscapes.directions import Vectors
from gradparity.problems import Arrays, InputError, Instance, Problem
from gradparity.problems.layout import Layout


@dataclass(frozen=True, slots=True)
class Plane:
    """layout: of the P parameters. centre: (P,). axes: (2, P), the two directions."""

    layout: Layout
    centre: Vectors
    axes: Vectors

    def place(self, u: float, v: float) -> Vectors:
        """The parameters (P,) at (u, v)."""
        return np.asarray(self.centre + u * self.axes[0] + v * self.axes[1], dtype=np.float64)

    def projected(self, places: Vectors) -> Vectors:
        """(u, v) of the nearest point of the plane, (K, 2), for each of the places (K, P)."""
        found = np.linalg.lstsq(self.axes.T, (places - self.centre).T, rcond=None)[0]
        return np.asarray(found.T, dtype=np.float64)

    def data(self) -> Arrays:
        """Centre and directions as data of the problem that `sliced` makes."""
        parts = {"centre": self.centre, "first": self.axes[0], "second": self.axes[1]}
        return {
            f"slice_{part}_{name}": np.array(array)
            for part, vector in parts.items()
            for name, array in self.layout.views(vector).items()
        }


def sliced(problem: Problem) -> Problem:
    """The problem in x (2,): any plane through its parameters; `Plane.data` say which."""
    whole = problem.loss

    def loss(xp: Any, params: Arrays, data: Arrays) -> Any:
        u, v = params["x"][0], params["x"][1]
        held = {name: x for name, x in data.items() if not name.startswith("slice_")}
        there = {}
        for key in data:
            if key.startswith("slice_centre_"):
                name = key.removeprefix("slice_centre_")
                first, second = data[f"slice_first_{name}"], data[f"slice_second_{name}"]
                there[name] = data[key] + u * first + v * second
        return whole(xp, there, held)

    return Problem(f"{problem.name} slice", loss, _undrawn, {"tiny": {}}, problem.source)


def _undrawn(rng: Any) -> Instance:
    raise InputError("a slice has no data to draw")
