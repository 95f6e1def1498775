"""What a library lacks in bfloat16 and float16, said in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradparity.backends.backend import Setting, Unsupported
from gradparity.problems.special.short_floats import LOW_DTYPES

_LACKING = ("not implemented for", "unsupported dtype", "not supported for dtype")
"""How libraries say, in lower case, that an operation has no kernel for a dtype."""


def in_low_dtype(f: Callable[..., Any], library: str, setting: Setting) -> Callable[..., Any]:
    """f, which raises Unsupported for an operation that the library lacks in a low dtype."""
    if setting.dtype not in LOW_DTYPES:
        return f

    def tried(*given: Any) -> Any:
        try:
            return f(*given)
        except (RuntimeError, TypeError, ValueError) as error:
            told = " ".join(str(error).split())
            if any(word in told.lower() for word in _LACKING):
                lacks = f"{library} lacks an operation of it in {setting.dtype}: {told}"
                raise Unsupported(lacks) from error
            raise

    return tried
