"""A server of pages: a free port of the loopback address, or of another, until Ctrl-C."""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gradparity.harness.play.computer import Computer
from gradparity.problems import InputError
from gradparity.problems.extras import needed

LOOPBACK = "127.0.0.1"
TRIES = 50


def loopback(host: str) -> bool:
    """Whether nobody but this machine can reach an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bound(port: int, host: str = LOOPBACK) -> socket.socket:
    """A socket that listens on this port of an address, or on the next that is free.

    port: 0 for any. That it is another one is said on standard error.
    Raises InputError if none of the next fifty is free, or the address is not of this machine.
    """
    try:
        address = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
            tried.bind((address, 0))
    except (OSError, UnicodeError) as error:
        raise InputError(
            f"cannot listen on {host!r}: {error}; give an address of this machine"
        ) from error
    for candidate in range(port, min(port + TRIES, 65536)):
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((address, candidate))
            made.listen()
        except OSError:
            made.close()
            continue
        if port and candidate != port:
            print(f"port {port} is in use; {candidate} instead", file=sys.stderr)
        return made
    raise InputError(f"no port from {port} to {port + TRIES - 1} is free; give another: --port")


@contextmanager
def listening(port: int, host: str = LOOPBACK) -> Iterator[socket.socket]:
    """What `bound` returns, closed in the end; Ctrl-C ends the block in order."""
    end = bound(port, host)
    try:
        yield end
    except KeyboardInterrupt:
        pass
    finally:
        end.close()


def serve(port: int, computer: Computer, view: str | None = None, browser: bool = False) -> None:
    """Serve what a computer computes until Ctrl-C; view: the one to open.

    Raises InputError where Starlette or uvicorn is missing, and for a target that cannot be shown.
    """
    with needed():
        import uvicorn  # noqa: F401

        from gradparity.harness.play.application import application

    try:
        views = computer.told()
        with listening(port) as end:
            at = end.getsockname()[1]
            address = f"http://{LOOPBACK}:{at}/" + (f"#view={view}" if view else "")
            until_interrupted(application(views, computer, at), end, "play", address, browser)
    except KeyboardInterrupt:
        pass
    finally:
        computer.close()


def until_interrupted(
    app: Any, end: socket.socket, verb: str, address: str, browser: bool = False
) -> None:
    """Answer requests at a socket with an ASGI application, within bounds; say where."""
    import uvicorn

    from gradparity.harness.play.patience import PatientProtocol

    config = uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
        limit_concurrency=64,
        timeout_keep_alive=5,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    print(f"gradparity {verb}: {address}  (Ctrl-C ends it)", file=sys.stderr, flush=True)
    if browser:
        import webbrowser

        webbrowser.open(address)
    uvicorn.Server(config).run([end])
