"""The command line: `gradparity`. Starts fast: nothing heavy is imported before it is needed."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer

import gradparity
from gradparity.harness.business.command import register as register_optimize
from gradparity.harness.checking.command import check, gradients
from gradparity.harness.commands.run import run
from gradparity.harness.gate.command import register as register_gate
from gradparity.harness.terminal.formats import Format, FormatOption
from gradparity.harness.terminal.options import Reference, RunId, Store
from gradparity.harness.training.command import train

app = typer.Typer(
    help="Is this gradient right, and what does it cost?",
    name="gradparity",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

BAD_INPUT = 2
UNFINISHED = 4
INTERRUPTED = 130
BROKEN_PIPE = 141


class DoctorFormat(StrEnum):
    """How `doctor` writes what it found."""

    table = "table"
    json = "json"


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

    if told := warning():
        print(f"gradparity: {told}", file=sys.stderr)


@app.command("list")
def list_(output: FormatOption = Format.table) -> None:
    """Problems, backends (version, or why not available), optimisers and suites."""
    from gradparity.harness.commands.listing import show

    show(output.value)


app.command()(run)
app.command()(check)
app.command()(gradients)
app.command()(train)


@app.command()
def show(
    run_id: RunId = None,
    all_runs: Annotated[bool, typer.Option("--all", help="List the stored runs.")] = False,
    scaling: Annotated[
        bool, typer.Option("--scaling", help="How time grows, and where backends cross.")
    ] = False,
    reference: Reference = None,
    histories: Annotated[
        bool, typer.Option("--histories", help="Of training, in json: every series.")
    ] = False,
    plots: Annotated[
        str | None,
        typer.Option(metavar="DIR", help="Of training: draw the pictures into this folder."),
    ] = None,
    store: Store = None,
    output: FormatOption = Format.table,
) -> None:
    """A stored run's tables, of times or of training, or the list of stored runs."""
    from gradparity.harness.commands.show import with_reference, write, write_runs, write_scaling
    from gradparity.harness.terminal.stored import timed
    from gradparity.harness.training.output import write_pictures, write_race
    from gradparity.problems import InputError
    from gradparity.results.store.store import open_store

    asked = "--scaling" if scaling else "--reference" if reference is not None else ""
    with open_store(store, read_only=True) as opened:
        if all_runs:
            write_runs(opened.runs(), output.value)
            return
        found = opened.find(run_id)
        if found.kind == "train" and not asked:
            descents = opened.descents(found.id)
            write_race(found, descents, output.value, histories)
            if plots is not None:
                write_pictures(found, descents, plots, output.value)
            return
        found, cells = timed(opened, found.id, asked)
    if histories or plots is not None:
        raise InputError(f"run {found.id} is no training: it has no --histories and no --plots")
    if scaling:
        write_scaling(cells, output.value)
        return
    write(with_reference(found, cells, reference), cells, output.value)


@app.command()
def compare(
    before: Annotated[str, typer.Argument(metavar="RUN", help="A run's id or its beginning.")],
    after: Annotated[str, typer.Argument(metavar="RUN", help="The one to hold against it.")],
    force: Annotated[
        bool, typer.Option("--force", help="Even if machine, libraries or settings differ.")
    ] = False,
    store: Store = None,
    output: FormatOption = Format.table,
) -> None:
    """Two stored runs side by side: times, ratios, what is new and what is gone."""
    from gradparity.harness.commands.compare import compared, write
    from gradparity.results.store.store import open_store

    with open_store(store, read_only=True) as opened:
        comparison = compared(opened, before, after, force)
    write(comparison, output.value)


@app.command()
def export(
    run_id: RunId = None,
    output: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            help="csv, json, markdown, latex, parquet, pytest-benchmark, "
            "github-action-benchmark, junit.",
        ),
    ] = "csv",
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="A file to write. [standard output]")
    ] = None,
    store: Store = None,
) -> None:
    """A stored run in the format of another program: CI, spreadsheets, papers."""
    from gradparity.harness.commands.export import check, write
    from gradparity.results.store.store import open_store

    check(output, out)
    with open_store(store, read_only=True) as opened:
        write(opened, run_id, output, out)


