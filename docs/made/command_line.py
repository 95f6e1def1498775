"""Every verb of the command line, from what Typer knows of it."""

import typer

from gradparity.harness.cli import app
from made.registries import table


def command_line():
    """A section for each verb, under the question that it answers."""
    root = typer.main.get_command(app)
    panels = {}
    for name, command in root.commands.items():
        panels.setdefault(command.rich_help_panel, []).append((name, command))
    told = []
    for question, verbs in panels.items():
        told += [f"## {question}", ""]
        for name, command in verbs:
            told += _verb(f"gradparity {name}", command, 3)
    return "\n".join(told)


def _verb(path, command, level):
    """What it does, its arguments and options, and its examples; of a group, its verbs."""
    told = [f"{'#' * level} {path}", "", _prose(command.help), ""]
    for name, below in getattr(command, "commands", {}).items():
        told += _verb(f"{path} {name}", below, level + 1)
    if hasattr(command, "commands"):
        return told
    context = command.make_context(path, [], resilient_parsing=True)
    rows = [_row(one, context) for one in command.params if one.name != "help"]
    told += [table(("argument or option", "what it is", "default"), rows), ""] if rows else []
    return [*told, "```text", *command.epilog.splitlines(), "```", ""]


def _prose(text):
    return (text or "").replace("\b", "").replace("<", r"\<")


def _row(one, context):
    kind = one.metavar or one.display_type_rich(ctx=context) or ""
    if one.param_type_name == "argument":
        name = f"`{one.display_name_raw}`"
    else:
        name = ", ".join(f"`{option}`" for option in (*one.opts, *one.secondary_opts))
        name += "" if one.is_flag else f" `{kind}`"
    stated = one.show_default if isinstance(one.show_default, str) else one.default
    default = getattr(stated, "value", stated)
    bare = default is None or isinstance(default, bool) or callable(default) or default in ("", ())
    written = "" if bare else f"{default}"
    return name, _prose(one.help), written
