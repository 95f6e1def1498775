"""Python numbers, names and strings as source text."""

from __future__ import annotations

import keyword
import math
import re
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
    """A name as a Python identifier."""
    text = re.sub(r"\W", "_", name)
    return f"_{text}" if text[:1].isdigit() or keyword.iskeyword(text) or not text else text


def quoted(text: str) -> str:
    """A string literal in double quotes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
