"""A descent on a surface, iterate by iterate, by a backend's own training step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from gradparity.backends import Setting, Training
from gradparity.backends.catalogue import load
from gradparity.harness.training.descents.objective import CountedObjective
from gradparity.harness.training.descents.prepared_cache import PreparedCache, PreparedLoss
from gradparity.harness.views.surfaces import Surface
from gradparity.problems import Instance
from gradparity.problems.layout import Layout

Vectors = npt.NDArray[np.float64]
FAR = 1e100
"""A loss beyond this, or below its negative, has left for good."""
GRID = 49


@lru_cache(maxsize=1)
def prepared_cache() -> PreparedCache:
    """What was prepared for one frame serves the next: compiling takes longer than most frames."""
    return PreparedCache()


@dataclass(frozen=True, slots=True)
class Path:
    """points: (K + 1, P), from the start on; P is 2 on a surface.

    losses: (K + 1,), as the step or its batch sees them. tilts: (K, 2), of each step's mini-batch;
    all 0 without noise. diverged: the step at which the loss was beyond all bounds, None if it
    never was.
    """

    points: Vectors
    losses: Vectors
    tilts: Vectors
    diverged: int | None


def objective(surface: Surface, backend: str) -> CountedObjective:
    """The surface as a function of (x, y), by a backend."""
    return CountedObjective(_loss(surface, backend))


def descended(
    surface: Surface,
    backend: str,
    optimizer: str,
    options: Mapping[str, float],
    rates: Sequence[float],
    start: tuple[float, float],
    noise: float = 0.0,
    seed: int = 0,
) -> Path:
    """The path of `optimizer` from `start`, one step for each of `rates`.

    noise: the standard deviation of what each step's gradient is off by, in each variable.
    """
    seen = surface.tilted() if noise else surface
    tilts = np.zeros((len(rates), 2))
    if noise:
        tilts = noise * np.random.default_rng(seed).standard_normal(tilts.shape)
    training = Training(optimizer, dict(options), seed)
    value = objective(surface, backend).value
    return walked(_loss(seen, backend), training, rates, np.array(start), value, tilts)


def walked(
    loss: PreparedLoss,
    training: Training,
    rates: Sequence[float],
    start: Vectors,
    value: Callable[[Vectors], float],
    tilts: Vectors,
) -> Path:
    """The path of a training step over any number of parameters, from `start` (P,) on.

    value: the loss at a place, for the last one. tilts: (K, 2); where any is not 0, each step's
    `tilt` among the data.
    """
    step, data = loss.training_step(training), loss.instance.data
    layout = Layout.of(loss.instance.params)
    whole, noisy = step.batch(data), bool(tilts.any())
    state = step.start({name: np.array(x) for name, x in layout.views(start).items()})
    points, losses = [start], []
    diverged = None
    with np.errstate(all="ignore"):
        for k, rate in enumerate(rates):
            batch = step.batch({**data, "tilt": tilts[k]}) if noisy else whole
            state, report = step.run(state, batch, rate)
            losses.append(step.report(report)[0])
            if not abs(losses[-1]) < FAR:
                diverged = k
                break
            points.append(layout.flatten(step.params(state)).astype(np.float64))
        last = value(points[-1]) if diverged is None else losses[-1]
    if diverged is None:
        losses.append(last)
        diverged = len(rates) if not abs(last) < FAR else None
    count = min(len(points), len(losses))
    return Path(np.array(points[:count]), np.array(losses[:count]), tilts, diverged)


def grid(surface: Surface, backend: str, side: int = GRID) -> tuple[Vectors, Vectors, Vectors]:
    """x (G,), y (G,) over the window, and the loss there to five digits (G, G), row by y.

    side: G.
    """
    (x_low, x_high), (y_low, y_high) = surface.window
    x, y = np.linspace(x_low, x_high, side), np.linspace(y_low, y_high, side)
    value = objective(surface, backend).value
    with np.errstate(all="ignore"):
        z = np.array([[value(np.array([u, v])) for u in x] for v in y])
        place = 10.0 ** (4 - np.floor(np.log10(np.where(z == 0.0, 1.0, np.abs(z)))))
        return x.round(6), y.round(6), np.round(z * place) / place


def slopes(surface: Surface, backend: str, points: Vectors) -> Vectors:
    """The gradient at each of the points (K, 2)."""
    gradient = _loss(surface, backend).operator("gradient")
    names = tuple(surface.arrays(0.0, 0.0))
    found = np.empty((len(points), 2))
    with np.errstate(all="ignore"):
        for k, (x, y) in enumerate(points):
            derivative = gradient(Instance(surface.arrays(x, y), surface.data)).derivative
            if len(names) == 1:
                found[k] = derivative[names[0]]
            else:
                found[k] = derivative[names[0]], derivative[names[1]]
    return found


def curvatures(surface: Surface, backend: str, points: Vectors) -> Vectors:
    """Eigenvalues (K, 2) of the Hessian at the points, ascending; 0 where they are not finite."""
    hessian = objective(surface, backend).hessian
    with np.errstate(all="ignore"):
        found = np.array([hessian(point) for point in points], dtype=np.float64)
    return np.linalg.eigvalsh(np.where(np.isfinite(found), found, 0.0))


def _loss(surface: Surface, backend: str) -> PreparedLoss:
    instance = surface.instance(0.0, 0.0)
    return PreparedLoss(load(backend), surface.problem, instance, Setting(), prepared_cache())


def adam_state(gradients: Vectors, beta1: float, beta2: float) -> tuple[Vectors, Vectors]:
    """Adam's m̂ and √v̂ (K, 2) after each of the gradients (K, 2)."""
    first, second = np.zeros(2), np.zeros(2)
    m, v = [], []
    for t, gradient in enumerate(gradients, 1):
        first = beta1 * first + (1 - beta1) * gradient
        second = beta2 * second + (1 - beta2) * gradient**2
        m.append(first / (1 - beta1**t))
        v.append(np.sqrt(second / (1 - beta2**t)))
    return np.array(m), np.array(v)


def factor(optimizer: str, rate: float, eigenvalue: float, momentum: float) -> float:
    """By how much a step of gd or momentum multiplies the error along one direction.

    gd: 1 - ηλ. Momentum, x_{k+1} = (1 + μ - ηλ) x_k - μ x_{k-1}: the root of larger modulus of
    z² - (1 + μ - ηλ) z + μ; where both are complex, their modulus √μ.
    """
    if optimizer == "gd":
        return 1.0 - rate * eigenvalue
    half = 0.5 * (1.0 + momentum - rate * eigenvalue)
    under = half * half - momentum
    if under < 0.0:
        return float(np.sqrt(momentum))
    return half + float(np.copysign(np.sqrt(under), half))
