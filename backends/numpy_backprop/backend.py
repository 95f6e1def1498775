"""The backend `numpy`: derivatives written by hand, on NumPy arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from gradparity.backends.backend import (
    Counters,
    Operator,
    Prepared,
    Setting,
    TrainingStep,
    Unsupported,
    without_residuals,
)
from gradparity.backends.numpy_backprop.calls import calls
from gradparity.backends.numpy_backprop.contract.composed import along, by_columns
from gradparity.backends.numpy_backprop.contract.derivation import (
    Derive,
    Further,
    Operate,
    by_gradient,
)
from gradparity.backends.numpy_native import cast, decoder, encoder
from gradparity.backends.operators import spread
from gradparity.backends.optimizers.training import Training
from gradparity.backends.training_step import our_step
from gradparity.problems import Arrays, Instance, Problem


@dataclass(frozen=True, slots=True)
class NumpyBackprop:
    """Hand-written derivations: those of the catalogue, or the gradient in a user's file."""

    name: str = "numpy"
    distribution: str = "numpy"
    role: str = "contestant"
    compiled: bool = False

    def unavailable(self) -> str | None:
        """NumPy is always there."""
        return None

    def unsupported(self, problem: Problem, operator: Operator) -> str | None:
        """A problem without a derivation, or without one for this operator."""
        if _derive(problem) is None:
            return _not_here(problem) or (
                f"numpy has no hand-written gradient for {problem.name!r}; "
                "give the Problem a `gradient`, or try --backend tape"
            )
        if operator in ("value", "gradient", "jvp"):
            return None
        needed = "hvp" if operator == "hessian" else operator
        further = _further(problem)
        if operator in further or needed in further:
            return None
        return without_residuals(problem, operator) or (
            f"numpy has no hand-written {needed} for {problem.name!r}; try --backend tape"
        )

    def prepare(
        self, problem: Problem, operator: Operator, instance: Instance, setting: Setting
    ) -> Prepared:
        """Allocate the operator's buffers."""
        operate = self._operate(problem, operator, *_arrays(instance, setting))
        return Prepared(
            encoder(operator, setting.dtype), spread(operate), decoder(operator, setting.dtype)
        )

    def training_step(
        self, problem: Problem, training: Training, instance: Instance, setting: Setting
    ) -> TrainingStep:
        """The derivation's gradient, in the vector where it computes it, then our optimiser."""
        derivation = self._found(problem, "gradient")(*_arrays(instance, setting))
        return our_step(
            lambda params: partial(derivation.gradient, params),
            lambda data: cast(data, setting.dtype),
            training,
            instance,
            setting,
            derivation.flat,
        )

    def counters(
        self, problem: Problem, operator: Operator, instance: Instance, setting: Setting
    ) -> Counters:
        """The NumPy calls of one run, and the bytes that they touch; see `calls`.

        Arithmetic on Python floats, of which the tiny problems consist, is not among them.
        """
        native = encoder(operator, setting.dtype)(instance)
        return {**calls(lambda: self.prepare(problem, operator, instance, setting).run, native)}

    def _operate(
        self, problem: Problem, operator: Operator, params: Arrays, data: Arrays
    ) -> Operate:
        derive, further = self._found(problem, operator), _further(problem)
        if operator in further:
            return further[operator](params, data)
        if operator == "hessian":
            return by_columns(further["hvp"](params, data), params)
        derivation = derive(params, data)
        if operator == "jvp":
            return along(derivation.gradient)
        return derivation.value if operator == "value" else derivation.gradient

    def _found(self, problem: Problem, operator: Operator) -> Derive:
        """The derivation; Unsupported where there is none, or none of this operator."""
        derive, reason = _derive(problem), self.unsupported(problem, operator)
        if derive is None or reason is not None:
            raise Unsupported(reason)
        return derive


def _arrays(instance: Instance, setting: Setting) -> tuple[Arrays, Arrays]:
    """Parameters and data in the setting's dtype."""
    return cast(instance.params, setting.dtype), cast(instance.data, setting.dtype)


def _derive(problem: Problem) -> Derive | None:
    """The derivation of the catalogue, or the first gradient that a user's file brings along."""
    if not problem.by_hand:
        from gradparity.backends.numpy_backprop.catalogue import DERIVATIONS

        return DERIVATIONS.get(problem.name)

    written = (one for one in problem.by_hand.values() if not isinstance(one, str))
    return next((by_gradient(problem.loss, one) for one in written), None)


def _not_here(problem: Problem) -> str | None:
    """What a user's file says of why its gradient cannot be had on this machine."""
    return next((one for one in problem.by_hand.values() if isinstance(one, str)), None)


def _further(problem: Problem) -> Further:
    """A user's file brings its gradient alone, even where it takes a name of the catalogue."""
    if problem.gradient is not None:
        return {}
    from gradparity.backends.numpy_backprop.catalogue import FURTHER

    return FURTHER.get(problem.name, {})


BACKEND = NumpyBackprop()
