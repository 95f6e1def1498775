"""What a loss may not do with an array, and the line that says what to write instead."""

from __future__ import annotations

import traceback
from typing import Any

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
        raise InputError(f"a loss may not call np.{name} on an array; write xp.{name}")

    def __float__(self) -> float:
        raise InputError("a loss may not turn an array into a Python number; leave it an array")

    __int__ = __bool__ = __index__ = __float__


def refusal(error: TypeError) -> str | None:
    """Return what to write instead, if NumPy refused an array of a loss; else None."""
    if "__array_ufunc__" not in str(error):
        return None
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"{frame.filename}, line {frame.lineno}: a loss may not call a NumPy function on an array; "
        f"write xp. for np. in: {frame.line}"
    )
