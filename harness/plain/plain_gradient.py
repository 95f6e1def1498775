"""A gradient of a plain function, the function, and the point at which they are compared."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradparity.harness.plain.caller import Caller
from gradparity.harness.plain.native import (
    Native,
    PlainFunction,
    dtype_of,
    library_of,
    native,
    numpy_of,
    passed,
)
from gradparity.harness.plain.steps.translation import LEAVING, LOW, Translation
from gradparity.harness.plain.trees import leaves_of, rebuilt
from gradparity.problems import Arrays, InputError
from gradparity.problems.errors import unknown


@dataclass(frozen=True, slots=True, eq=False)
class PlainGradient:
    """What is judged, as `check` was asked for it.

    home: the library of the loss. loss, gradient: functions of (params, *args). automatic: whether
    the gradient is what the library makes of the loss; it returns the value then. params: the tree
    as given. point: its leaves, float64 arrays of float32 values. constants: see `check`.
    low: "bfloat16" or "float16" if a leaf is of that dtype, the shorter one if both are; else "".
    own: the dtype of each leaf, as it was given, where `low` is not "".
    """

    home: Native
    loss: PlainFunction
    gradient: PlainFunction
    automatic: bool
    params: Any
    point: Arrays
    args: tuple[Any, ...]
    constants: Collection[str] | None
    low: str = ""
    own: Mapping[str, str] = field(default_factory=dict)

    @staticmethod
    def of(
        loss: PlainFunction,
        gradient: PlainFunction | None,
        params: Any,
        args: tuple[Any, ...],
        library: str | None,
        constants: Collection[str] | None,
    ) -> PlainGradient:
        """The record. Raises: InputError for what cannot be judged."""
        for name in constants or ():
            if name not in LEAVING:
                raise unknown("constant", name, LEAVING)
        given = leaves_of(params)
        home = native(library, given.values())
        own = {path: dtype_of(x) for path, x in given.items()}
        low = next((dtype for dtype in LOW if dtype in own.values()), "")
        if low and home.name == "numpy":
            path = next(path for path, dtype in own.items() if dtype in LOW)
            raise InputError(
                f"parameter {path} is {own[path]}, should be float64 or float32; gradients in "
                "bfloat16 and float16 are judged of torch and JAX alone"
            )
        point = {path: _leaf(path, x) for path, x in given.items()}
        automatic = gradient is None
        if gradient is None:
            if home.gradient is None:
                raise InputError(
                    "a NumPy loss has no gradient of its own; pass gradient=..., a function of the "
                    "same arguments that returns a tree of the form of params"
                )
            gradient, loss = home.gradient(loss), home.followed(loss)
        else:
            gradient = home.ending(gradient)
        kept = home, loss, gradient, automatic, params, point, args, constants
        return PlainGradient(*kept, low, own if low else {})

    def caller(self, dtype: str, point: Arrays | None = None) -> Caller:
        """Calls of either function in `dtype`, at the point or another."""
        at = self.point if point is None else point
        own = self.own if dtype in LOW else {}
        return Caller(self.home, self.params, at, self.args, dtype, own)

    def flat(self, dtype: str = "float64") -> Callable[[Arrays], Any]:
        """The loss as a function of one dict of leaves."""
        return lambda leaves: self.loss(rebuilt(self.params, leaves), *passed(self.args, dtype))

    def translated(self, dtype: str, point: Arrays | None = None) -> Translation:
        """The loss in our own terms, read off in `dtype`. Raises: Untranslatable."""
        at = self.point if point is None else point
        own = self.own if dtype in LOW else {}
        return self.home.translated(self.flat(dtype), at, dtype, own)


def _leaf(path: str, x: Any) -> Any:
    """A leaf as a float64 array of float32 values."""
    if library_of(x) is None and not isinstance(x, float):
        kind = type(x).__name__
        instead = "write a float" if isinstance(x, int) else "params holds arrays and floats"
        raise InputError(f"parameter {path} is of type {kind}; {instead}")
    if (dtype := dtype_of(x)) not in ("float64", "float32", *LOW):
        raise InputError(
            f"parameter {path} is {dtype}, should be float64, float32, bfloat16 or float16"
        )
    if getattr(x, "is_meta", False):
        raise InputError(f"parameter {path} is on torch's device meta, where it has no numbers")
    layout = str(getattr(x, "layout", "torch.strided"))
    if library_of(x) == "torch" and layout != "torch.strided":
        raise InputError(f"parameter {path} is {layout}; give its values as a strided tensor")
    if isinstance(x, np.ma.MaskedArray):
        raise InputError(
            f"parameter {path} is a masked array, whose mask would be lost; give its numbers, and "
            "the mask in args"
        )
    array = numpy_of(x)
    if array.size == 0:
        raise InputError(f"parameter {path} is empty, of shape {array.shape}")
    with np.errstate(over="ignore"):
        rounded = np.asarray(array, np.float32, order="C").astype(np.float64)
    if not np.isfinite(rounded).all():
        raise InputError(f"parameter {path} has NaN or infinity in it, in float32")
    return rounded
