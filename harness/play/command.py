"""The verb `play`: the live page, on this machine alone."""

from __future__ import annotations

from typing import Annotated

import typer


def play(
    target: Annotated[
        str | None,
        typer.Argument(
            help="A view, a problem, a file, or FILE::NAME: a Problem or a function f(x, y) in it."
        ),
    ] = None,
    size: Annotated[
        str | None, typer.Option(help="Of the problem.", show_default="its smallest")
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="0: any. Where it is in use, the next free one.")
    ] = 8421,
    seconds: Annotated[
        float, typer.Option(min=0.1, max=600, help="The most that one answer may take.")
    ] = 20.0,
    memory: Annotated[
        float, typer.Option(min=0.5, help="GiB that the process that computes may use.")
    ] = 8.0,
    browser: Annotated[
        bool, typer.Option("--open/--no-open", help="Open it in the browser.")
    ] = True,
) -> None:
    """See it: move a slider, and the real backend answers. Ctrl-C ends it.

    Only this machine can reach the page. A loss of two variables is shown as its surface, a larger
    one in slices; it runs in a process of its own, so that one that hangs costs its answer alone.
    """
    from gradparity.harness.planning.lookup import catalogue
    from gradparity.harness.play.computer import LANDSCAPE, Computer, Target
    from gradparity.harness.play.server import serve
    from gradparity.harness.play.views import VIEWS
    from gradparity.problems import InputError
    from gradparity.problems.python_file import is_file
    from gradparity.problems.user_files import unknown_target

    if target is None or target in VIEWS:
        if size is not None:
            raise InputError("--size is that of a problem: gradparity play rosenbrock --size small")
        return serve(port, Computer(seconds, None, memory), target, browser)
    if not is_file(target) and target not in catalogue():
        raise unknown_target("view or problem", target, [*VIEWS, *catalogue()])
    return serve(port, Computer(seconds, Target(target, size), memory), LANDSCAPE, browser)
