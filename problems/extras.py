"""Libraries that only a part of gradparity needs, and what to type where one is missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from gradparity.problems.errors import InputError

EXTRAS = {
    "alembic": "postgresql",
    "autograd": "autograd",
    "cma": "cma",
    "distributed": "cluster",
    "anywidget": "notebook",
    "jinja2": "report",
    "plotly": "report",
    "starlette": "play",
    "uvicorn": "play",
    "flint": "arb",
    "jax": "jax",
    "matplotlib": "plots",
    "optax": "jax",
    "pandas": "pandas",
    "pyarrow": "parquet",
    "psycopg": "postgresql",
    "pytest": "pytest",
    "pytest_benchmark": "pytest",
    "scipy": "scipy",
    "sklearn": "data",
    "torch": "torch",
}
"""The extra of pyproject.toml that brings a module."""


def missing(module: str) -> str | None:
    """That a module is not installed, and the line to type; None if it is.

    A folder of that name without `__init__.py` is no library.
    """
    found = find_spec(module)
    if found is not None and found.origin is not None:
        return None
    wanted = f"'gradparity[{EXTRAS[module]}]'" if module in EXTRAS else module
    return f"{module} is not installed; type: pip install {wanted}"


def explained(error: ModuleNotFoundError) -> str | None:
    """What to type for a library of an extra that an import did not find; None for any other."""
    module = (error.name or "").partition(".")[0]
    return missing(module) if module in EXTRAS else None


@contextmanager
def needed() -> Iterator[None]:
    """Around what imports a library of an extra: raises InputError with the line to type."""
    try:
        yield
    except ModuleNotFoundError as error:
        told = explained(error)
        if told is None:
            raise
        raise InputError(told) from error
