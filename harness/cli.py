"""The command line: `gradparity`. Starts fast: nothing heavy is imported before it is needed."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import gradparity
from gradparity.harness.business.command import register as register_optimize
from gradparity.harness.checking.command import check, gradients
from gradparity.harness.commands.compare import compare
from gradparity.harness.commands.conventions import conventions
from gradparity.harness.commands.derive import derive
from gradparity.harness.commands.doctor import doctor
from gradparity.harness.commands.export import export
from gradparity.harness.commands.listing import list_
from gradparity.harness.commands.run import run
from gradparity.harness.commands.show import show
from gradparity.harness.commands.store import register as register_store
from gradparity.harness.drawing.command import plot
from gradparity.harness.gate.command import register as register_gate
from gradparity.harness.history.command import bisect, history
from gradparity.harness.play.command import play
from gradparity.harness.report.command import report
from gradparity.harness.terminal.endings import run_to_its_end
from gradparity.harness.training.command import train

app = typer.Typer(
    help="Is this gradient right, and what does it cost?",
    name="gradparity",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        print(f"gradparity {gradparity.__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Name other versions on the path, before any verb."""
    from gradparity.harness.terminal.installed import warning
    from gradparity.results.words.display import printable

    if told := warning():
        print(f"gradparity: {printable(told)}", file=sys.stderr)


app.command("list")(list_)
for verb in (
    run,
    check,
    gradients,
    train,
    show,
    compare,
    export,
    plot,
    doctor,
    derive,
    conventions,
    play,
    history,
    bisect,
    report,
):
    app.command()(verb)
register_optimize(app)
register_gate(app)
register_store(app)


def main() -> None:
    """Run the command line."""
    run_to_its_end(app)
