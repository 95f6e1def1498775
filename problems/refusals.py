"""What a loss may not do with an array, and the line that says what to write instead."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterable
from typing import Any

import numpy as np

from gradparity.problems.errors import InputError

_INSTEAD = {
    **{name: f"xp.{name}(x)" for name in ("sum", "mean", "prod", "max", "min")},
    **{"reshape": "xp.reshape(x, shape)", "flatten": "xp.reshape(x, (-1,))"},
    **{"ravel": "xp.reshape(x, (-1,))", "astype": "xp.astype(x, dtype)", "dot": "x @ y"},
    **{"transpose": "xp.permute_dims(x, axes)", "squeeze": "xp.squeeze(x, axis)"},
    **{"clip": "xp.clip(x, low, high)", "cumsum": "xp.cumulative_sum(x, axis=...)"},
    **{"take": "xp.take(x, indices, axis=...)", "item": "x"},
    "size": "math.prod(x.shape)",
}


class Refusals:
    """The habits of NumPy users that no other library shares: each raises an `InputError`."""

    __slots__ = ()
    # NumPy must leave `ndarray + x` to x; its functions then refuse, see `refusal`.
    __array_ufunc__: Any = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        instead = _INSTEAD.get(name, "an operation of xp")
        raise InputError(f"a loss may not use x.{name} of an array; write {instead}")

    def __setitem__(self, key: Any, value: Any) -> None:
        raise InputError(
            "x[...] = value: arrays are values here, and a loss may not assign to part of one; "
            "write xp.where or xp.concat"
        )

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise InputError("a loss may not turn an array into a NumPy array; write operations of xp")

    def __array_function__(self, function: Any, *args: Any) -> Any:
        name = function.__name__
        raise InputError(f"a loss may not call np.{name} on an array; {written_instead([name])}")

    def __float__(self) -> float:
        raise InputError("a loss may not turn an array into a Python number; leave it an array")

    __int__ = __bool__ = __index__ = __float__


def refusal(error: TypeError) -> str | None:
    """Return what to write instead, if NumPy refused an array of a loss; else None."""
    if "__array_ufunc__" not in str(error):
        return None
    frame = traceback.extract_tb(error.__traceback__)[-1]
    called = re.findall(r"(\w+)\s*\(", frame.line or "")
    return (
        f"{frame.filename}, line {frame.lineno}: a loss may not call a NumPy function on an array; "
        f"{written_instead(called)} in: {frame.line}"
    )


def written_instead(names: list[str]) -> str:
    """What to write for the functions of these names: xp has some of them, and not the others."""
    from gradparity.problems.operations.families import OPERATIONS

    calls = (_in_xp(name, OPERATIONS) for name in dict.fromkeys(names))
    known = [f"xp.{name}" for name in calls if name is not None]
    if known:
        return f"write {', '.join(known)}"
    absent = f"xp has no {names[0]}" if len(names) == 1 else "xp has no such function"
    return f"{absent}; write it with operations that xp has"


_RENAMED = {"cumsum": "cumulative_sum", "cumprod": "cumulative_prod"}


def _in_xp(name: str, known: Iterable[str]) -> str | None:
    """What xp calls NumPy's function of this name; NumPy knows Array API names, too."""
    function = getattr(np, name, name)
    alike = (one for one in known if one == name or getattr(np, one, None) is function)
    return next(alike, _RENAMED.get(name))
