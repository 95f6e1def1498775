"""What `float(x)` is in the user's code: a number that is still followed.

Python makes a number proper of whatever `float` is given, which nobody can follow. So while a loss
is read off, the user's modules have a `float` of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from gradparity.harness.plain.steps.users_code import users_modules

_FLOAT = float
_OURS = "gradparity"


@contextmanager
def users_float(followed: Callable[[Any], Any]) -> Iterator[None]:
    """In the user's modules `float(x)` is followed(x), unless that is None."""

    class Kind(type):
        def __instancecheck__(cls, x: Any) -> bool:
            return isinstance(x, _FLOAT)

        def __subclasscheck__(cls, kind: type) -> bool:
            return issubclass(kind, _FLOAT)

        def __eq__(cls, kind: Any) -> bool:
            return kind is _FLOAT or kind is cls

        __hash__ = _FLOAT.__hash__

    class Followed(float, metaclass=Kind):
        dtype = np.dtype(np.float64)  # what NumPy makes of `dtype=float`

        def __new__(cls, x: Any = 0.0) -> Any:
            found = followed(x)
            return _FLOAT(x) if found is None else found

    changed = [
        module.__dict__
        for module in users_modules()
        if module.__name__.partition(".")[0] != _OURS and "float" not in module.__dict__
    ]
    try:
        for names in changed:
            names["float"] = Followed
        yield
    finally:
        for names in changed:  # one module may have two names
            names.pop("float", None)
