"""The tables of the store: runs, who runs them, what belongs to them, and a ledger.

Only portable column types, so that any SQLAlchemy URL will do. What of a record goes into which
column, and how it is read back, says `rows.py`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

VERSION = 7
"""Raised with every change of the tables, and of what the statistics in them mean."""

APPLICATION_ID = 0x67726164
"""SQLite's mark of whose file it is: "grad" in ASCII, at byte 68 of the header."""

METADATA = MetaData()

Name = String(200).with_variant(Text(), "postgresql")
"""Other databases want a length of what is a key; PostgreSQL would hold to it, and SQLite not."""

Number = Integer().with_variant(BigInteger(), "postgresql")
"""Of rows: cells that are made again use up a number each. SQLite numbers only an INTEGER."""

Bytes = LargeBinary(2**31 - 1)
Long = Text(2**31 - 1).with_variant(Text(), "postgresql")


def _json(name: str) -> Column[str]:
    return Column(name, Long, nullable=False, info={"json": True})


def _checksum() -> Column[int]:
    """CRC-32 of all other columns of the row but its number, see `rows.checksum`."""
    return Column("checksum", BigInteger, nullable=False)


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
    Column("suite", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("reference", Name, nullable=False),
    _json("options"),
    _json("environment"),
    _checksum(),
)

OWNERS = Table(
    "owners",
    METADATA,
    Column("run_id", Name, ForeignKey("runs.id"), primary_key=True),
    Column("token", Name, nullable=False),
    Column("host", Name, nullable=False),
    Column("place", Name, nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("born", Double, nullable=False),
    Column("since", Double, nullable=False),
    Column("beat", Double, nullable=False),
)
"""Who is at work on a run, see `owners.py`; no row of a run that nobody runs."""

CELLS = Table(
    "cells",
    METADATA,
    Column("id", Number, primary_key=True),
    Column("run_id", Name, ForeignKey("runs.id"), nullable=False),
    Column("identity", String(64), nullable=False),
    Column("file", Text),
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
    Column("reason", Text, nullable=False),
    Column("max_error", Double),
    Column("bound", Double),
    Column("oracle", Text, nullable=False),
    Column("prepare_s", Double),
    Column("first_s", Double),
    Column("peak_bytes", BigInteger),
    _json("counters"),
    Column("samples", Bytes, nullable=False),
    Column("control", Bytes, nullable=False),
    Column("median_s", Double),
    Column("low_s", Double),
    Column("high_s", Double),
    Column("machine", Text, info={"later": True}),
    _checksum(),
    UniqueConstraint("run_id", "identity"),
)
"""samples, control: see `samples.py`. median_s, low_s, high_s: derived from the samples when they
were stored (`results/times/statistics.time`), for whoever asks the database itself."""

DESCENTS = Table(
    "descents",
    METADATA,
    Column("id", Number, primary_key=True),
    Column("run_id", Name, ForeignKey("runs.id"), nullable=False),
    Column("identity", String(64), nullable=False),
    Column("file", Text),
    Column("problem", Name, nullable=False),
    Column("size", Name, nullable=False),
    Column("parameters", BigInteger, nullable=False),
    Column("backend", Name, nullable=False),
    Column("how", Name, nullable=False),
    Column("optimizer", Name, nullable=False),
    _json("options"),
    Column("rate", Double),
    Column("schedule", Text, nullable=False),
    Column("batch", BigInteger),
    Column("seed", BigInteger, nullable=False),
    Column("dtype", Name, nullable=False),
    Column("status", Name, nullable=False),
    Column("reason", Text, nullable=False),
    Column("steps", BigInteger, nullable=False),
    Column("evaluations", BigInteger, nullable=False),
    Column("first_loss", Double),
    Column("final_loss", Double),
    Column("best_loss", Double),
    Column("minimum", Double),
    Column("convergence", Double),
    Column("end", Name, nullable=False),
    Column("lowest", Double),
    Column("highest", Double),
    Column("accuracy", Double),
    Column("history", Bytes),
    _checksum(),
    UniqueConstraint("run_id", "identity"),
)
"""history: an .npz file, see `histories.py`; NULL of a descent that never began."""

FINDINGS = Table(
    "findings",
    METADATA,
    Column("id", Number, primary_key=True),
    Column("run_id", Name, ForeignKey("runs.id"), nullable=False),
    Column("identity", String(64), nullable=False),
    Column("number", Integer, nullable=False),
    Column("statement", Text, nullable=False),
    Column("chapter", Text, nullable=False),
    Column("quick", Integer, nullable=False),
    Column("status", Name, nullable=False),
    Column("reason", Text, nullable=False),
    Column("verdict", Name, nullable=False),
    Column("sentence", Text, nullable=False),
    _json("figures"),
    Column("seconds", Double),
    _json("left_out"),
    Column("chart", Long, nullable=False),
    _checksum(),
    UniqueConstraint("run_id", "identity"),
)
"""verdict: follows from the figures (`ClaimFinding.verdict`), for whoever asks the database."""

LEDGER = Table(
    "ledger",
    METADATA,
    Column("run_id", Name, primary_key=True),
    Column("identity", String(64), primary_key=True),
    Column("told", Text, nullable=False),
)
"""What was stored: a line for every run, cell, descent and finding; one that is gone is missed.
identity: of the run itself `rows.ITSELF`. told: for a person, "cell (booth tiny numpy)"."""

OURS: frozenset[Any] = frozenset(METADATA.tables)
"""The names of all our tables."""
