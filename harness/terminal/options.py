"""Options that several verbs of the command line share. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from gradparity.harness.terminal.verb import CHOICE, MACHINE, STORED


def several(option: str, what: str, panel: str | None = None) -> typer.models.OptionInfo:
    """Return an option that takes several names, described by `what`; panel: of its help."""
    option_info: typer.models.OptionInfo = typer.Option(
        option, metavar="A,B,...", help=what, rich_help_panel=panel
    )
    return option_info


def split(given: Iterable[str] | None) -> tuple[str, ...]:
    """Return the names that were given, each once; "n=100,d=5" is one."""
    parts: list[str] = []
    for text in given or ():
        before = ""
        for part in map(str.strip, text.split(",")):
            if ("=" in part and "=" in before) or before.count("(") > before.count(")"):
                before = parts[-1] = f"{before},{part}"
            else:
                before = part
                parts.append(part)
    return tuple(dict.fromkeys(part for part in parts if part))


Targets = Annotated[
    list[str] | None,
    typer.Argument(
        help="Suites, problems, families (price, xor), files, FILE::NAME.", show_default="quick"
    ),
]
Backends = Annotated[list[str] | None, several("--backend", "As `list` names them, or a file.")]
Sizes = Annotated[list[str] | None, several("--size", "tiny, small, medium, large, or n=100,d=5.")]
Sweep = Annotated[
    str | None,
    typer.Option(help="A ladder of sizes: n=10:1e6:log7; :lin5.", rich_help_panel=CHOICE),
]
Operators = Annotated[list[str] | None, several("--operator", "value, gradient, jvp, hvp, ...")]
Dtypes = Annotated[list[str] | None, several("--dtype", "float32, float64.", CHOICE)]
Device = Annotated[str, typer.Option(help="Where to compute.", rich_help_panel=MACHINE)]
Threads = Annotated[
    int, typer.Option(help="Cores that a backend may use.", rich_help_panel=MACHINE)
]
Timeout = Annotated[
    float, typer.Option(help="Seconds for any one step of a worker.", rich_help_panel=MACHINE)
]
Memory = Annotated[
    float | None, typer.Option(help="GiB of memory of a worker; else all.", rich_help_panel=MACHINE)
]
Seed = Annotated[
    int, typer.Option(help="Draws the instances and the order of samples.", rich_help_panel=CHOICE)
]
Reference = Annotated[
    str | None,
    typer.Option("--reference", help="The backend that ratios refer to.", rich_help_panel=CHOICE),
]
Resume = Annotated[
    str | None,
    typer.Option(
        metavar="RUN", help="Finish this run; it says the rest itself.", rich_help_panel=STORED
    ),
]
RunId = Annotated[
    str | None,
    typer.Argument(metavar="[RUN]", help="A run's id or its beginning.", show_default="latest"),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="WHERE",
        help="local, tcp://scheduler:8786 or FILE.toml: done on a Dask cluster.",
        rich_help_panel=MACHINE,
    ),
]
Jobs = Annotated[
    int, typer.Option(help="Verdicts side by side, a core each.", rich_help_panel=MACHINE)
]
Store = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="A SQLite file, or a database's URL.",
        show_default=".gradparity/results.db",
        rich_help_panel=STORED,
    ),
]
