"""How a plain function behaves: what it returns, whether twice the same, what it leaves changed.

Each fault is a line of its own, an `InputError`: it says nothing about the gradient's mathematics.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from gradparity.harness.findings.finding import EPS
from gradparity.harness.findings.notation import component, told_apart
from gradparity.harness.judging.rounding import bound_in
from gradparity.harness.plain.native import Native, dtype_of, library_of, numpy_of, passed, seen
from gradparity.harness.plain.steps.translation import LOW
from gradparity.harness.plain.trees import leaves_of, matched, rebuilt
from gradparity.problems import Array, Arrays, InputError

FLOATING = ("float64", "float32")


class Caller:
    """Calls of plain functions at one point, in one dtype, each on arrays of its own.

    tree: params as given. point: leaf -> float64 NumPy array. args: the further arguments. own: the
    dtypes of leaves that have another than the run. In float64, bfloat16 and float16 every function
    is called twice, to see whether it answers the same; each call may compile anew.
    answered: the dtype of each gradient that was not of its leaf's dtype.
    """

    def __init__(
        self,
        native: Native,
        tree: Any,
        point: Arrays,
        args: Any,
        dtype: str,
        own: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._native, self._tree, self._point = native, tree, point
        self._args, self._dtype, self._own = args, dtype, own
        self._calls = 1 if dtype == "float32" else 2
        self._allowed = (*FLOATING, *LOW) if dtype in LOW else FLOATING
        self.answered: dict[str, str] = {}

    def loss(self, function: Callable[..., Any], once: bool = False) -> Any:
        """The value of the loss: float64 or float32, finite or not.

        once: whether the gradient calls it again, and returns its value.

        Raises: InputError, one line, if it is no real scalar, changes its arguments or differs
        from call to call.
        """
        function = self._native.ending(function)
        values = [
            self._called(function, "loss", lambda result: scalar(result, "loss"))
            for _ in range(1 if once else self._calls)
        ]
        self._repeated("loss", {"": values[0]}, {"": values[-1]})
        return values[0]

    def gradient(self, function: Callable[..., Any]) -> tuple[Any, Arrays]:
        """The value, None if it is not returned, and the gradient by leaf, in NumPy arrays.

        Raises: InputError as `loss`, and for a tree, shape or dtype that is not that of params.
        """
        answers = [self._called(function, "gradient", self._read) for _ in range(self._calls)]
        (value, first), (again, second) = answers[0], answers[-1]
        if value is not None and again is not None:
            self._repeated("loss", {"": value}, {"": again})
        self._repeated("gradient", first, second)
        return value, first

    def answer(self, function: Callable[..., Any]) -> Any:
        """What another function of the same arguments returns. Raises: InputError as `loss`."""
        return self._called(function, "gradient", lambda result: result)

    def _read(self, result: Any) -> tuple[Any, Arrays]:
        _no_generator(result, "gradient")
        value, tree = divided(result, self._point)
        found = matched(tree, self._point)
        gradient = {path: self._component(path, x) for path, x in found.items()}
        return None if value is None else scalar(value, "gradient's value"), gradient

    def _called(self, function: Callable[..., Any], what: str, read: Callable[[Any], Any]) -> Any:
        outside = {path: (x, seen(x)) for path, x in _arrays(self._args).items()}
        with self._native.within(self._dtype), np.errstate(all="ignore"):
            leaves = {
                path: self._native.array(x, self._own.get(path, self._dtype))
                for path, x in self._point.items()
            }
            args = passed(self._args, self._dtype)
            given = {**leaves, **_arrays(args)}
            before = _kept({path: (x, x) for path, x in self._point.items()} | outside, given)
            try:
                result = function(rebuilt(self._tree, leaves), *args)
            except (InputError, MemoryError):
                raise
            except Exception as error:
                text, hint = raised(error), ""
                if "dtype" in text:
                    hint = "; arrays that it reads from outside keep their dtype: pass them in args"
                raise InputError(f"the {what} raises, in {self._dtype}, {text}{hint}") from error
            found = read(result)
        _unchanged(what, before, given)
        return found

    def _component(self, path: str, x: Any) -> Array:
        _no_generator(x, f"gradient of {path}")
        if (library_of(x) is None and not isinstance(x, float | int)) or isinstance(x, bool):
            raise InputError(f"the gradient of {path} is a {type(x).__name__}, should be an array")
        dtype, own = dtype_of(x), self._own.get(path, self._dtype)
        if isinstance(x, int):
            x, dtype = float(x), "float64"
        if dtype not in self._allowed:
            should = own if self._dtype in LOW else "float64"
            raise InputError(f"the gradient of {path} is {dtype}, should be {should}")
        if dtype != own:
            self.answered[path] = dtype
        array, should = numpy_of(x), self._point[path].shape
        if array.shape != should:
            raise InputError(f"the gradient of {path} has shape {array.shape}, should be {should}")
        return array

    def _repeated(self, what: str, first: Arrays, second: Arrays) -> None:
        """InputError if two calls differ by more than the last digits, which threads may cost."""
        for path, a in first.items():
            _alike(what, path, a, second[path], self._dtype if self._dtype in LOW else "")


def raised(error: Exception) -> str:
    """What a function raised, in one line: "ValueError: ..."."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def scalar(result: Any, what: str) -> Any:
    """A loss as a NumPy scalar; InputError if it is none that a gradient exists of."""
    _no_generator(result, what)
    if result is None:
        raise InputError(f"the {what} is None; does the function return it?")
    if library_of(result) is None and not isinstance(result, float | int):
        raise InputError(f"the {what} is a {type(result).__name__}, should be a scalar")
    array = numpy_of(result)
    if array.shape != ():
        raise InputError(
            f"the {what} has shape {array.shape}, should be a scalar; sum or average it"
        )
    if array.dtype.kind not in "fiu":
        hint = "; take its abs, or its real part" if array.dtype.kind == "c" else ""
        raise InputError(f"the {what} is {array.dtype}, should be a real number{hint}")
    return array[()] if array.dtype.kind == "f" else np.float64(array)


