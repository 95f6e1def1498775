"""A backend from a user's Python file: an object with what `Backend` asks for, at the top level."""

from __future__ import annotations

import inspect
from typing import Any

from gradparity.backends.backend import DEVICES, ROLES, Backend, DeviceBackend
from gradparity.problems import InputError
from gradparity.problems.python_file import import_file

ATTRIBUTES = ("name", "distribution", "role", "compiled")
METHODS = ("unavailable", "unsupported", "prepare")
OPTIONAL = ("training_step", "counters")


def load_file(file: str) -> Backend:
    """The backend that a Python file defines, as `BACKEND` or under any other name.

    Raises InputError, one line that names the file, if it cannot be read, raises on import, or
    holds no backend, more than one, or an incomplete one.
    """
    module = import_file(file)
    if hasattr(module, "BACKEND"):
        found = {"BACKEND": module.BACKEND}
    else:
        found = {name: x for name, x in vars(module).items() if _resembles(x)}
    if not found:
        raise InputError(f"{file}: no backend in it; name one at the top level: BACKEND = Mine()")
    if len(found) > 1:
        raise InputError(f"{file}: several backends, {', '.join(found)}; name one of them BACKEND")
    ((name, backend),) = found.items()
    missing = whats_missing(backend)
    if missing is not None:
        raise InputError(f"{file}: {name} {missing}")
    return backend  # type: ignore[no-any-return]


def whats_missing(backend: Any) -> str | None:
    """What keeps an object from being a backend, for a message; None if nothing does."""
    if inspect.isclass(backend):
        return f"is the class {backend.__name__}, should be an object: write {backend.__name__}()"
    for name in (*ATTRIBUTES, *METHODS):
        if not hasattr(backend, name):
            return f"has no {name}; a backend has {', '.join((*ATTRIBUTES, *METHODS))}"
    for name in (*METHODS, *OPTIONAL):
        if hasattr(backend, name) and not callable(getattr(backend, name)):
            return f"has a {name} that cannot be called"
    if not isinstance(backend.name, str) or not backend.name:
        return f"has the name {backend.name!r}; it should be text"
    if backend.role not in ROLES:
        return f"has role {backend.role!r}; it should be {' or '.join(ROLES)}"
    if isinstance(backend, DeviceBackend) and not set(backend.devices) <= set(DEVICES):
        return f"has devices {backend.devices!r}; each should be {' or '.join(DEVICES)}"
    return None


def _resembles(x: Any) -> bool:
    return not inspect.isclass(x) and hasattr(x, "prepare") and hasattr(x, "name")
