"""Every optimiser: name -> the module that holds it as `OPTIMIZER`, imported on request.

Besides these, one comes in as an entry point of an installed package, in the group
`gradparity.optimizers`, or as a user's Python file: see `files.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import (
    Limits,
    Move,
    Objective,
    Optimizer,
    Vector,
)
from gradparity.backends.optimizers.contract.options import check
from gradparity.backends.optimizers.files import lawful, load_file
from gradparity.problems import InputError
from gradparity.problems.errors import unknown
from gradparity.problems.extras import needed
from gradparity.problems.python_file import is_file, loaded, offered

OPTIMIZERS: dict[str, str] = {
    "gd": "gradparity.backends.optimizers.updates.gradient_descent",
    "momentum": "gradparity.backends.optimizers.updates.momentum",
    "nesterov": "gradparity.backends.optimizers.updates.nesterov",
    "nesterov-textbook": "gradparity.backends.optimizers.updates.nesterov_textbook",
    "adagrad": "gradparity.backends.optimizers.updates.adagrad",
    "rmsprop": "gradparity.backends.optimizers.updates.rmsprop",
    "adam": "gradparity.backends.optimizers.updates.adam",
    "adamw": "gradparity.backends.optimizers.updates.adamw",
    "adadelta": "gradparity.backends.optimizers.updates.adadelta",
    "amsgrad": "gradparity.backends.optimizers.updates.amsgrad",
    "nadam": "gradparity.backends.optimizers.updates.nadam",
    "muon": "gradparity.backends.optimizers.updates.muon",
    "lion": "gradparity.backends.optimizers.updates.lion",
    "langevin": "gradparity.backends.optimizers.updates.langevin",
    "lbfgs": "gradparity.backends.optimizers.searches.lbfgs",
    "newton": "gradparity.backends.optimizers.searches.newton",
    "saddle-free-newton": "gradparity.backends.optimizers.searches.saddle_free_newton",
    "trust-region": "gradparity.backends.optimizers.searches.trust_region",
    "levenberg-marquardt": "gradparity.backends.optimizers.searches.levenberg_marquardt",
    "gauss-newton": "gradparity.backends.optimizers.searches.gauss_newton",
    "bfgs": "gradparity.backends.optimizers.yardsticks.scipy_bfgs",
    "nelder-mead": "gradparity.backends.optimizers.yardsticks.scipy_nelder_mead",
    "powell": "gradparity.backends.optimizers.yardsticks.scipy_powell",
    "random-search": "gradparity.backends.optimizers.gradient_free.random_search",
    "one-plus-one-es": "gradparity.backends.optimizers.gradient_free.one_plus_one_es",
    "spsa": "gradparity.backends.optimizers.gradient_free.spsa",
    "es": "gradparity.backends.optimizers.gradient_free.evolution_strategy",
    "cma-es": "gradparity.backends.optimizers.gradient_free.cma_es",
}


GROUP = "gradparity.optimizers"


def names() -> list[str]:
    """Every name that `find` knows: ours, then those of installed packages."""
    return [*OPTIMIZERS, *(name for name in offered(GROUP) if name not in OPTIMIZERS)]


def find(name_or_file: str) -> Optimizer:
    """The optimiser of this name, or the one that a Python file ("mine.py") defines.

    Raises InputError for a name that nobody has, and for an optimiser of a file or of an installed
    package that breaks a law (`contract/laws.py`).
    """
    if is_file(name_or_file):
        found = load_file(name_or_file)
        if found.name in OPTIMIZERS:
            raise InputError(
                f"{name_or_file}: {found.name!r} is one of ours; give yours a name of its own"
            )
        return found
    if name_or_file in OPTIMIZERS:
        return import_module(OPTIMIZERS[name_or_file]).OPTIMIZER  # type: ignore[no-any-return]
    installed = offered(GROUP)
    if name_or_file not in installed:
        raise unknown("optimizer", name_or_file, [*OPTIMIZERS, *installed])
    return lawful(*loaded("optimizer", installed[name_or_file]))


def bounded() -> list[str]:
    """The searches of ours that keep between bounds."""
    return [name for name in OPTIMIZERS if find(name).bounded]


def called(name_or_file: str) -> str:
    """What tables call this optimiser: by its name, one of a file by that which the file states."""
    return find(name_or_file).name if is_file(name_or_file) else name_or_file


def start_search(
    name: str,
    objective: Objective,
    theta: Vector,
    rng: np.random.Generator,
    options: Mapping[str, Any],
    limits: Limits | None = None,
) -> Move:
    """The search of this name, from theta on, which lies between the limits.

    Raises: InputError for an unknown name, an option that it does not have or that may not be what
    it is, for an update, and for limits of a search that knows none.
    """
    optimizer = find(name)
    if optimizer.kind != "search":
        raise InputError(f"{name} is told gradients (an update), and asks for nothing itself")
    check(optimizer, options)
    if limits is not None and not optimizer.bounded:
        raise InputError(f"{name} is a search that knows no bounds; {', '.join(bounded())} does")
    told = [limits] if optimizer.bounded else []
    with np.errstate(all="ignore"), needed():
        search: Move = optimizer.start(objective, theta, rng, *told, **options)

    def step(theta: Vector, rate: float) -> float | None:
        with np.errstate(all="ignore"):  # what overflows is not finite: too far, and no warning
            return search(theta, rate)

    return step
