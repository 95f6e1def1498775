"""A plain function of NumPy arrays as a loss: run once at a point, on arrays that note every step.

Branches, loop counts and integer indices are those of the run; comparisons that choose entries
(np.where, masks) stay comparisons. What the loss reads besides its parameters becomes data.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from gradparity.harness.plain.from_numpy.array import RecordedArray, astype
from gradparity.harness.plain.from_numpy.borrowed import borrowed
from gradparity.harness.plain.from_numpy.complex_arrays import (
    TRANSFORMS,
    complex_result,
    has_complex,
)
from gradparity.harness.plain.from_numpy.composed import COMPOSED
from gradparity.harness.plain.from_numpy.filling import filled
from gradparity.harness.plain.from_numpy.functions import (
    CONSTANT,
    FILLING,
    FUNCTIONS,
    MOVING,
    SCIPY,
)
from gradparity.harness.plain.from_numpy.linear import RULES as LINEAR
from gradparity.harness.plain.from_numpy.linear import SEVERAL, parts
from gradparity.harness.plain.from_numpy.ranks import RANKED
from gradparity.harness.plain.steps.decisions import Decisions
from gradparity.harness.plain.steps.mathematics import number
from gradparity.harness.plain.steps.movement import added, moved, positions, replaced
from gradparity.harness.plain.steps.parting import parted
from gradparity.harness.plain.steps.ranks import ranked
from gradparity.harness.plain.steps.recording import StepRecording
from gradparity.harness.plain.steps.step import Operand, Slot
from gradparity.harness.plain.steps.translation import Translation, Untranslatable, refuse_rounding
from gradparity.harness.plain.steps.users_float import users_float
from gradparity.problems import Array, InputError

_MASKS = frozenset(
    {
        *(np.where, np.logical_and, np.logical_or, np.logical_not, np.logical_xor),
        *(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert),
    }
)
"""Functions that take a mask as a mask; all others take it as the numbers 0 and 1."""

_COMPARISONS = frozenset({np.less, np.less_equal, np.greater, np.greater_equal})
_COMPARISONS |= {np.equal, np.not_equal}
"""What a branch asks: where both sides are equal, the loss may have a kink that no step shows."""


def translated(
    loss: Callable[[dict[str, Any]], Any],
    params: dict[str, np.ndarray[Any, Any]],
    dtype: str = "float64",
) -> Translation:
    """The loss in our own terms, read off at the point `params`.

    loss: loss({leaf: array}) -> scalar, in plain NumPy. dtype: of the run, whose branches are
    taken; what rounds to float32 in float64 rounds nothing in float32.
    Raises: Untranslatable, which names the function that a loss has no operations for; InputError,
    which names the first operation whose result is not finite.
    """
    try:
        return _read_off(loss, params, filled, dtype=dtype)
    except Untranslatable:
        # An array that it fills with numbers alone may have to be NumPy's own.
        return _read_off(loss, params, lambda constant: nullcontext(), dtype=dtype)


def deciding(
    loss: Callable[[dict[str, Any]], Any],
    params: dict[str, np.ndarray[Any, Any]],
    decisions: Decisions,
) -> Translation:
    """The loss in our own terms, as `decisions` let it run. Raises: as `translated`."""
    return _read_off(loss, params, filled, decisions)


def _read_off(
    loss: Callable[[dict[str, Any]], Any],
    params: dict[str, np.ndarray[Any, Any]],
    makers: Callable[[Callable[[Any], RecordedArray]], AbstractContextManager[None]],
    decisions: Decisions | None = None,
    dtype: str = "float64",
) -> Translation:
    """makers: the context in which NumPy's makers of arrays are those of `filling.py`, or none.

    decisions: what comparisons are told to; the loss is then not held against itself.
    """
    with np.errstate(all="ignore"):
        plain = loss({name: np.array(x, dtype) for name, x in params.items()})
    value = np.asarray(plain, np.float64)
    watch = Watch(StepRecording(list(params), "NumPy", dtype), decisions or Decisions())
    given = {
        name: RecordedArray(np.array(x, dtype), watch.recording.params[name], watch.call)
        for name, x in params.items()
    }
    try:
        with makers(watch.constant), borrowed(), users_float(_followed):
            result = watch.unconverted(loss(given))
        if not np.isfinite(value) and watch.broken:
            raise InputError(f"the loss is {value} at this point: {watch.broken}")
        operand = (
            result.slot if isinstance(result, RecordedArray) else watch.recording.constant(value)
        )
        if decisions is not None:
            value = np.asarray(result.value if isinstance(result, RecordedArray) else result)
        translation = watch.recording.translation(operand, value.item(), params)
    except InputError:
        raise
    except Exception as error:
        # The loss runs on arrays proper: it is our array that it cannot take.
        told = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise Untranslatable(f"the loss cannot be read off NumPy: {told}") from error
    if decisions is None and parted(loss, translation, params, translation.precision):
        raise Untranslatable("the loss moves otherwise than the NumPy operations read off it")
    return translation


class Watch:
    """The run of a loss: each NumPy function it calls becomes a step.

    broken: the first operation that made something that is not finite of what was; "" if none.
    """

    def __init__(self, recording: StepRecording, decisions: Decisions) -> None:
        self.recording, self._decisions = recording, decisions
        self.broken = ""
        self._numbers: list[tuple[float, RecordedArray]] = []
        self._ties: list[RecordedArray] = []

    def call(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of a NumPy function, some of whose arguments are `RecordedArray`."""
        if function is operator.setitem:
            return self._assigned(*args)
        if function == np.add.at:
            return self._added(*args)
        if function is bool:
            if any(args[0] is tie for tie in self._ties):
                raise Untranslatable("the loss takes a branch where what it compares is equal")
            return self._decisions.asked(args[0].value)
        if function is float:
            self._numbers.append((float(args[0].value), args[0]))
            return self._numbers[-1][0]
        kwargs = {name: x for name, x in kwargs.items() if not _idle(name, x)}
        if function in TRANSFORMS or has_complex((args, kwargs)):
            return complex_result(self.call, self.recording, function, args, kwargs)
        plain: list[RecordedArray] = []
        values = _mapped((args, kwargs), lambda x: x.value if isinstance(x, RecordedArray) else x)
        _mapped((args, kwargs), lambda x: plain.append(x) if isinstance(x, RecordedArray) else None)
        with np.errstate(all="ignore"):
            value = function(*values[0], **values[1])
        self._watched(function, plain, value)
        if function in CONSTANT:
            return self._decisions.asked(value) if isinstance(value, bool | np.bool) else value
        if function is astype:
            return self._converted(plain[0], value)
        if function in MOVING or function in FILLING:
            return self._moved(function, args, kwargs)
        if function in COMPOSED:
            return COMPOSED[function](*args, **kwargs)
        if function in SEVERAL:
            found = parts(function, args, kwargs)
            slots = [self._step(rule, False, args[:1], {}) for rule in found]
            if len(found) == 1:
                return self._made(value, slots[0])
            return type(value)(*map(self._made, value, slots))
        if function in RANKED and isinstance(args[0], RecordedArray):
            return RANKED[function](self._picked, *args, **kwargs)
        rule = LINEAR.get(function) or FUNCTIONS.get(function)
        if rule is None and isinstance(function, np.ufunc):
            rule = SCIPY.get(function.__name__)
        if rule is None:
            raise Untranslatable(f"{_name(function)} has no translation")
        if function is np.where and len(args) == 1:
            return value
        slot = self._step(rule, function in _MASKS, args, kwargs)
        made = self._made(value, slot)
        # Where float32 alone makes them equal there is no kink: it goes its way, which is judged.
        alone = function in _COMPARISONS and np.ndim(value) == 0
        if alone and self.recording.dtype == "float64" and np.equal(*values[0]):
            self._ties.append(made)
        return made

    def constant(self, value: Any) -> RecordedArray:
        """An array that does not depend on the parameters, yet; the loss may fill it."""
        slot = self.recording.step(lambda xp, x: x + 0.0, self.recording.datum(value))
        return RecordedArray(np.array(value), slot, self.call)

    def unconverted(self, result: Any) -> Any:
        """What a loss returned, before it was made a Python number by `float`.

        Raises: Untranslatable if it computes on with such a number.
        """
        if not self._numbers:
            return result
        number, array = self._numbers[-1]
        if len(self._numbers) > 1 or result is not number:
            raise Untranslatable("the loss turns a result into a Python number")
        return array

    def _assigned(self, x: RecordedArray, key: Any, given: Any) -> RecordedArray:
        """The array with other entries at a key; a mask of comparisons stays one."""
        mask = isinstance(key, RecordedArray) and key.dtype.kind == "b" and key.shape == x.shape
        if mask and np.ndim(given.value if isinstance(given, RecordedArray) else given) == 0:
            chosen = self.call(np.where, (key, given, x), {})
            assert isinstance(chosen, RecordedArray)
            return chosen
        places, spread, key = self._spread(x, key, given)
        value = np.array(x.value)
        value[key] = spread.value
        slot = replaced(self.recording, x.slot, x.shape, spread.slot, places)
        return RecordedArray(value, slot, self.call)

    def _added(self, x: RecordedArray, key: Any, given: Any) -> RecordedArray:
        """The array with more at a key, as often as it names an entry."""
        places, spread, key = self._spread(x, key, given)
        value = np.array(x.value)
        np.add.at(value, key, spread.value)
        slot = added(self.recording, x.slot, x.shape, spread.slot, places)
        return RecordedArray(value, slot, self.call)

    def _spread(self, x: RecordedArray, key: Any, given: Any) -> tuple[Array, RecordedArray, Any]:
        """(the places that a key names, what is given for each, the key in NumPy's arrays)."""
        key = _mapped(key, lambda k: k.value if isinstance(k, RecordedArray) else k)
        places = positions(x.shape)[key]
        spread = given if isinstance(given, RecordedArray) else self.constant(np.float64(given))
        if spread.shape != places.shape:
            spread = self.call(np.broadcast_to, (spread, places.shape), {})
        return places, spread, key

    def _made(self, value: Any, slot: Slot) -> Any:
        dtype = np.asarray(value).dtype
        if dtype == np.float32:
            slot = self.recording.single(slot)
        return RecordedArray(value, slot, self.call) if dtype.kind in "fb" else value

    def _step(
        self, rule: Callable[..., Any], masks: bool, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Slot:
        """The step rule(xp, *args, **kwargs), its arrays made operands wherever they stand."""
        operands: list[Operand] = []

        def noted(x: Any) -> Any:
            operand = self._operand(x, masks)
            if operand is None:
                return x
            operands.append(operand)
            return _Place(len(operands) - 1)

        form = _mapped((args, kwargs), noted)

        def stepped(xp: Any, *arrays: Any) -> Any:
            filled = _mapped(form, lambda x: arrays[x.number] if isinstance(x, _Place) else x)
            return rule(xp, *filled[0], **filled[1])

        return self.recording.step(stepped, *operands)

    def _operand(self, x: Any, masks: bool) -> Operand | None:
        """An argument as an operand; None if it is no array: an axis, a shape, a number."""
        if isinstance(x, RecordedArray):
            if x.dtype.kind == "b" and not masks:
                return self.recording.step(number, x.slot)
            return x.slot
        if not isinstance(x, np.ndarray | np.generic):
            return None
        if x.dtype.kind in "iu" or (x.dtype.kind == "b" and not masks):
            x = x.astype(np.float64)
        if x.ndim == 0 and x.dtype.kind == "b":
            return self.recording.datum(x)
        return self.recording.constant(x)

    def _moved(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The function run on the positions of the entries, and the entries taken from there."""
        x = args[0]
        if not isinstance(x, RecordedArray):
            raise Untranslatable(f"{_name(function)} by a parameter has no translation")
        fill: float = 0.0
        rest = _mapped(args[1:], lambda a: a.value if isinstance(a, RecordedArray) else a)
        if function in FILLING:
            kwargs = dict(kwargs)
            fill = kwargs.pop("constant_values", 0.0)
            if kwargs.get("mode", "constant") not in _PADS or not isinstance(fill, int | float):
                raise Untranslatable("np.pad with numbers of its own has no translation")
            found = function(positions(x.shape) + 1, *rest, **kwargs) - 1
        else:
            found = function(positions(x.shape), *rest, **kwargs)

        def taken(sources: Any) -> Any:
            if isinstance(sources, list | tuple):
                return [taken(part) for part in sources]
            places = np.asarray(sources)
            value = np.where(places < 0, fill, x.value.reshape(-1)[places])
            return RecordedArray(value, moved(self.recording, x.slot, places, fill), self.call)

        return taken(found)

    def _picked(self, x: RecordedArray, at: Array, axis: int) -> RecordedArray:
        """The entries of an array at indices along an axis, which were found by their rank."""
        slot = ranked(self.recording, x.slot, x.value, at, axis)
        return RecordedArray(np.take_along_axis(x.value, at, axis=axis), slot, self.call)

    def _converted(self, x: RecordedArray, value: Array) -> Any:
        kind = value.dtype.kind
        refuse_rounding(str(value.dtype), "astype")
        if kind == "f":
            slot = self.recording.step(number, x.slot) if x.dtype.kind == "b" else x.slot
            return self._made(value, slot)
        return value

    def _watched(self, function: Any, arguments: list[RecordedArray], value: Any) -> None:
        if self.broken or any(not np.isfinite(x.value).all() for x in arguments):
            return
        array = value if isinstance(value, np.ndarray | np.generic) else np.asarray(0)
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            self.broken = f"{_name(function)} made {_example(array)} of {_met(array, arguments)}"


def _followed(x: Any) -> Any:
    """The number that `float` makes of an array, still an array."""
    return x.reshape(()) if isinstance(x, RecordedArray) and x.size == 1 else None


_PADS = ("constant", "edge", "reflect", "symmetric", "wrap")


class _Place:
    """Where an operand stands among the arguments of a function."""

    def __init__(self, number: int) -> None:
        self.number = number


def _mapped(x: Any, function: Callable[[Any], Any]) -> Any:
    """`function` on everything in nested tuples, lists and dicts."""
    if isinstance(x, tuple | list):
        parts = [_mapped(part, function) for part in x]
        return tuple(parts) if isinstance(x, tuple) else parts
    if isinstance(x, dict):
        return {key: _mapped(part, function) for key, part in x.items()}
    return function(x)


_UNSET = ("out", "dtype", "initial", "where", "order", "keepdims")


def _idle(name: str, x: Any) -> bool:
    """Whether an argument says nothing: NumPy's wrappers pass some on."""
    unset = x is None or x is np._NoValue
    if name == "dtype" and not unset:
        return bool(np.dtype(x) == np.float64)
    return (unset and name in _UNSET) or (name == "where" and x is True)


def _name(function: Any) -> str:
    name = getattr(function, "__name__", repr(function))
    module = getattr(function, "__module__", "") or ""
    if isinstance(function, np.ufunc):
        homes = {"np": np, "scipy.special": sys.modules.get("scipy.special")}
        for home, module_of in homes.items():
            if getattr(module_of, name, None) is function:
                return f"{home}.{name}"
        made = name.removesuffix(" (vectorized)")  # as np.frompyfunc calls what it makes
        return f"np.frompyfunc of {made}" if made != name else f"the ufunc {name}"
    return f"np.linalg.{name}" if module.startswith("numpy.linalg") else f"np.{name}"


def _example(array: Array) -> str:
    return str(array[~np.isfinite(array)].reshape(-1)[0])


def _met(array: Array, arguments: list[RecordedArray]) -> str:
    """The entries of the arguments at the first place of the result that is not finite."""
    at = tuple(np.argwhere(~np.isfinite(array))[0])
    if any(x.shape not in (array.shape, ()) for x in arguments):
        return "finite numbers"
    entries = [f"{x.value[at if x.shape else ()]:.6g}" for x in arguments]
    where = f" at [{','.join(map(str, at))}]" if at else ""
    return " and ".join(entries) + where
