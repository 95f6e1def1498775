"""A backend: one way of getting derivatives of any problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from gradparity.backends.optimizers.training import Training
from gradparity.problems import Arrays, Instance, Problem
from gradparity.problems.special.short_floats import LOW_DTYPES as LOW_DTYPES

Operator = str
"""One of `OPERATORS`."""

OPERATORS: tuple[Operator, ...] = ("value", "gradient", "jvp", "hvp", "hessian", "jacobian")
"""What a backend may compute, at parameters θ of P numbers and along a direction v of their shape.

value: the loss f(θ). gradient: the loss and ∂f/∂θ, together. jvp: the loss and its derivative along
v, together. hvp: the Hessian times v. hessian: ∂²f/∂θ², (P, P). jacobian: ∂r/∂θ of the residuals r,
(m, P). Where parameters are flattened to P numbers they stand in the order of their names in the
instance, each in C order.
"""

DTYPES = ("float32", "float64")
DEVICES = ("cpu", "cuda")


Role = str
"""One of `ROLES`: a contestant competes; a reference is slow and sure, or slow and simple."""

ROLES: tuple[Role, ...] = ("contestant", "reference")


@dataclass(frozen=True, slots=True)
class Setting:
    """How to compute: a dtype of `DTYPES` or `LOW_DTYPES`, device "cpu" or "cuda", threads."""

    dtype: str = "float64"
    device: str = "cpu"
    threads: int = 1


class Answer(NamedTuple):
    """What an operator answers, in NumPy arrays of the setting's dtype; bfloat16 in float32 arrays.

    value: the loss, a scalar, for value, gradient and jvp; None for the others.
    derivative: name -> array. gradient, hvp: one array per parameter, of its shape. jvp: a scalar
        under "jvp". hessian: (P, P) under "hessian". jacobian: (m, P) under "jacobian".
        Empty for value.
    radius: within which every number above is certified, before its rounding to the dtype; None
        from a backend that certifies nothing.
    """

    value: Any
    derivative: Arrays
    radius: float | None = None


Counters = dict[str, int | float]
"""What an operator does, counted: name in snake_case -> how many, of what the name says.

Bytes are `..._bytes`, arithmetic operations `..._flops`. Counts of different libraries count
different things; each is good for following its own library over sizes and versions.
"""


class Unsupported(Exception):
    """Raised by `prepare` where a backend cannot serve this instance; the text says why."""


class Unavailable(Exception):
    """Raised by `prepare` where the device is not to be had; the text says why."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operator, made ready for one instance's shapes.

    encode: an instance in NumPy -> native arguments; untimed.
    run: native arguments -> native result; timed; returns only when the work is finished.
    decode: native result -> Answer, in arrays that the next run does not overwrite; untimed.
    peak: native arguments -> the bytes that one run takes of a device's own memory, at its most,
        beyond its arguments; it may run. None where that is the memory of the process.
    """

    encode: Callable[[Instance], Any]
    run: Callable[[Any], Any]
    decode: Callable[[Any], Answer]
    peak: Callable[[Any], int | None] | None = None

    def __call__(self, instance: Instance) -> Answer:
        """encode, run, decode."""
        return self.decode(self.run(self.encode(instance)))


@dataclass(frozen=True, slots=True)
class TrainingStep:
    """One step of training, made ready for an instance's shapes; each library in its own way.

    how: who moves the parameters: "optax", "torch.optim" or "ours" (`backends/optimizers`).
    start: parameters in NumPy -> native state: parameters and whatever the optimiser remembers.
    batch: data in NumPy, of the instance's shapes -> native data; untimed.
    run: (state, batch, rate) -> (state, report); timed; returns only when the work is finished. The
        state given is no longer valid afterwards.
    params: state -> parameters in NumPy, arrays of the caller's own; untimed.
    report: what run reported -> (the loss before the step, name -> norm of the gradient before it);
        untimed. The norms are {} unless they were asked for.

    Laws, tested for every backend: what is given to start and batch is not changed; the same start
    and batches lead to bitwise the same parameters, in the setting's dtype; a compiled backend
    does not call the Python loss in run; what run reported stays as it is in later steps.
    """

    how: str
    start: Callable[[Arrays], Any]
    batch: Callable[[Arrays], Any]
    run: Callable[[Any, Any, float], tuple[Any, Any]]
    params: Callable[[Any], Arrays]
    report: Callable[[Any], tuple[float, dict[str, float]]]


Prepare = Callable[[Problem, Operator, Instance, Setting], Prepared]
"""`Backend.prepare` as a function."""

Count = Callable[[Problem, Operator, Instance, Setting], Counters]
"""`CountingBackend.counters` as a function."""

Train = Callable[[Problem, Training, Instance, Setting], TrainingStep]
"""`TrainingBackend.training_step` as a function."""


@runtime_checkable
class Backend(Protocol):
    """What every backend has; its module has one of these as `BACKEND`.

    What only some backends have is a protocol of its own, below, for which they are asked by
    `isinstance`: where they compute, how they train, what they count.

    Laws, tested for every backend and problem:
    - inputs are never mutated;
    - two runs give bitwise the same answer;
    - a backend with `compiled` true does not call the Python loss in `run`;
    - `decode(run(encode(instance)))` has the shapes that `Answer` states and the setting's dtype;
    - `prepare` works from shapes and dtypes alone: prepared at zeros, it is right elsewhere;
    - where `unsupported` has a reason, `prepare` raises Unsupported;
    - every operator is served at some problem.
    """

    @property
    def name(self) -> str:
        """The name in the catalogue and on the command line."""
        ...

    @property
    def distribution(self) -> str:
        """The library whose version counts."""
        ...

    @property
    def role(self) -> Role:
        """Whether it takes part by default, or is asked for by name."""
        ...

    @property
    def compiled(self) -> bool:
        """Whether `prepare` turns the loss into a program, so that `run` no longer calls it."""
        ...

    def unavailable(self) -> str | None:
        """Why the backend cannot run on this machine, and the fix; None if it can."""
        ...

    def unsupported(self, problem: Problem, operator: Operator) -> str | None:
        """Why this problem or operator is out of the backend's reach; None if it is not."""
        ...

    def prepare(
        self, problem: Problem, operator: Operator, instance: Instance, setting: Setting
    ) -> Prepared:
        """Do all the work that does not depend on values: trace, compile, allocate.

        Raises: Unsupported for what it cannot serve, Unavailable for a device that is not there.
        """
        ...


