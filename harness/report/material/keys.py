"""The key under which a frame is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gradparity.harness.views.controls import Control


def key(values: Iterable[Any]) -> str:
    """The key of a setting, as the script makes it: its values, in the order of the controls.

    JavaScript writes 60.0 as "60", and 1e-8 as Python does but for the zero: 1e-8, not 1e-08.
    """
    return "|".join(_as_script(value) for value in values)


def key_of(controls: Sequence[Control], given: Mapping[str, Any]) -> str:
    """The key of these values: of the controls that are shown for them, in their order."""
    return key(given[one.name] for one in controls if _fits(one, given))


def _fits(control: Control, given: Mapping[str, Any]) -> bool:
    wanted = control.when or {}
    return all(given.get(other) in values for other, values in wanted.items())


def _as_script(value: Any) -> str:
    if isinstance(value, str):
        return value
    if float(value).is_integer():
        return str(int(value))
    return repr(float(value)).replace("e-0", "e-")
