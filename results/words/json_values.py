"""Values as JSON knows them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any


def in_json(value: Any) -> Any:
    """Return `value` in JSON's types: non-finite figures None, what JSON does not know as text."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(name): in_json(member) for name, member in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [in_json(member) for member in value]
    return str(value)
