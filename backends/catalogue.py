"""Every backend: name -> the module that holds it as `BACKEND`, imported on request.

Besides these, a backend comes in as an entry point of an installed package, in the group
`gradparity.backends`, or as a user's Python file: see `backends/files.py`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from gradparity.backends.backend import Backend
from gradparity.backends.files import load_file, whats_missing
from gradparity.problems import InputError
from gradparity.problems.errors import unknown
from gradparity.problems.python_file import is_file, loaded, offered

BACKENDS: dict[str, str] = {
    "numpy": "gradparity.backends.numpy_backprop.backend",
    "tape": "gradparity.backends.numpy_tape.backend",
    "tape-eager": "gradparity.backends.numpy_tape.eager_backend",
    "jax": "gradparity.backends.jax_transforms.compiled",
    "jax-eager": "gradparity.backends.jax_transforms.eager",
    "torch": "gradparity.backends.torch_autograd.eager",
    "torch-func": "gradparity.backends.torch_autograd.functional",
    "torch-compile": "gradparity.backends.torch_autograd.compiled",
    "autograd": "gradparity.backends.hips_autograd",
    "dual": "gradparity.backends.dual_numbers.backend",
    "complex-step": "gradparity.backends.complex_step.backend",
    "finite-difference": "gradparity.backends.longdouble.backend",
    "arb": "gradparity.backends.arb_balls.backend",
}

DEFAULTS: tuple[str, ...] = tuple(
    name for name in ("numpy", "tape", "jax", "torch") if name in BACKENDS
)
"""Who competes where nobody is named; variants and references are asked for by name."""

GROUP = "gradparity.backends"


def names() -> list[str]:
    """Every name that `load` knows: ours, then those of installed packages."""
    return [*BACKENDS, *(name for name in offered(GROUP) if name not in BACKENDS)]


def load(name_or_file: str) -> Backend:
    """The backend of this name, or the one that a Python file ("mine.py") defines.

    A backend's module is cheap: it imports its library when used. Raises InputError for a name that
    nobody has, and for a file or an installed package that holds no backend.
    """
    if is_file(name_or_file):
        return load_file(name_or_file)
    if name_or_file in BACKENDS:
        module = BACKENDS[name_or_file]
        return _named(import_module(module).BACKEND, name_or_file, module)
    installed = offered(GROUP)
    if name_or_file not in installed:
        raise unknown("backend", name_or_file, [*BACKENDS, *installed])
    found, where = loaded("backend", installed[name_or_file])
    missing = whats_missing(found)
    if missing is not None:
        raise InputError(f"{where}: {missing}")
    return _named(found, name_or_file, where)


def _named(backend: Any, name: str, where: str) -> Backend:
    if backend.name != name:
        raise InputError(f"{where} calls itself {backend.name!r}, not {name!r}")
    return backend  # type: ignore[no-any-return]