@app.command()
def doctor(
    seconds: Annotated[float, typer.Option(help="How long to measure the noise.")] = 10.0,
    output: Annotated[
        DoctorFormat, typer.Option("--format", "-f", help="How to print the result.")
    ] = DoctorFormat.table,
) -> None:
    """Is this machine fit to measure on? Cores, clock, threads, noise, and what to change."""
    from gradparity.harness.doctor.examination import examine
    from gradparity.harness.doctor.report import write

    write(examine(seconds, lambda text: print(text, file=sys.stderr)), output.value)


@app.command()
def derive(
    problem: Annotated[str, typer.Argument(help="A problem, or a file with one in it.")],
    size: Annotated[str | None, typer.Option(help="Its shapes. [the smallest]")] = None,
    operator: Annotated[str, typer.Option(help="value, gradient, jvp, hvp, ...")] = "gradient",
    dtype: Annotated[str, typer.Option(help="float32 or float64.")] = "float64",
    out: Annotated[
        str | None, typer.Option("--out", "-o", help="A file to write. [standard output]")
    ] = None,
) -> None:
    """A problem's gradient as a NumPy function of its own, to ship where no framework can go."""
    from gradparity.harness.commands import derive as derivation

    source = derivation.derive(problem, size, operator, dtype)
    if out is None:
        print(source, end="")
    else:
        derivation.write(source, out)


@app.command()
def conventions(
    only: Annotated[
        str | None, typer.Option(help="Only cases with this text in name or family.")
    ] = None,
    diff: Annotated[
        str | None,
        typer.Option(
            metavar="FILE_OR_VERSION",
            help="Only what changed since an earlier atlas: a JSON file, or a stored one's name "
            "or a part of it (torch-2.12).",
        ),
    ] = None,
    output: FormatOption = Format.table,
) -> None:
    """What each backend answers where the derivative is a choice: kinks, ties, borders."""
    from gradparity.harness.conventions.command import show_conventions

    show_conventions(only, diff, output.value)


register_optimize(app)
register_gate(app)


def main() -> None:
    """Run the command line; a user's mistake is one line, never a traceback."""
    try:
        try:
            app()
        finally:
            sys.stdout.flush()  # a reader that is gone is noticed here, not when Python ends
    except KeyboardInterrupt:
        _fail("interrupted", INTERRUPTED)
    except BrokenPipeError:
        _reader_gone()
    except SystemExit as end:
        # typer and rich turn either into an exit of their own.
        reasons = _reasons(end)
        if KeyboardInterrupt in reasons:
            _fail("interrupted", INTERRUPTED)
        if BrokenPipeError in reasons and end.code == 1:
            _reader_gone()
        raise
    except ModuleNotFoundError as error:
        from gradparity.problems.extras import explained

        told = explained(error)
        if told is None:
            raise
        _fail(told, BAD_INPUT)
    except Exception as error:
        code = _exit_code(error)
        if code is None:
            raise
        _fail(str(error), code)


def _reasons(error: BaseException) -> set[type[BaseException]]:
    """The kinds of errors that an error was raised in answer to."""
    found: set[type[BaseException]] = set()
    behind = error.__cause__ or error.__context__
    while behind is not None:
        found.add(type(behind))
        behind = behind.__cause__ or behind.__context__
    return found


def _reader_gone() -> None:
    """End quietly, as any program whose reader has gone: `gradparity list | head`."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(BROKEN_PIPE)


def _exit_code(error: Exception) -> int | None:
    """The exit code of an error that is told in one line; None for a defect of ours."""
    from gradparity.problems.errors import InputError
    from gradparity.results.records.errors import StoreError, StoreFull

    if isinstance(error, StoreFull):
        return UNFINISHED
    return BAD_INPUT if isinstance(error, InputError | StoreError) else None


def _fail(message: str, code: int) -> None:
    print(f"gradparity: {message}", file=sys.stderr)
    sys.exit(code)
