"""Records as JSON that a browser reads to the last bit, and that no page can be broken by."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np


def encoded(value: Any) -> str:
    """Return `value` (records, mappings, arrays, numbers, text) as JSON.

    A record becomes an object with `kind`, its class in lower case; what is empty in it is left
    out. JSON has no word for NaN and the infinities: they are {"nonfinite": "NaN"}, which the
    script reads back. Floats are written so that they are read back exactly.
    """
    return json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def embedded(value: Any) -> str:
    r"""Return `value` as JSON for inside of `<script>`: no "<", and no line ends of Unicode's."""
    text = encoded(value)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _plain(value: Any) -> Any:
    if isinstance(value, str):  # a lone surrogate is in no encoding
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, bool | int) or value is None:
        return value
    if isinstance(value, np.ndarray | np.generic):
        held = value.tolist()
        return held if value.dtype.kind == "f" and np.isfinite(value).all() else _plain(held)
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        word = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        return {"nonfinite": word}
    if is_dataclass(value) and not isinstance(value, type):
        record = {"kind": type(value).__name__.lower()}
        for entry in fields(value):
            held = getattr(value, entry.name)
            if not _is_empty(held):
                record[entry.name] = _plain(held)
        return record
    if isinstance(value, Mapping):
        return {str(key): _plain(held) for key, held in value.items()}
    return [_plain(held) for held in value]


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | tuple | list | dict) and not value)
