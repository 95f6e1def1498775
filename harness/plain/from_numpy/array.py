"""The array that a plain NumPy loss is run on: it notes what NumPy is asked to do with it.

Every array has its value at the point, so that `if x > 0:` and `range(n)` go as they do there.
What NumPy cannot be stopped from doing behind our back (filling an array of its own, `float(x)`)
is refused by name.

Source: NumPy's protocols, https://numpy.org/doc/stable/reference/arrays.classes.html.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.harness.plain.steps.step import Slot
from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.problems import Array

Call = Callable[[Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]
"""call(NumPy function, args, kwargs) -> its result; notes the step."""


def _operator(function: Callable[..., Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    return (
        lambda self, other: self.call(function, (self, other), {}),
        lambda self, other: self.call(function, (other, self), {}),
    )


def _comparison(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda self, other: self.call(function, (self, other), {})


def _method(name: str) -> Callable[..., Any]:
    function = getattr(np, name)
    return lambda self, *args, **kwargs: self.call(function, (self, *args), kwargs)


class RecordedArray:
    """A floating or boolean array that depends on the parameters.

    value: at the point. slot: where it is recorded. call: see `Call`.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Array, slot: Slot, call: Call) -> None:
        self.value, self.slot, self.call = np.asarray(value), slot, call

    shape = property(lambda self: self.value.shape)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)
    dtype = property(lambda self: self.value.dtype)
    T = property(lambda self: self.call(np.transpose, (self,), {}))
    real = property(lambda self: self)

    __add__, __radd__ = _operator(np.add)
    __sub__, __rsub__ = _operator(np.subtract)
    __mul__, __rmul__ = _operator(np.multiply)
    __truediv__, __rtruediv__ = _operator(np.true_divide)
    __floordiv__, __rfloordiv__ = _operator(np.floor_divide)
    __mod__, __rmod__ = _operator(np.remainder)
    __pow__, __rpow__ = _operator(np.power)
    __matmul__, __rmatmul__ = _operator(np.matmul)
    __and__, __rand__ = _operator(np.logical_and)
    __or__, __ror__ = _operator(np.logical_or)
    __xor__, __rxor__ = _operator(np.logical_xor)
    __lt__, __le__ = _comparison(np.less), _comparison(np.less_equal)
    __gt__, __ge__ = _comparison(np.greater), _comparison(np.greater_equal)
    __eq__, __ne__ = _comparison(np.equal), _comparison(np.not_equal)

    __neg__ = _method("negative")
    __abs__ = _method("absolute")
    __invert__ = _method("logical_not")

    sum, mean, prod = _method("sum"), _method("mean"), _method("prod")
    max, min, var, std = _method("max"), _method("min"), _method("var"), _method("std")
    ravel, squeeze, swapaxes = _method("ravel"), _method("squeeze"), _method("swapaxes")
    dot, trace, diagonal = _method("dot"), _method("trace"), _method("diagonal")
    cumsum, cumprod, clip = _method("cumsum"), _method("cumprod"), _method("clip")
    take, repeat, flatten = _method("take"), _method("repeat"), _method("ravel")
    argmax, argmin, argsort = _method("argmax"), _method("argmin"), _method("argsort")
    any, all, nonzero = _method("any"), _method("all"), _method("nonzero")
    round, conj, conjugate = _method("round"), _method("copy"), _method("copy")
    copy = _method("copy")

    def reshape(self, *shape: Any, **kwargs: Any) -> Any:
        """The array in another shape, given as numbers or as a tuple."""
        return self.call(np.reshape, (self, shape[0] if len(shape) == 1 else shape), kwargs)

    def transpose(self, *axes: Any) -> Any:
        """The array with its axes in another order, given as numbers or as a tuple."""
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return self.call(np.transpose, (self, order), {})

    def astype(self, dtype: Any, **kwargs: Any) -> Any:
        """The array itself for a floating dtype that loses nothing, integers as they are here."""
        return self.call(astype, (self, dtype), {})

    def item(self, *index: Any) -> Any:
        """One entry, still an array."""
        return self.reshape(-1)[index[0] if index else 0]

    def __getitem__(self, key: Any) -> Any:
        take: Callable[..., Any] = operator.getitem
        return self.call(take, (self, key), {})

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        found: bool = self.call(bool, (self,), {})
        return found

    def __pos__(self) -> Any:
        return self

    def __setitem__(self, key: Any, value: Any) -> None:
        """Assign to part of the array: from here on it stands for another result."""
        other = self.call(operator.setitem, (self, key, value), {})
        self.value, self.slot = other.value, other.slot

    def sort(self, axis: int = -1, **kind: Any) -> None:
        """Sort in place: from here on it stands for another result."""
        other = self.call(np.sort, (self,), {"axis": axis})
        self.value, self.slot = other.value, other.slot

    def added(self, key: Any, value: Any) -> None:
        """Add to part of the array, as often as the key names an entry: np.add.at."""
        other = self.call(np.add.at, (self, key, value), {})
        self.value, self.slot = other.value, other.slot

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise Untranslatable("the loss puts a result into a NumPy array, by np.array or x[i] = ...")

    def __float__(self) -> float:
        number: float = self.call(float, (self,), {})
        return number

    def __int__(self) -> int:
        raise Untranslatable("the loss turns a result into a Python number")

    __index__ = __complex__ = __int__

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Untranslatable(f"the loss uses x.{name} of an array, which has no translation")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        # `a += b` asks for the result in a, and then takes what comes back as a.
        if out is not None and not (method == "__call__" and out[0] is inputs[0]):
            raise Untranslatable(f"the loss calls np.{ufunc.__name__} with out=")
        reduction: dict[str, Any] = {
            "add": np.sum,
            "multiply": np.prod,
            "maximum": np.max,
            "minimum": np.min,
        }
        if method == "reduce" and ufunc.__name__ in reduction:
            return self.call(reduction[ufunc.__name__], inputs, {"axis": 0} | kwargs)
        running: dict[str, Any] = {"add": np.cumsum, "multiply": np.cumprod}
        if method == "accumulate" and ufunc.__name__ in running:
            return self.call(running[ufunc.__name__], inputs, {"axis": 0} | kwargs)
        if method == "at" and ufunc is np.add:
            inputs[0].added(*inputs[1:])
            return None
        if method != "__call__":
            raise Untranslatable(f"np.{ufunc.__name__}.{method} has no translation")
        return self.call(ufunc, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        return self.call(function, args, kwargs)


def astype(x: Array, dtype: Any) -> Array:
    """What `x.astype` asks for, as a function."""
    return np.asarray(x).astype(dtype)
