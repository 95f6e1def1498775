"""The command line: `gradparity`. Starts fast: nothing heavy is imported before it is needed."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import gradparity
from gradparity.harness.business.command import register as register_optimize
from gradparity.harness.checking.command import check, gradients
from gradparity.harness.claims.command import claims
from gradparity.harness.commands.compare import compare
from gradparity.harness.commands.conventions import conventions
from gradparity.harness.commands.derive import derive
from gradparity.harness.commands.doctor import doctor
from gradparity.harness.commands.export import export
from gradparity.harness.commands.listing import list_
from gradparity.harness.commands.report_bug import report_bug
from gradparity.harness.commands.run import run
from gradparity.harness.commands.show import show
from gradparity.harness.commands.store import register as register_store
from gradparity.harness.drawing.command import plot
from gradparity.harness.gate.command import register as register_gate
from gradparity.harness.history.command import bisect, history
from gradparity.harness.play.command import play
from gradparity.harness.report.command import report
from gradparity.harness.serve.command import serve
from gradparity.harness.terminal.endings import run_to_its_end
from gradparity.harness.terminal.verb import add
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


RIGHT = "Is it right?"
COST = "What does it cost?"
TRAIN = "How does it train?"
FOUND = "What was found?"
HERE = "This machine"

add(app, check, "gradparity check my_loss.py", "gradparity check xor --backend jax", question=RIGHT)
add(
    app,
    gradients,
    "gradparity gradients xor-tanh",
    "gradparity gradients my_loss.py --backend numpy,tape",
    question=RIGHT,
)
add(
    app,
    conventions,
    "gradparity conventions --only relu",
    "gradparity conventions --diff torch-2.12",
    question=RIGHT,
)
add(
    app,
    derive,
    "gradparity derive my_loss.py",
    "gradparity derive xor-tanh -o xor_gradient.py",
    question=RIGHT,
)
add(
    app,
    run,
    "gradparity run my_loss.py",
    "gradparity run xor --size tiny --backend numpy,tape,jax",
    question=COST,
)
register_gate(app, COST)
add(
    app,
    history,
    "gradparity history quick --commits v1..main",
    "gradparity history my_loss.py --every 5",
    question=COST,
)
add(
    app,
    bisect,
    "gradparity bisect my_loss.py --row ROW --commits v1..main",
    "gradparity bisect xor --row ROW --commits HEAD~9..HEAD",
    question=COST,
)
add(
    app,
    train,
    "gradparity train xor-tanh --optimizer adam,momentum --lr 1e-3:1:log7",
    "gradparity train my_loss.py --optimizer lbfgs --steps 50",
    question=TRAIN,
)
add(
    app,
    claims,
    "gradparity claims --quick",
    "gradparity claims 16 20 --format markdown",
    question=TRAIN,
)
add(app, play, "gradparity play descent", "gradparity play my_loss.py", question=TRAIN)
register_optimize(app, TRAIN)
add(app, show, "gradparity show", "gradparity show --all", question=FOUND)
add(
    app,
    compare,
    "gradparity compare 20261123 20261124",
    "gradparity compare 20261123 20261124 --format markdown",
    question=FOUND,
)
add(
    app, plot, "gradparity plot", "gradparity plot 20261123 --kind pdf --style talk", question=FOUND
)
add(app, report, "gradparity report", "gradparity report --course -o course.html", question=FOUND)
add(
    app,
    export,
    "gradparity export --format latex -o table.tex",
    "gradparity export 20261123 --format junit -o run.xml",
    question=FOUND,
)
add(
    app,
    serve,
    "gradparity serve --store team.db",
    "gradparity serve --host 0.0.0.0 --token 3f9c1e7a5b2d8640",
    question=FOUND,
)
register_store(app, FOUND)
add(app, doctor, "gradparity doctor", "gradparity doctor --seconds 30 -f json", question=HERE)
add(app, list_, "gradparity list", "gradparity list --format markdown", name="list", question=HERE)
add(
    app,
    report_bug,
    "gradparity report-bug",
    "gradparity report-bug 20261123",
    name="report-bug",
    question=HERE,
)


def main() -> None:
    """Run the command line."""
    run_to_its_end(app)
