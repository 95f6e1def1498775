"""An optimiser from a user's Python file: an `Optimizer` at the top level."""

from __future__ import annotations

from functools import lru_cache

from gradparity.backends.optimizers.contract.laws import broken_law
from gradparity.backends.optimizers.contract.optimizer import Optimizer
from gradparity.problems import InputError
from gradparity.problems.python_file import import_file


def load_file(file: str) -> Optimizer:
    """The optimiser that a Python file defines, as `OPTIMIZER` or under any other name.

    Raises InputError, one line that names the file, if it cannot be read, raises on import, holds
    no optimiser or more than one, or one that breaks a law.
    """
    module = import_file(file)
    if hasattr(module, "OPTIMIZER"):
        found = {"OPTIMIZER": module.OPTIMIZER}
    else:
        found = {name: x for name, x in vars(module).items() if isinstance(x, Optimizer)}
    if not found:
        raise InputError(
            f"{file}: no optimizer in it; name one at the top level: OPTIMIZER = Optimizer(...)"
        )
    if len(found) > 1:
        names = ", ".join(found)
        raise InputError(f"{file}: several optimizers, {names}; name one of them OPTIMIZER")
    ((name, optimizer),) = found.items()
    return lawful(optimizer, f"{file}: {name}")


def lawful(optimizer: object, where: str) -> Optimizer:
    """The optimiser, if it keeps the laws. Raises InputError that begins with `where` if not."""
    if not isinstance(optimizer, Optimizer):
        raise InputError(
            f"{where} is a {type(optimizer).__name__}; it should be an Optimizer "
            "(gradparity.backends.optimizers.contract.optimizer)"
        )
    broken = _broken(optimizer)
    if broken is not None:
        raise InputError(f"{where} {broken}")
    return optimizer


_broken = lru_cache(maxsize=64)(broken_law)
