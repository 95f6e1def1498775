"""Python numbers, names and strings as source text."""

from __future__ import annotations

import keyword
import math
import unicodedata
from typing import Any

import numpy as np


def literal(x: Any) -> str:
    """The number as Python source, of the same type and value."""
    if isinstance(x, float | np.floating) and not math.isfinite(x):
        return "np.nan" if math.isnan(x) else ("np.inf" if x > 0 else "-np.inf")
    if isinstance(x, np.generic):
        return f'np.longdouble("{x!s}")'
    return repr(x)


def factor(x: Any) -> str:
    """The number as an operand of * or /: a negative one in parentheses."""
    text = literal(x)
    return f"({text})" if text.startswith("-") else text


def identifier(name: str) -> str:
    """A name as a Python identifier, in the form to which Python itself normalises it."""
    told = unicodedata.normalize("NFKC", name)
    text = "".join(sign if f"_{sign}".isidentifier() else "_" for sign in told)
    return text if text.isidentifier() and not keyword.iskeyword(text) else f"_{text}"


def quoted(text: str) -> str:
    """A string literal in double quotes, in which nothing looks like a comment."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("#", "\\x23")
    return f'"{seen(escaped)}"'


def documented(text: str) -> str:
    """Lines of text as they may stand in a docstring."""
    escaped = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return "\n".join(map(seen, escaped.split("\n")))


def seen(text: str) -> str:
    """Text with what is no letter that one sees by its code."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )
