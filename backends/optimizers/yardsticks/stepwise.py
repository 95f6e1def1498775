"""SciPy's minimisers, an iteration at a time.

`scipy.optimize.minimize` returns when it is done, and tells of each iteration by a callback. It
runs in a thread of its own here, which waits in the callback until the next step is asked for:
never do two threads run at once. A search that is given up lets its thread end.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Move, Objective, Stalled, Vector

STEPS = 1_000_000
"""SciPy's own limits are put out of reach: who asks for steps says how many."""


class _Turns:
    """Whose turn it is, and what has been found."""

    def __init__(self) -> None:
        self.ours, self.theirs = threading.Semaphore(0), threading.Semaphore(0)
        self.point: Vector | None = None
        self.value: float | None = None
        self.ended: str | None = None
        self.error: BaseException | None = None
        self.given_up = False

    def give_up(self) -> None:
        self.given_up = True
        self.theirs.release()

    def pause(self, point: Vector, value: float | None) -> None:
        """Called in SciPy's thread: hand over this iterate, and wait."""
        self.point, self.value = point.copy(), value
        self.ours.release()
        self.theirs.acquire()
        if self.given_up:
            raise StopIteration


def stepwise(
    objective: Objective, theta: Vector, method: str, options: dict[str, Any], slopes: bool
) -> Move:
    """The steps of this method from theta on. slopes: whether it asks for gradients."""
    from scipy import optimize  # slow to import

    minimize: Any = optimize.minimize

    turns, dtype = _Turns(), theta.dtype
    lowest: dict[str, Any] = {"value": np.inf}

    def ask(x: Vector) -> Any:
        there = np.asarray(x, dtype)
        found = objective.gradient(there) if slopes else objective.value(there)
        value = found[0] if isinstance(found, tuple) else found
        if value < lowest["value"]:
            lowest.update(value=value, point=there.copy())
        if turns.given_up:
            raise StopIteration
        return found

    def run() -> None:
        turns.theirs.acquire()
        try:
            with np.errstate(all="ignore"):
                result = minimize(
                    ask,
                    theta.astype(np.float64),
                    method=method,
                    jac=slopes,
                    callback=lambda x: turns.pause(lowest["point"], lowest["value"]),
                    options=options,
                )
            turns.ended = f"scipy stops: {result.message}"
        except BaseException as error:
            turns.error = error
        turns.ours.release()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    def step(theta: Vector, rate: float) -> float | None:
        if turns.ended is None and turns.error is None:
            turns.theirs.release()
            turns.ours.acquire()
        if turns.error is not None:
            raise turns.error
        if turns.ended is not None:
            raise Stalled(turns.ended)
        theta[:] = turns.point
        return turns.value

    weakref.finalize(step, turns.give_up)
    return step
