"""The verb `play`: the live page, on this machine alone."""

from __future__ import annotations

from typing import Annotated

import typer


def play(
    view: Annotated[
        str | None, typer.Argument(help="The view to open first; without one, the first.")
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="0: any. Where it is in use, the next free one.")
    ] = 8421,
    seconds: Annotated[
        float, typer.Option(min=0.1, max=600, help="The most that one answer may take.")
    ] = 20.0,
    browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open it in the browser.")
    ] = True,
) -> None:
    """See it: move a slider, and the real backend answers. Ctrl-C ends it.

    Only this machine can reach the page.
    """
    from gradparity.harness.play.server import serve
    from gradparity.harness.views.catalogue import VIEWS
    from gradparity.problems.errors import unknown

    if view is not None and view not in VIEWS:
        raise unknown("view", view, VIEWS)
    serve(port, seconds, view, browser)