def divided(result: Any, point: Mapping[str, Any]) -> tuple[Any, Any]:
    """(value, gradient) of what a gradient returned: the pair of both, or the gradient alone."""
    if not isinstance(result, tuple) or len(result) != 2:
        return None, result
    alone, second = _paths(result), _paths(result[1])
    if alone == set(point) or (second != set(point) and _is_pair(point)):
        return None, result
    return result


def _paths(tree: Any) -> set[str]:
    try:
        return set(leaves_of(tree))
    except InputError:
        return set()


def _is_pair(point: Mapping[str, Any]) -> bool:
    return any(path.startswith("params[") for path in point)


def _no_generator(result: Any, what: str) -> None:
    if inspect.isgenerator(result) or inspect.iscoroutine(result):
        kind = type(result).__name__
        raise InputError(f"the {what} is a {kind}, not an array; write return for yield or await")


def _arrays(args: Any) -> dict[str, Any]:
    """The arrays among the further arguments, by a name for messages."""
    try:
        leaves = leaves_of({"args": list(args)})
    except InputError:
        return {}
    return {path: x for path, x in leaves.items() if library_of(x) is not None}


def _kept(before: Mapping[str, tuple[Any, Array]], given: Mapping[str, Any]) -> Arrays:
    """What is given as it was before the call; what is given in a copy is not copied once more.

    before: what it is, and that in NumPy, which may share its memory.
    """
    return {
        path: np.array(array) if x is given[path] and array.flags.writeable else array
        for path, (x, array) in before.items()
        if path in given
    }


def _unchanged(what: str, before: Arrays, given: Mapping[str, Any]) -> None:
    for path, then in before.items():
        now = seen(given[path])
        if now.shape != then.shape:
            raise InputError(f"the {what} changes the shape of its argument {path}")
        if not _equal(now, then):
            change = np.abs(now.astype(np.float64) - then.astype(now.dtype).astype(np.float64))
            at = tuple(int(i) for i in np.unravel_index(int(np.argmax(change)), change.shape))
            was, is_ = now.dtype.type(then[at]), now[at]
            raise InputError(
                f"the {what} changes its argument {path}: {component(path, at)} was {was:.6g}, "
                f"is {is_:.6g}; work on a copy"
            )


def _equal(now: Array, then: Array) -> bool:
    """Whether two arrays are equal in the dtype of the first; NaN is NaN. Takes no copy of them."""
    if now.dtype.kind != "f":
        return bool(np.array_equal(now, then))
    alike = np.dtype(now.dtype).char * 2 + "->?"
    with np.errstate(over="ignore"):
        differ = np.not_equal(now, then, signature=alike, casting="unsafe")
    return not differ.any() or bool(np.array_equal(now, then.astype(now.dtype), equal_nan=True))


def _alike(what: str, path: str, first: Array, second: Array, dtype: str) -> None:
    one, two = np.asarray(first, np.float64), np.asarray(second, np.float64)
    scale = np.max(np.abs(one), initial=0, where=np.isfinite(one))
    with np.errstate(all="ignore"):
        error = np.where((one == two) | (np.isnan(one) & np.isnan(two)), 0, np.abs(one - two))
    within = bound_in(dtype) * EPS[dtype or np.asarray(first).dtype.name]
    if not error.size or np.max(error) <= within * scale:
        return
    at = tuple(int(i) for i in np.unravel_index(int(np.argmax(error)), one.shape))
    told = told_apart(float(one[at]), float(two[at]))
    relative = error[at] / max(abs(one[at]), abs(two[at]))
    where = f" for {component(path, at)}" if path else ""
    raise InputError(
        f"the {what} is not deterministic: two calls gave {told[0]} and {told[1]}{where}, "
        f"a relative difference of {relative:.0e}; seed it inside"
    )
