"""Who is at work on a run: told to whoever wants to take it up, and asked before every write.

A process that runs a run has a row in `owners`, and says every `BEAT_S` seconds that it is alive.
On the same machine its process is looked at, and when that was born, since numbers of processes
come again; elsewhere only the time of its last sign can be. Whoever takes over from one that seems
dead writes a token of its own into the row, and the other, should it wake up, stores nothing more.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from time import time
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Engine, func, literal, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from gradparity.results.records.errors import StoreError
from gradparity.results.store.schema import OWNERS

NEVER_S = datetime(9999, 1, 1, tzinfo=UTC).timestamp()
"""No time is later, and no process has such a number."""

BEAT_S = 10.0
STALE_S = 60.0


@dataclass(frozen=True, slots=True)
class Owner:
    """A process at work on a run.

    host: the machine's name. place: the machine since it was started and the space in which its
        processes are numbered: what must be equal for `pid` to mean something.
    born: when the process began, as the machine counts. since, beat: seconds since 1970, when it
        took the run, and its last sign of life.
    """

    token: str
    host: str
    place: str
    pid: int
    born: float
    since: float
    beat: float

    def alive(self, now: float) -> bool:
        """Whether it is still at work, as far as can be told from here; now: see `clock`."""
        if now - self.beat > STALE_S:
            return False
        return self.place != _place() or _born(self.pid) == self.born

    def line(self) -> str:
        """For a person: "process 4711 on vega since 2026-11-30 08:15:02 UTC"."""
        since = datetime.fromtimestamp(self.since, UTC)
        return f"process {self.pid} on {self.host} since {since:%Y-%m-%d %H:%M:%S} UTC"


def this_process(now: float) -> Owner:
    """Return the process that asks, as the owner of a run from now on; now: see `clock`."""
    pid = os.getpid()
    born = _born(pid)
    assert born is not None
    return Owner(secrets.token_hex(8), socket.gethostname(), _place(), pid, born, now, now)


def clock(connection: Connection) -> float:
    """Seconds since 1970: by the server, for those whose machines' clocks differ."""
    return float(connection.execute(select(_now(connection.dialect))).scalar_one())


def _now(dialect: Dialect) -> ColumnElement[Any]:
    if dialect.name == "postgresql":
        return func.extract("epoch", func.clock_timestamp())
    return literal(time())


def owner_of(connection: Connection, run_id: str, kept: bool = False) -> Owner | None:
    """Return who is at work on a run, alive or not; kept: and stays so until the transaction's end.

    Whoever looks only may not have the right to keep it.
    """
    asked = select(OWNERS).where(OWNERS.c.run_id == run_id)
    row = connection.execute(asked.with_for_update() if kept else asked).mappings().first()
    if row is None:
        return None
    return Owner(**{name: _read(name, value) for name, value in row.items() if name != "run_id"})


def _read(name: str, value: Any) -> Any:
    """A figure of an owner. What a damaged row says instead is nothing: a time then is long ago."""
    if name in ("token", "host", "place"):
        return value if isinstance(value, str) else ""
    numeric = isinstance(value, int) or (isinstance(value, float) and name != "pid")
    return value if numeric and abs(value) < NEVER_S else 0


def take(connection: Connection, run_id: str, me: Owner) -> None:
    """Make `me` the owner of a run that is nobody's, or a dead one's. Raises StoreError if neither.

    A dead one's row is altered, not made anew, so that whoever waits for it sees who has it now.
    """
    owner = owner_of(connection, run_id, kept=True)
    if owner is not None and owner.alive(me.beat):
        raise StoreError(
            f"run {run_id} is at work: {owner.line()}; wait for it, or end that process"
        )
    mine = OWNERS.insert() if owner is None else OWNERS.update().where(OWNERS.c.run_id == run_id)
    try:
        connection.execute(mine.values(run_id=run_id, **asdict(me)))
    except IntegrityError as error:
        raise StoreError(
            f"run {run_id} is at work: another process has just taken it up"
        ) from error


class Heartbeat:
    """A thread that says every `BEAT_S` seconds, of the runs held by a process, that it is alive.

    It costs one small transaction; where that fails, the next write will say why.
    """

    def __init__(self, engine: Engine, tokens: Iterable[str]) -> None:
        self._engine, self._tokens = engine, tokens
        self._end = Event()
        self._thread = Thread(target=self._beat, name="gradparity-heartbeat", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._end.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._end.wait(BEAT_S):
            mine = OWNERS.update().where(OWNERS.c.token.in_(list(self._tokens)))
            try:
                with self._engine.begin() as connection:
                    connection.execute(mine.values(beat=_now(connection.dialect)))
            except SQLAlchemyError:
                continue


def _place() -> str:
    told = [socket.gethostname()]
    boot = Path("/proc/sys/kernel/random/boot_id")
    told.append(boot.read_text().strip() if boot.is_file() else "")
    try:
        told.append(os.readlink("/proc/self/ns/pid"))
    except OSError:
        told.append("")
    return " ".join(told)[:200]


def _born(pid: int) -> float | None:
    """When a process of this machine began, as the machine counts; None where there is none."""
    told = Path(f"/proc/{pid}/stat")
    try:
        # The kernel's own count from the start of the machine: no setting of a clock moves it.
        state, *figures = told.read_text(errors="replace").rpartition(")")[2].split()
        return None if state in "ZX" else float(figures[18])
    except (OSError, ValueError, IndexError):
        if told.parent.parent.joinpath("self").exists():
            return None
    import psutil  # slow to import

    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None
