"""The names of modules that a user's code may not leave bound to something else."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

LIBRARIES = (
    *("builtins", "gc", "itertools", "json", "math", "os", "os.path", "random", "signal", "sys"),
    *("threading", "time", "numpy", "numpy.linalg", "numpy.random", "scipy.special"),
    *("torch", "torch.nn.functional", "jax", "jax.numpy", "jax.lax", "jax.nn"),
)
"""What losses, backends and this worker call by name."""

MINE = "gradparity"
"""The beginning of the names of our own modules, and of those that users' files become."""

GONE = object()

CHANGING = {
    "sys": {"last_exc", "last_type", "last_value", "last_traceback", "path_importer_cache"}
    | {"path", "meta_path", "stdin", "stdout", "stderr", "modules", "flags"}
}
"""Names that are meant to change, or are looked at by `state.py`."""

Bindings = dict[str, tuple[ModuleType, dict[str, Any]]]


def bindings() -> Bindings:
    """Every module above that is loaded, with its names; of our own the attributes of classes."""
    found: Bindings = {}
    for name, module in [*sys.modules.items()]:
        if name in LIBRARIES or name.startswith(MINE):
            found[name] = module, _names(name, module)
    return found


def rebound(before: Bindings) -> str | None:
    """The first name that is bound to something else than before, or gone; new names are none."""
    for name, (module, names) in before.items():
        if sys.modules.get(name) is not module:
            return name
        now = _names(name, module)
        for key, value in names.items():
            if now.get(key, GONE) is not value:
                return f"{name}.{key}"
    return None


def _names(name: str, module: ModuleType) -> dict[str, Any]:
    found = {key: x for key, x in vars(module).items() if not key.startswith("__")}
    for key in CHANGING.get(name, ()):
        found.pop(key, None)
    if name.startswith(MINE):
        for key, x in [*found.items()]:
            if isinstance(x, type) and x.__module__ == name:
                found |= {f"{key}.{attribute}": y for attribute, y in vars(x).items()}
    return found
