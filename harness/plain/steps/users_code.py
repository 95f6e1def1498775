"""Where in the user's code something happens, and what it is called there."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import Any

_OURS = str(Path(__file__).parents[2].resolve())
_LIBRARIES = ("numpy", "torch", "scipy")
_INSTALLED = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))


def users_frame() -> FrameType:
    """The innermost frame that is neither a library's nor ours."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_library(frame):
        frame = frame.f_back
    return frame


def users_modules() -> list[Any]:
    """The modules that no installation put there, each once, whatever names it has."""
    found = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name == "__main__" or (file and not file.startswith(_INSTALLED)):
            found[id(module)] = module
    return list(found.values())


def users_line() -> str:
    """Where the user's code is, for a person: "line 12 of train.py"."""
    frame = users_frame()
    return f"line {frame.f_lineno} of {Path(frame.f_code.co_filename).name}"


def users_name(x: Any) -> str:
    """What the user's code calls an object: "scale", "data['x']", "self.scale"; "" if nothing."""
    frame = users_frame()
    for names in (frame.f_locals, frame.f_globals):
        for name, value in names.items():
            if value is x:
                return name
        for name, value in names.items():
            for part, inner in _parts(value):
                if inner is x:
                    return f"{name}{part}"
    return ""


def _parts(x: Any) -> Iterator[tuple[str, Any]]:
    """What is inside a dict, a list or an object, one level deep."""
    if isinstance(x, Mapping):
        yield from ((f"[{key!r}]", inner) for key, inner in list(x.items()))
    elif isinstance(x, list | tuple):
        yield from ((f"[{i}]", inner) for i, inner in enumerate(x))
    elif not isinstance(x, type) and isinstance(own := getattr(x, "__dict__", None), dict):
        yield from ((f".{key}", inner) for key, inner in list(own.items()))


def _is_library(frame: FrameType) -> bool:
    room = str(frame.f_globals.get("__name__", "")).partition(".")[0]
    file = str(Path(frame.f_code.co_filename).resolve())
    return room in _LIBRARIES or file.startswith(_OURS)
