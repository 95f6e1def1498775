"""A PostgreSQL server of the tests' own: in a temporary folder, on a free loopback port, as nobody's root.

Whoever kills it with -9 loses nothing that the operating system holds, so that it does without fsync;
everything else is as Debian has it. A password is asked for on every connection (SCRAM).
"""

from __future__ import annotations

import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from tests import PATIENCE_S

SETTINGS = {"listen_addresses": "127.0.0.1", "max_connections": "60"}


def programs() -> Path | None:
    """The folder of initdb and postgres; None where they are not installed."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(versions, key=lambda path: int(path.parent.parent.name), default=None)
    found = newest or shutil.which("initdb")
    return None if found is None else Path(found).resolve().parent


def lacking() -> str | None:
    """Why there can be no server; None if there can."""
    if find_spec("psycopg") is None:
        return "psycopg is not installed"
    return None if programs() else "there is no PostgreSQL server on this machine"


def free_port() -> int:
    """A port that nobody listens on, and that the kernel gives to nobody who asks for any.

    A server that is killed finds it free again: connections of others get theirs from 32768 on.
    """
    for port in random.SystemRandom().sample(range(20_000, 28_000), 100):
        with suppress(OSError), socket.socket() as free:
            free.bind(("127.0.0.1", port))
            return port
    raise OSError("no port of a hundred is free")


class PostgresServer:
    """A server that runs; `url` names a database of it, and `passfile` holds the passwords.

    folder: everything that it writes. Made anew by `started`.
    """

    def __init__(self, folder: Path, bin_folder: Path, fsync: bool) -> None:
        self.folder, self._bin = folder, bin_folder
        self._settings = SETTINGS | {"fsync": "on" if fsync else "off"}
        self.passfile = folder / "pgpass"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        # PostgreSQL refuses to be root.
        self._as = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        if os.geteuid():
            self._as = []
        self.passwords: dict[str, str] = {}
        first = folder / "first"
        self._password("owner")
        first.write_text(self.passwords["owner"])
        if self._as:
            shutil.chown(folder, "postgres", "postgres")
            shutil.chown(first, "postgres", "postgres")
        made = [str(self._bin / "initdb"), "-D", str(folder / "data"), "-U", "owner", "-N"]
        made += ["-A", "scram-sha-256", "--pwfile", str(first), "-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run([*self._as, *made], check=True, capture_output=True, cwd="/")
        first.unlink()

    def start(self, largest_file: int | None = None) -> None:
        """Start it, and wait until it answers; largest_file: bytes, beyond which writing fails."""
        given = [
            part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")
        ]
        limit = [] if largest_file is None else ["prlimit", f"--fsize={largest_file}"]
        command = [*limit, str(self._bin / "postgres"), "-D", str(self.folder / "data")]
        command += ["-p", str(self.port), "-k", "", *given]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as, *command], stdout=log, stderr=log, cwd="/", start_new_session=True
            )
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.admin("SELECT 1")
                return
            except Exception:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < end
                time.sleep(0.05)

    def kill(self) -> None:
        """kill -9 of the server and of all its processes."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(PATIENCE_S)
        # Its backends leave its group: each is a session of its own.
        while self._backends():
            for pid in self._backends():
                with suppress(ProcessLookupError):  # it has just ended
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)

    def _backends(self) -> list[int]:
        import psutil

        return [
            process.pid
            for process in psutil.process_iter(["cwd", "status"])
            if process.info["cwd"] == str(self.folder / "data")
            and process.info["status"] != psutil.STATUS_ZOMBIE
        ]

    def stop(self) -> None:
        """End it at once, in order."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(PATIENCE_S)

    def processor_s(self) -> float:
        """Seconds of the processor that the server and its processes that ended have taken."""
        import psutil

        assert self._process is not None
        with psutil.Process(self._process.pid).oneshot():
            told = psutil.Process(self._process.pid).cpu_times()
            alive = psutil.Process(self._process.pid).children()
        mine = told.user + told.system + told.children_user + told.children_system
        return mine + sum(sum(one.cpu_times()[:2]) for one in alive)

    def _password(self, role: str) -> str:
        self.passwords[role] = secrets.token_hex(12)
        lines = [f"127.0.0.1:*:*:{name}:{word}\n" for name, word in self.passwords.items()]
        self.passfile.write_text("".join(lines))
        self.passfile.chmod(0o600)
        return self.passwords[role]

    def admin(self, *statements: str, database: str = "postgres") -> None:
        """Do something as the server's owner."""
        import psycopg

        told = f"host=127.0.0.1 port={self.port} dbname={database} user=owner"
        word = self.passwords["owner"]
        with psycopg.connect(
            told, password=word, connect_timeout=60, autocommit=True
        ) as connection:
            for one in statements:
                connection.execute(one)  # type: ignore[call-overload]

    def role(self, name: str) -> None:
        """Make a role that can log in, with a password in `passfile`."""
        self.admin(f"CREATE ROLE {name} LOGIN PASSWORD '{self._password(name)}'")

    def database(self) -> str:
        """Make a database, and return its name."""
        name = f"team_{secrets.token_hex(6)}"
        self.admin(f"CREATE DATABASE {name}")
        return name

    def url(self, database: str, role: str = "owner") -> str:
        """The URL of a database, as a user types it: without a password."""
        return f"postgresql+psycopg://{role}@127.0.0.1:{self.port}/{database}"


@contextmanager
def started(fsync: bool = False) -> Iterator[PostgresServer]:
    """A server that runs until the block's end, and of which nothing is left then.

    fsync: whether what is committed is on the disk.
    """
    found = programs()
    assert found is not None
    folder = Path(tempfile.mkdtemp(prefix="gradparity-postgres-"))
    try:
        server = PostgresServer(folder, found, fsync)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
