"""How an operation is tried on every number system: one call, and where its operands may lie."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Case:
    """One call of an operation.

    call: (xp, *operands) -> an array.
    domains: of each floating operand the interval (low, high) that it is drawn from; all of them
        are parameters.
    shapes: of each operand; None lets Hypothesis draw shapes that broadcast.
    apart: numbers that no operand may come near: kinks and poles.
    smooth: False where nothing is differentiated, as of a comparison.
    standard: False where the standard has the operation, but not with such arguments.
    off: backend -> why it is not held to this case, in words.
    loose: eps by which a library's own function is worse than rounding: backend -> factor.
    """

    call: Callable[..., Any]
    domains: tuple[tuple[float, float], ...] = ((-2.0, 2.0),)
    shapes: tuple[tuple[int, ...], ...] | None = None
    apart: tuple[float, ...] = ()
    smooth: bool = True
    standard: bool = True
    off: dict[str, str] | None = None
    loose: dict[str, float] | None = None

    def operands(self, shapes: Any, seed: int) -> dict[str, np.ndarray]:
        """Operands "x0", "x1", ... in float64 that float32 holds exactly."""
        rng = np.random.default_rng(seed)
        made = {}
        for i, ((low, high), shape) in enumerate(zip(self.domains, shapes, strict=True)):
            x = rng.uniform(low, high, shape)
            for point in self.apart:
                near = np.abs(x - point) < 0.05
                x = np.where(near, point + np.where(x < point, -0.05, 0.05) * (1 + (x - point)), x)
            made[f"x{i}"] = np.asarray(x, np.float32).astype(np.float64)
        return made


def named(name: str, *domains: tuple[float, float], **more: Any) -> Case:
    """The operation of that name, called on operands alone."""
    given = {"domains": domains} if domains else {}
    return Case(lambda xp, *x: getattr(xp, name)(*x), **given, **more)
