"""A verb of the command line: its help fits one screen and ends with two examples.

`--help` shows a verb's foremost options in full. Where the whole would be longer than a screen, the
options of the other panels are only named, and `--help-all` shows everything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from copy import copy
from io import StringIO
from typing import Any

import typer
from typer.core import TyperCommand, TyperOption

LINES = 40
"""Of a screen."""

ALL = "--help-all"

CHOICE = "Further choices"
SAMPLING = "Sampling"
MACHINE = "Machine"
STORED = "What is kept"


class Verb(TyperCommand):
    """A command whose epilog is its examples, a line each, and whose help fits one screen."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse; `--help-all` is `--help` with every option in full."""
        ctx.meta[ALL] = ALL in args
        return super().parse_args(ctx, ["--help" if one == ALL else one for one in args])

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help."""
        if ctx.meta.get(ALL) or _lines(lambda: self._print(ctx, ())) <= LINES:
            self._print(ctx, ())
        else:
            self._print(ctx, [one for one in self.params if _panel(one)])

    def _print(self, ctx: Any, named: Sequence[Any]) -> None:
        """Print usage, what it does, its options, those of `named` by name alone; examples."""
        from rich.panel import Panel
        from rich.text import Text
        from typer import rich_utils

        shown = copy(self)
        shown.params = [one for one in self.params if one not in named]
        shown.epilog = None
        shown.help = _reflowed(self.help or "")
        rich_utils.rich_format_help(obj=shown, ctx=ctx, markup_mode=self.rich_markup_mode or "rich")
        console = rich_utils._get_rich_console()

        def panel(title: str, lines: list[str]) -> None:
            text = Text("\n".join(lines))
            console.print(Panel(text, title=title, title_align="left", border_style="dim"))

        if named:
            by_panel: dict[str, list[str]] = {}
            for one in named:
                by_panel.setdefault(_panel(one), []).append(_name(one))
            lines = [f"{title}: {' '.join(names)}" for title, names in by_panel.items()]
            panel(f"More, in full with {ALL}", lines)
        if self.epilog:
            panel("Examples", self.epilog.splitlines())


def add(
    app: typer.Typer,
    function: Callable[..., Any],
    *examples: str,
    name: str | None = None,
    question: str | None = None,
    lenient: bool = False,
) -> None:
    """Add a verb to an app, with two examples, in the panel of the question that it answers.

    name: the function's own if None. lenient: whether the verb reads options that it has not got.
    """
    app.command(
        name,
        cls=Verb,
        epilog="\n".join(examples),
        rich_help_panel=question,
        context_settings={"ignore_unknown_options": True} if lenient else None,
    )(function)


def _reflowed(text: str) -> str:
    """Return the text with one line for each paragraph: it is broken where the screen ends."""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def _panel(one: Any) -> str:
    return getattr(one, "rich_help_panel", None) or ""


def _name(one: Any) -> str:
    long = (
        [name for name in one.opts if name.startswith("--")] if isinstance(one, TyperOption) else []
    )
    return long[0] if long else str(one.name)


def _lines(act: Callable[[], None]) -> int:
    """Return how many lines `act` prints."""
    with redirect_stdout(StringIO()) as printed:
        act()
    return printed.getvalue().count("\n")
