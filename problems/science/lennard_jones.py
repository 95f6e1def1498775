"""A cluster of atoms that attract each other from afar and repel at close range.

    E(x) = Σ_{i<j} 4 (r_ij^-12 - r_ij^-6),   r_ij = ‖x_i - x_j‖,   x (N, 3),

in the units of one pair: energy 1, distance 2^(1/6) at rest. No force acts from outside, so the
forces add up to 0 and so do their moments. Two, three and four atoms rest at equal distances with
an energy of -1 for each pair; thirteen form an icosahedron around one. What it exercises: all
pairs, their differences scattered back to both, and terms of high powers that cancel.

Source: Jones 1924, On the determination of molecular fields; Wales and Doye 1997 for the minima,
https://doi.org/10.1021/jp970984n.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gradparity.problems.errors import in_range
from gradparity.problems.namespace import Namespace
from gradparity.problems.problem import Arrays, Instance, Minimum, Problem

REST = 2.0 ** (1.0 / 6.0)
"""The distance of two atoms at rest."""


def draw(rng: np.random.Generator, *, atoms: int) -> Instance:
    """Params x (N, 3): a cubic lattice of spacing `REST`, every atom moved a little.

    Data: first and second (N (N - 1)/2,), the atoms of each pair; integers.
    """
    in_range("atoms", atoms, 2, 5000, whole=True)
    side = math.ceil(atoms ** (1.0 / 3.0) - 1e-9)
    grid = np.stack(np.meshgrid(*[np.arange(side)] * 3, indexing="ij"), axis=-1).reshape(-1, 3)
    x = REST * (grid[:atoms] - (side - 1) / 2.0) + 0.05 * rng.normal(size=(atoms, 3))
    first, second = np.triu_indices(atoms, 1)
    return Instance({"x": x}, {"first": first, "second": second})


def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    """The energy: with s = r^-6, Σ 4 s (s - 1) over the pairs."""
    x = params["x"]
    apart = xp.take(x, data["first"], axis=0) - xp.take(x, data["second"], axis=0)
    inverse = xp.reciprocal(xp.sum(xp.square(apart), axis=1))
    s = inverse * inverse * inverse
    return 4.0 * xp.sum(s * (s - 1.0))


def _simplex(atoms: int) -> Any:
    """Two, three or four places at equal distances `REST`, (atoms, 3)."""
    corners = np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    return corners[:atoms] * REST / math.sqrt(8.0)


def _icosahedron() -> Any:
    """Thirteen atoms at the radius where scaling them changes nothing, (13, 3)."""
    golden = (1.0 + math.sqrt(5.0)) / 2.0
    edges = [(0.0, a, b * golden) for a in (-1.0, 1.0) for b in (-1.0, 1.0)]
    corners = [np.roll(edge, turn) for turn in range(3) for edge in edges]
    x = np.array([(0.0, 0.0, 0.0), *corners])
    # E(c x) = 4 (c^-12 A - c^-6 B) is least at c^6 = 2 A/B.
    r2 = np.sum(np.square(x[:, None] - x), axis=2)[np.triu_indices(13, 1)]
    return x * (2.0 * np.sum(r2**-6) / np.sum(r2**-3)) ** (1.0 / 6.0)


BEST = {38: -173.928427, 55: -279.248470, 75: -397.492331, 100: -557.039820, 147: -876.461207}
"""The lowest energies that have been found, by the number of atoms; the literature's digits."""


def _minimum(data: Arrays) -> Minimum:
    atoms = int(np.max(data["second"])) + 1
    if atoms <= 4:
        pairs = atoms * (atoms - 1) // 2
        return Minimum(-float(pairs), {"x": _simplex(atoms)}, "anywhere in space, turned anyhow")
    if atoms == 13:
        return Minimum(-44.32680141873480, {"x": _icosahedron()}, "an icosahedron around one atom")
    if atoms in BEST:
        return Minimum(BEST[atoms], note="the lowest that has been found; no proof is known")
    bound = -atoms * (atoms - 1) / 2.0
    return Minimum(bound, note="a bound, for no pair is below -1; the minimum is not known")


def _torch(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    x = params["x"]
    inverse = (x[data["first"]] - x[data["second"]]).square().sum(1).reciprocal()
    s = inverse**3
    return 4.0 * (s * (s - 1.0)).sum()


def _jax(xp: Namespace, params: Arrays, data: Arrays) -> Any:
    import jax.numpy as jnp

    x = params["x"]
    s = jnp.sum((x[data["first"]] - x[data["second"]]) ** 2, axis=1) ** -3.0
    return 4.0 * jnp.sum(s * (s - 1.0))


PROBLEMS: dict[str, Problem] = {
    "lennard-jones": Problem(
        name="lennard-jones",
        loss=loss,
        draw=draw,
        sizes={
            "tiny": {"atoms": 4},
            "small": {"atoms": 13},
            "medium": {"atoms": 55},
            "large": {"atoms": 147},
        },
        source="Jones 1924; Wales and Doye 1997 for the minima",
        minimum=_minimum,
        idiomatic={"torch": _torch, "jax": _jax},
    )
}
