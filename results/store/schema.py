"""The tables of the store: runs, their cells with every raw sample, their descents with histories.

Only portable column types, so that any SQLAlchemy URL will do.
"""

from __future__ import annotations

import math
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

VERSION = 3
"""Raised with every change of the tables."""

APPLICATION_ID = 0x67726164
"""SQLite's mark of whose file it is: "grad" in ASCII, at byte 68 of the header."""


def _storable(text: str | None) -> str | None:
    # A command line may hold bytes that are no UTF-8 (lone surrogates), a crash's output a NUL;
    # no database takes the former and PostgreSQL refuses the latter.
    if text is None:
        return None
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")


class Name(TypeDecorator[str]):
    """A short text; what no database can hold is written with a backslash."""

    impl = String(200)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """See `_storable`."""
        return _storable(value)


class Words(TypeDecorator[str]):
    """A text of any length; what no database can hold is written with a backslash."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """See `_storable`."""
        return _storable(value)


class Distance(TypeDecorator[float]):
    """A figure that is the better the smaller; NaN, which SQL confuses with NULL, is stored as ∞.

    An error that is not a number exceeds every bound, a loss that is none misses every target,
    which is what infinity says too.
    """

    impl = Double
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        """NaN to infinity."""
        return math.inf if value is not None and math.isnan(value) else value


METADATA = MetaData()

GRADPARITY = Table(
    "gradparity", METADATA, Column("version", Integer, primary_key=True, autoincrement=False)
)
"""One row: the version of these tables, for databases that have no header of ours."""

RUNS = Table(
    "runs",
    METADATA,
    Column("id", Name, primary_key=True),
    Column("kind", Name, nullable=False),
    Column("started", Name, nullable=False),
    Column("finished", Name),
    Column("status", Name, nullable=False),
    Column("suite", Words, nullable=False),
    Column("command", Words, nullable=False),
    Column("reference", Name, nullable=False),
    Column("options", JSON, nullable=False),
    Column("environment", JSON, nullable=False),
)

CELLS = Table(
    "cells",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", Name, ForeignKey("runs.id"), nullable=False, index=True),
    Column("problem", Name, nullable=False),
    Column("size", Name, nullable=False),
    Column("parameters", BigInteger, nullable=False),
    Column("backend", Name, nullable=False),
    Column("variant", Name, nullable=False),
    Column("operator", Name, nullable=False),
    Column("dtype", Name, nullable=False),
    Column("device", Name, nullable=False),
    Column("threads", Integer, nullable=False),
    Column("status", Name, nullable=False),
    Column("reason", Words, nullable=False),
    Column("max_error", Distance),
    Column("bound", Distance),
    Column("oracle", Words, nullable=False),
    Column("prepare_s", Double),
    Column("first_s", Double),
    Column("peak_bytes", BigInteger),
    Column("counters", JSON, nullable=False),
)

SAMPLES = Table(
    "samples",
    METADATA,
    Column("cell_id", Integer, ForeignKey("cells.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("round", Integer, nullable=False),
    Column("position", Integer, nullable=False),
    Column("calls", BigInteger, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("cpu_seconds", Double, nullable=False),
    Column("process", Integer, nullable=False),
    Column("control", Boolean, nullable=False),
)
"""number: the sample's place in its cell, from 0; control: whether it belongs to the copy."""

DESCENTS = Table(
    "descents",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("run_id", Name, ForeignKey("runs.id"), nullable=False, index=True),
    Column("problem", Name, nullable=False),
    Column("size", Name, nullable=False),
    Column("parameters", BigInteger, nullable=False),
    Column("backend", Name, nullable=False),
    Column("how", Name, nullable=False),
    Column("optimizer", Name, nullable=False),
    Column("options", JSON, nullable=False),
    Column("rate", Double),
    Column("schedule", Words, nullable=False),
    Column("batch", BigInteger),
    Column("seed", BigInteger, nullable=False),
    Column("dtype", Name, nullable=False),
    Column("status", Name, nullable=False),
    Column("reason", Words, nullable=False),
    Column("steps", BigInteger, nullable=False),
    Column("evaluations", BigInteger, nullable=False),
    Column("first_loss", Distance),
    Column("final_loss", Distance),
    Column("best_loss", Distance),
    Column("minimum", Distance),
    Column("convergence", Distance),
    Column("end", Name, nullable=False),
    Column("lowest", Distance),
    Column("highest", Distance),
    Column("accuracy", Distance),
    Column("history", LargeBinary(2**31 - 1)),
)
"""history: an .npz file, see `results/store/histories.py`; NULL of a descent that never began."""

OURS: frozenset[Any] = frozenset(METADATA.tables)
"""The names of all our tables."""