@runtime_checkable
class DeviceBackend(Backend, Protocol):
    """A backend that says where it computes; the others compute on the CPU."""

    @property
    def devices(self) -> tuple[str, ...]:
        """Where it can compute, of `DEVICES`, if the machine has them."""
        ...


@runtime_checkable
class LowBackend(Backend, Protocol):
    """A backend that computes in dtypes shorter than float32, too.

    Law: its answers there are numbers of that dtype.
    """

    @property
    def low_dtypes(self) -> tuple[str, ...]:
        """Those that it has, of `LOW_DTYPES`."""
        ...


@runtime_checkable
class ProbingBackend(DeviceBackend, Protocol):
    """A backend that looks for a device before anything is prepared there."""

    def absent(self, device: str) -> str | None:
        """Why this machine has no such device for it, one of `devices`; None if it has."""
        ...


@runtime_checkable
class TrainingBackend(Backend, Protocol):
    """A backend that makes its own training steps; the others train with ours, see `training_step`.

    Laws: those of `TrainingStep`. Whoever moves the parameters, the trajectory is that of our
    optimiser with these options, to rounding: where a library's own cannot be set to do that, ours
    is taken, and `how` says so.
    """

    def training_step(
        self, problem: Problem, training: Training, instance: Instance, setting: Setting
    ) -> TrainingStep:
        """A step of this update (of `backends/optimizers`). Raises what `prepare` raises."""
        ...


@runtime_checkable
class CountingBackend(Backend, Protocol):
    """A backend that counts what its operators do.

    Law, tested for every backend: the same arguments give the same counters twice, whatever else
    the machine does.
    """

    def counters(
        self, problem: Problem, operator: Operator, instance: Instance, setting: Setting
    ) -> Counters:
        """What one run of this operator does, counted, not timed; {} where nothing is counted.

        Prepares anew, with what counting takes, so that no prepared operator is slowed down or
        changed. Raises what `prepare` raises.
        """
        ...


def without_residuals(problem: Problem, operator: Operator) -> str | None:
    """Why there is no Jacobian: the problem states no residuals; None if that is no obstacle."""
    if operator == "jacobian" and problem.residuals is None:
        return f"{problem.name} states no residuals, so that it has no Jacobian"
    return None
