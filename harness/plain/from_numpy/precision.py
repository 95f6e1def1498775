"""Whether a NumPy loss rounds on its way, to a low precision or to decimals, translated or not.

The loss is run once on arrays that know that they depend on the parameters. What NumPy makes of
them knows it, too; what is put into an array of the loss's own (np.array, x[i] = ...) does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.harness.plain.steps.translation import refuse_rounding
from gradparity.problems import Array, Arrays, InputError


class MovingArray(np.ndarray):
    """An array that depends on the parameters.

    rounded: the function that rounded it to decimals, "" if none did.
    """

    rounded: str = ""

    def __array_finalize__(self, of: Any) -> None:
        """Refuse a dtype of few bits, which `astype` makes."""
        if isinstance(of, MovingArray):
            self.rounded = of.rounded if self.dtype.kind == "f" else ""
            refuse_rounding(str(self.dtype), "astype")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        """What NumPy does, as a moving array; refuse to compute with what was rounded."""
        return _called(getattr(ufunc, method), ufunc, inputs, kwargs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        """The same, of NumPy's other functions."""
        return _called(function, function, args, kwargs)

    def round(self, *args: Any, **kwargs: Any) -> Any:
        """As np.round."""
        return np.round(self, *args, **kwargs)


def refuse_low(loss: Callable[[dict[str, Any]], Any], params: Arrays) -> None:
    """Raise InputError, which names the function, if the loss rounds and computes on with that."""
    try:
        with np.errstate(all="ignore"):
            loss({name: np.array(x).view(MovingArray) for name, x in params.items()})
    except InputError:
        raise
    except Exception:  # it cannot take our arrays: the loss itself says what is wrong, if anything
        return


def _called(call: Callable[..., Any], function: Any, args: Any, kwargs: Any) -> Any:
    met: list[MovingArray] = []
    plain_args, plain_kwargs = _plain(args, met), _plain(kwargs, met)
    found = call(*plain_args, **plain_kwargs)
    name = f"np.{getattr(function, '__name__', function)}"
    if kwargs.get("out") is not None:
        return kwargs["out"][0] if isinstance(kwargs["out"], tuple) else kwargs["out"]
    outs = [np.asarray(x) for x in (found if isinstance(found, tuple) else (found,))]
    for out in outs:
        refuse_rounding(str(out.dtype), name)
    rounded = next((x.rounded for x in met if x.rounded), "")
    if rounded and isinstance(function, np.ufunc) and any(x.dtype.kind == "f" for x in outs):
        raise InputError(
            f"the loss rounds on its way, in {rounded}: it is a staircase, whose gradient cannot "
            "be judged; leave the rounding out for the check"
        )
    return _moving(found, name if _to_decimals(function, *args, **kwargs) else rounded)


def _to_decimals(function: Any, *args: Any, **kwargs: Any) -> bool:
    """Whether it rounds to decimals; to whole numbers one rounds for an index, or a period."""
    decimals = kwargs.get("decimals", args[1] if len(args) > 1 else 0)
    return function in (np.round, np.around) and decimals > 0


def _plain(x: Any, met: list[MovingArray]) -> Any:
    """The arguments with NumPy's own arrays; `met`: the moving ones among them."""
    if isinstance(x, MovingArray):
        met.append(x)
        return x.view(np.ndarray)
    if isinstance(x, tuple | list) and not hasattr(x, "_fields"):
        return type(x)(_plain(part, met) for part in x)
    return {key: _plain(part, met) for key, part in x.items()} if isinstance(x, dict) else x


def _moving(found: Any, rounded: str) -> Any:
    """What a function returned, its floating arrays moving."""
    if isinstance(found, tuple | list):
        parts = [_moving(part, rounded) for part in found]
        return type(found)(*parts) if hasattr(found, "_fields") else type(found)(parts)
    if not isinstance(found, np.ndarray | np.generic) or found.dtype.kind != "f":
        return found
    array: Array = np.asarray(found).view(MovingArray)
    array.rounded = rounded
    return array
