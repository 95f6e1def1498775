"""The server of the live page: a free port of the loopback address, until Ctrl-C."""

from __future__ import annotations

import socket
import sys
from typing import Any

from gradparity.harness.play.computer import Computer
from gradparity.problems import InputError
from gradparity.problems.extras import needed

LOOPBACK = "127.0.0.1"
TRIES = 50


def bound(port: int) -> socket.socket:
    """A socket that listens on this port of the loopback address, or on the next that is free.

    port: 0 for any. That it is another one is said on standard error.
    Raises InputError if none of the next fifty is free.
    """
    for candidate in range(port, min(port + TRIES, 65536)):
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((LOOPBACK, candidate))
            made.listen()
        except OSError:
            made.close()
            continue
        if port and candidate != port:
            print(f"port {port} is in use; {candidate} instead", file=sys.stderr)
        return made
    raise InputError(f"no port from {port} to {port + TRIES - 1} is free; give another: --port")


def serve(port: int, computer: Computer, view: str | None = None, browser: bool = False) -> None:
    """Serve what a computer computes until Ctrl-C; view: the one to open.

    Raises InputError where Starlette or uvicorn is missing, and for a target that cannot be shown.
    """
    with needed():
        import uvicorn

        from gradparity.harness.play.application import application

    end: socket.socket | None = None
    try:
        views = computer.told()
        end = bound(port)
        at = end.getsockname()[1]
        app = application(views, computer, at)
        _run(
            uvicorn,
            app,
            end,
            f"http://{LOOPBACK}:{at}/" + (f"#view={view}" if view else ""),
            browser,
        )
    except KeyboardInterrupt:
        pass
    finally:
        computer.close()
        if end is not None:
            end.close()


def _run(uvicorn: Any, app: Any, end: socket.socket, address: str, browser: bool) -> None:
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        limit_concurrency=64,
        timeout_keep_alive=5,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    print(f"gradparity play: {address}  (Ctrl-C ends it)", file=sys.stderr, flush=True)
    if browser:
        import webbrowser

        webbrowser.open(address)
    uvicorn.Server(config).run([end])
