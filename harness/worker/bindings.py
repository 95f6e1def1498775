"""The names of modules that a user's code may not leave bound to something else.

Of our own modules the attributes of classes count as well, and what their tables hold.
"""

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
    "sys": {
        *("last_exc", "last_type", "last_value", "last_traceback", "path_importer_cache"),
        *("path", "meta_path", "stdin", "stdout", "stderr", "modules", "flags"),
    },
    "torch": {"manual_seed"},  # torch binds it anew when a part of it is first used
}
"""Names that are meant to change, or are looked at by `state.py`."""

Names = dict[Any, Any]
"""By name; by name and attribute of a class; by name and key of a table."""

Bindings = dict[str, tuple[ModuleType, Names]]


def bindings() -> Bindings:
    """Every module above that is loaded, with all that is bound in it."""
    found: Bindings = {}
    for name, module in [*sys.modules.items()]:
        wanted = name in LIBRARIES or name.startswith(MINE)
        if wanted and module is not None:  # None: what somebody hides from the import system
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
                return f"{name}.{key if isinstance(key, str) else key[0]}"
    return None


def _names(name: str, module: ModuleType) -> Names:
    found: Names = {key: x for key, x in vars(module).items() if not key.startswith("__")}
    for key in CHANGING.get(name, ()):
        found.pop(key, None)
    ours = name.startswith(f"{MINE}.")
    for key, x in [*found.items()]:
        if isinstance(x, type):
            if x.__module__ == name and (ours or key == "Tensor"):
                found |= {(key, attribute): y for attribute, y in vars(x).items()}
        elif ours and type(x) is dict:
            found |= {(key, entry): y for entry, y in x.items()}
    return found
