"""The states that an instance is judged in: as drawn, near the minimum, and with a scaled loss."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradparity.backends import Answer, Prepared
from gradparity.backends.numpy_tape.compile import compile_operator

STATES = ("fresh", "trained", "1e-6", "1e6")
STEPS = 300
FAR = 1e6
"""Where training of a loss without a minimum ends."""

FACTOR = "factor of the loss"
"""A datum of a scaled problem, so that all factors share one prepared operator."""


def is_scaled(state):
    """Whether the loss itself is another in this state."""
    return state not in ("fresh", "trained")


def in_state(problem, instance, state):
    """The problem and the instance in one of `STATES`, or with the loss times another number."""
    if is_scaled(state):
        factor = np.asarray(float(state))
        data = {**instance.data, FACTOR: factor}
        return scaled(problem), replace(instance, data=data).rounded()
    return problem, trained(problem, instance) if state == "trained" else instance


def scaled(problem):
    """The problem with its losses and its residuals times the datum `FACTOR`."""

    def times(function):
        def product(xp, params, data):
            return data[FACTOR] * function(xp, params, _own(data))

        return product

    return replace(
        problem,
        loss=times(problem.loss),
        residuals=problem.residuals and times(problem.residuals),
        idiomatic={name: times(loss) for name, loss in problem.idiomatic.items()},
        minimum=None,
    )


def _own(data):
    return {name: x for name, x in data.items() if name != FACTOR}


@dataclass(frozen=True)
class TimesFactor:
    """A backend of derivations by hand, of a scaled problem: ∇(c f) = c ∇f, by hand as well.

    problem: the one without the factor, which the derivations are of.
    """

    backend: Any
    problem: Any

    def unsupported(self, problem, operator):
        """What the backend says of its own problem."""
        return self.backend.unsupported(self.problem, operator)

    def prepare(self, problem, operator, instance, setting):
        """The backend's operator, its answer times the factor, both in its dtype."""
        own = self.backend.prepare(self.problem, operator, _unscaled(instance), setting)

        def encode(given):
            return own.encode(_unscaled(given)), np.dtype(setting.dtype).type(given.data[FACTOR])

        def run(native):
            return own.run(native[0]), native[1]

        def decode(found):
            answer, factor = own.decode(found[0]), found[1]
            value = None if answer.value is None else factor * answer.value
            return Answer(value, {name: factor * x for name, x in answer.derivative.items()})

        return Prepared(encode, run, decode)


def _unscaled(instance):
    return replace(instance, data=_own(instance.data))


def trained(problem, instance, steps=STEPS):
    """The instance after gradient steps, a fifth longer after a success, half as long after none."""
    params = {name: np.array(x) for name, x in instance.params.items()}
    run = compile_operator("gradient", problem.loss, params, instance.data).run
    with np.errstate(all="ignore"):
        value, gradient = _copied(run(params, instance.data))
        norm = np.sqrt(sum(np.sum(g**2) for g in gradient.values()))
        step = 0.1 / max(1e-300, norm)
        for _ in range(steps):
            tried = {name: x - step * gradient[name] for name, x in params.items()}
            reached, slope = _copied(run(tried, instance.data))
            within = all(np.all(np.abs(x) < FAR) for x in tried.values())
            if reached < value and within:
                params, value, gradient, step = tried, reached, slope, 1.2 * step
            else:
                step /= 2
    return replace(instance, params=params).rounded()


def _copied(answer):
    """Value and gradient, in arrays that the next run does not overwrite."""
    value, gradient = answer
    return float(value), {name: np.array(g) for name, g in gradient.items()}
