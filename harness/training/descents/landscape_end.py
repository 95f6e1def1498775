"""What the landscape is where a descent has ended: minimum, saddle, maximum, flat, or a slope.

The eigenvalues λ of the Hessian H at θ decide, if the gradient g is small there. Small means: the
model ½ δᵀHδ + gᵀδ has its stationary point, δ = -H⁻¹g, near by. In the eigenvectors' coordinates

    δ_i = -g_i/λ_i,     ‖δ‖ <= 10⁻³ (1 + ‖θ‖),

where a λ_i that is 0 to rounding counts as that rounding. Up to `FEW` parameters all eigenvalues
are known. Beyond, Lanczos' method finds the two extreme ones from products H v alone; then g is
small if ‖g‖ <= 10⁻⁶ |λ|max (1 + ‖θ‖).

The landscape is the problem's, not the backend's: the tape computes it, in float64, which compiles
in milliseconds where others take a second. A loss that the tape cannot trace is left to the backend
that descended.

Source: Golub and Van Loan, Matrix Computations, 10.1; ARPACK, as SciPy has it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradparity.backends import Setting, Unsupported
from gradparity.backends.catalogue import load
from gradparity.backends.optimizers.contract.optimizer import Vector
from gradparity.harness.training.descents.objective import CountedObjective
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.problems import InputError

FEW = 200
"""Up to so many parameters the whole Hessian is computed."""
MANY = 200_000
"""Beyond so many parameters nothing is: Lanczos holds forty vectors of that length."""
PATIENCE = 5.0
"""Seconds that the products H v may take."""
PRODUCTS = 400
"""Products H v that Lanczos may ask for, for each end of the spectrum."""
KRYLOV = 40
"""Vectors that Lanczos holds."""
ZERO, ZERO_OF_LANCZOS = 1e-9, 1e-4
"""Eigenvalues of less than this share of the largest are 0, all of them known or two of them."""


@dataclass(frozen=True, slots=True)
class Landscape:
    """What the landscape is where a descent has ended.

    kind: as `Descent.end`. lowest, highest: the extreme eigenvalues; None where not known.
    """

    kind: str
    lowest: float | None = None
    highest: float | None = None


UNKNOWN = Landscape("")
Product = Callable[[Vector], Vector]
"""hvp(v) -> H v, (P,)."""


def classify(loss: PreparedLoss, theta: Vector, gradient: Vector) -> Landscape:
    """What the landscape is at theta, (P,), where the gradient is known; UNKNOWN where it is dear.

    loss: the portable one, by the backend that descended. theta, gradient: in float64.
    """
    if not (np.isfinite(theta).all() and np.isfinite(gradient).all()) or theta.size > MANY:
        return UNKNOWN
    for backend in (load("tape"), loss.backend):
        if backend.unsupported(loss.problem, "hvp") is not None:
            continue
        objective = CountedObjective(replace(loss, backend=backend, setting=Setting("float64")))
        try:
            with np.errstate(all="ignore"):
                return _looked(objective, theta, gradient)
        except _TooLongError:
            return UNKNOWN
        except (InputError, Unsupported):
            continue
    return UNKNOWN


def _looked(objective: CountedObjective, theta: Vector, gradient: Vector) -> Landscape:
    hvp = _limited(objective, theta)
    if theta.size > FEW:
        return _from_extremes(hvp, theta, gradient)
    hessian = np.stack([hvp(unit) for unit in np.eye(theta.size)], axis=1)
    return _from_all(hessian, theta, gradient)


class _TooLongError(Exception):
    """The products take longer than anybody would wait for a word."""


def _limited(objective: CountedObjective, theta: Vector) -> Product:
    """The product H v at theta, for `PATIENCE` seconds from now on, compiling not counted."""
    objective.hvp(theta, np.zeros_like(theta))
    deadline = time.monotonic() + PATIENCE

    def hvp(v: Vector) -> Vector:
        if time.monotonic() > deadline:
            raise _TooLongError
        return objective.hvp(theta, v)

    return hvp


def _from_all(hessian: np.ndarray[Any, Any], theta: Vector, gradient: Vector) -> Landscape:
    if not np.isfinite(hessian).all():
        return UNKNOWN
    eigenvalues, vectors = np.linalg.eigh(0.5 * (hessian + hessian.T))
    zero = ZERO * float(np.abs(eigenvalues).max())
    stiffness = np.maximum(np.abs(eigenvalues), max(zero, np.finfo(np.float64).tiny))
    shift = float(np.linalg.norm(vectors.T @ gradient / stiffness))
    lowest, highest = float(eigenvalues[0]), float(eigenvalues[-1])
    near = 1e-3 * (1.0 + float(np.linalg.norm(theta)))
    if not math.isfinite(shift) or shift > near:
        return Landscape("slope", lowest, highest)
    return Landscape(_kind(lowest, highest, zero), lowest, highest)


def _from_extremes(hvp: Product, theta: Vector, gradient: Vector) -> Landscape:
    """The lowest is that of H - highest, which Lanczos sees from outside: 0 is no goal for it."""
    highest = _outermost(hvp, theta.size, 0.0, 1e-3)
    if highest is None:
        return UNKNOWN
    other = _outermost(hvp, theta.size, highest, ZERO_OF_LANCZOS)
    if other is None:
        return UNKNOWN
    lowest, highest = sorted((highest, highest + other))
    largest = max(abs(lowest), abs(highest))
    reach = 1.0 + float(np.linalg.norm(theta))
    if float(np.linalg.norm(gradient)) > 1e-6 * largest * reach:
        return Landscape("slope", lowest, highest)
    return Landscape(_kind(lowest, highest, ZERO_OF_LANCZOS * largest), lowest, highest)


def _outermost(hvp: Product, size: int, shift: float, tolerance: float) -> float | None:
    """The eigenvalue of H - shift that is largest in size, to that share of it; None if not found.

    Of two as large as each other, of either sign, it is one.
    """
    from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

    def product(v: Vector) -> Vector:
        return hvp(v.ravel()) - shift * v.ravel()

    start = np.random.default_rng(0).standard_normal(size)
    onward = product(start)
    if float(np.linalg.norm(onward)) <= 1e-12 * abs(shift) * float(np.linalg.norm(start)):
        return 0.0  # a multiple of the identity, from which no Krylov space grows
    try:
        found = eigsh(
            LinearOperator((size, size), matvec=product, dtype=np.float64),
            k=1,
            which="LM",
            v0=start,
            ncv=KRYLOV,
            maxiter=PRODUCTS // KRYLOV,
            tol=tolerance,
            return_eigenvectors=False,
        )
    except ArpackNoConvergence:
        return None
    return float(found[0]) if np.isfinite(found[0]) else None


def _kind(lowest: float, highest: float, zero: float) -> str:
    """Of a stationary point, by the extreme eigenvalues; up to `zero` they are 0.

    A maximum is degenerate that is level along some direction, to the second order.
    """
    if lowest < -zero:
        if highest > zero:
            return "saddle"
        return "maximum" if highest < -zero else "degenerate maximum"
    return "minimum" if lowest > zero else "flat"
