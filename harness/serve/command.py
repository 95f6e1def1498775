"""The verb `serve`: the report of a store, for a team. Imports nothing heavy."""

from __future__ import annotations

from typing import Annotated

import typer

from gradparity.harness.terminal.options import Store

SHORTEST = 16
"""Letters of a token: one of so many cannot be guessed over a network."""


def serve(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="0: any. Where it is in use, the next free one.")
    ] = 8422,
    host: Annotated[
        str, typer.Option(help="The address to listen on; another than this needs a token.")
    ] = "127.0.0.1",
    token: Annotated[
        str | None,
        typer.Option(help=f"What the pages ask for, {SHORTEST} letters or more: /?token=..."),
    ] = None,
    store: Store = None,
) -> None:
    """See it together: the reports of a store as pages that follow it. Ctrl-C ends it.

    The store is only read, and a role that may only read is enough. Nothing is encrypted: for
    others than this machine, put a server with HTTPS in front.
    """
    from gradparity.harness.play.server import listening, loopback, until_interrupted
    from gradparity.problems import InputError
    from gradparity.problems.extras import needed
    from gradparity.results.store.store import open_store

    if token is None and not loopback(host):
        raise InputError(
            f"--host {host} is seen from other machines; give a --token of {SHORTEST} letters"
        )
    if token is not None and (len(token) < SHORTEST or not token.isascii() or not token.isalnum()):
        raise InputError(f"--token should be {SHORTEST} or more letters and digits")
    open_store(store, read_only=True).close()
    with needed():
        import jinja2  # noqa: F401
        import uvicorn  # noqa: F401

        from gradparity.harness.serve.application import application
    from gradparity.harness.serve.reports import Reports

    with listening(port, host) as end:
        at = end.getsockname()[1]
        until_interrupted(
            application(Reports(store), at, token), end, "serve", f"http://{host}:{at}/"
        )
