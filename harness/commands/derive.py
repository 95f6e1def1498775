"""The verb `derive`: the gradient of a problem as a NumPy function that stands on its own.

Imports nothing heavy: the command line must start fast.
"""

from __future__ import annotations

from typing import Annotated

import typer

from gradparity.harness.terminal.files import Out, write_bytes
from gradparity.harness.terminal.options import Timeout


def derive(
    problem: Annotated[str, typer.Argument(help="A problem, or a file with one in it.")],
    size: Annotated[
        str | None, typer.Option(help="Its shapes.", show_default="the smallest")
    ] = None,
    operator: Annotated[str, typer.Option(help="value, gradient, jvp, hvp, ...")] = "gradient",
    dtype: Annotated[str, typer.Option(help="float32 or float64.")] = "float64",
    timeout: Timeout = 60.0,
    out: Out = None,
) -> None:
    """A problem's gradient as a NumPy function of its own, to ship where no framework can go."""
    from gradparity.harness.commands.single_request import answer_to
    from gradparity.harness.messages.users_code import Derive

    derived = answer_to(Derive(problem, size, operator, dtype), problem, timeout)
    write_bytes(derived.source.encode(), out)
