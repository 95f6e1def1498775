"""What is left of a plain function once it is written in our own terms.

People test gradients of functions that they have: `loss(params)`, on JAX or torch arrays. The judge
evaluates a loss on dual numbers, on the tape and in perturbed extended precision, so it needs
`loss(xp, params, data)`. A translation is that loss, read off from what the library computed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from gradparity.harness.findings.finding import HeldConstant
from gradparity.problems import Arrays, InputError, Loss

LEAVING = ("item", "tolist", "numpy", "float", "format", "dlpack", "Function")
"""How a number leaves torch's automatic differentiation without being cut off by its author."""


class Untranslatable(InputError):
    """A plain function computes something that the operations of a loss cannot express."""


class Unmoved(Untranslatable):
    """What it returns depends on no parameter by operations that have derivatives."""


_BITS = {"bfloat16": 8, "float16": 11}


LOW = tuple(_BITS)
"""The dtypes shorter than float32 that are judged."""


def refuse_rounding(dtype: str, operation: str, run: str = "float64") -> None:
    """Raise InputError for a step in bfloat16 or float16: no gradient can be held against it.

    The loss is then a staircase, and no other way of judging it sees more. A run whose parameters
    are of such a dtype is judged in it.
    Nor for one in float8, whatever the run: its rounding is larger than what is judged.
    """
    if dtype.startswith("float8"):
        raise InputError(
            f"the loss rounds to {dtype} on its way, in {operation}: float8 is not judged; "
            "give the kernel a reference= without it, or check what is around it"
        )
    if dtype in _BITS and run not in _BITS:
        raise InputError(
            f"the loss rounds to {dtype} on its way, in {operation}, to {_BITS[dtype]} bits: "
            "its gradient cannot be judged; compute the loss in float32 or float64 for the check, "
            f"or pass the parameters in {dtype}"
        )


@dataclass(frozen=True, slots=True)
class Translation:
    """A plain function in our own terms.

    loss: loss(xp, params, data) -> scalar, over the operations of `Namespace`.
    data: the arrays that the function captured, and those that it computed without its parameters.
    how: what was read, for a person: "42 JAX operations".
    held: what moves with the parameters, but not in `loss`, since its author cut it off.
    lost: the same of what left the library: no derivative can pass there, asked for or not.
    draws: whether random numbers are drawn on the way, which are others in another dtype.
    narrows: whether numbers are rounded to float32 on the way, in a float64 run too.

    The comparisons and indices of the run that was read are part of the loss: it is the function's
    own on every point that takes the same branches.
    """

    loss: Loss
    data: Arrays
    how: str
    held: tuple[HeldConstant, ...] = ()
    lost: tuple[HeldConstant, ...] = ()
    draws: bool = False
    narrows: bool = False

    @property
    def precision(self) -> str:
        """The dtype to whose precision a float64 run of the function computes."""
        return "float32" if self.narrows else "float64"

    def without(self, constants: Collection[str] | None) -> tuple[HeldConstant, ...]:
        """What is held constant and should not be; `constants` as `check` has them."""
        if constants is None:
            return self.held + self.lost
        return tuple(x for x in self.lost if x.operation not in constants)
