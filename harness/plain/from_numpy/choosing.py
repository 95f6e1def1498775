"""NumPy's functions that choose among arrays or functions, entry by entry.

They note their own steps, as those of `composed.py` do. Which is chosen is as it is at the point.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradparity.harness.plain.from_numpy.array import RecordedArray


def _plain(x: Any) -> Any:
    """The values of arrays, in nested lists too, at the point."""
    if isinstance(x, list | tuple):
        return [_plain(part) for part in x]
    return x.value if isinstance(x, RecordedArray) else np.asarray(x)


def _select(condlist: Any, choicelist: Any, default: Any = 0.0) -> Any:
    found = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        found = np.where(condition, choice, found)
    return found


def _choose(a: Any, choices: Any, mode: str = "raise") -> Any:
    at = _plain(a)
    if mode != "raise":
        at = np.clip(at, 0, len(choices) - 1) if mode == "clip" else at % len(choices)
    found = choices[0]
    for i in range(1, len(choices)):
        found = np.where(at == i, choices[i], found)
    return found if len(choices) > 1 else np.where(at == 0, found, 0.0)


def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Each function of the entries that are its own, put back in their places."""
    conditions = np.asarray(_plain(condlist), bool)
    conditions = conditions.reshape(-1, *np.shape(_plain(x)))
    owner = np.full(np.shape(_plain(x)), len(conditions))
    for i, condition in enumerate(conditions):
        owner[condition] = i
    functions = list(funclist)
    if len(functions) == len(conditions):
        functions.append(0.0)
    flat, owners = np.reshape(x, (-1,)), owner.reshape(-1)
    parts, order = [], []
    for i, function in enumerate(functions):
        own = np.flatnonzero(owners == i)
        given = flat[own]
        made = function(given, *args, **kw) if callable(function) else function
        parts.append(np.broadcast_to(made, own.shape))
        order.append(own)
    place = np.argsort(np.concatenate(order))
    return np.reshape(np.take(np.concatenate(parts), place), np.shape(_plain(x)))


CHOOSING: dict[Any, Callable[..., Any]] = {
    np.select: _select,
    np.choose: _choose,
    np.piecewise: _piecewise,
}
"""Functions that are run on recorded arrays."""
