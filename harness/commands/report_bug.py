"""The verb `report-bug`: what an issue needs, and nothing personal. Imports nothing heavy."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gradparity.harness.terminal.options import RunId, Store

if TYPE_CHECKING:
    from gradparity.results.records.record import Cell

MOST = 5
"""So many rows tell what is wrong."""

NOBODY = {"", "root", "localhost"}
"""Names that tell nothing of anybody."""

_PATHS = (
    (
        re.compile(r"""(['"])(?:[^'"\\/\n]*[\\/])+([^'"\\/\n]*)\1"""),
        r"\1\2\1",
    ),  # quoted, with spaces
    (
        re.compile(
            r"(?<![\w.)\]])(?:~|[A-Za-z]:)?[\\/](?:[^\\/\s'\":,;]+[\\/])*([^\\/\s'\":,;]+)[\\/]?"
        ),
        r"\1",
    ),
    (re.compile(r"(?:[\w.~-]+[\\/])+([\w-]+\.\w+)"), r"\1"),
)
"""What is a path, and its last part."""


def report_bug(run_id: RunId = None, store: Store = None) -> None:
    """Versions, machine and the last run's rows that are not right, to paste into an issue.

    Nothing personal: no names of user or machine, and of paths the last part alone.
    """
    from gradparity.harness.terminal.console import say

    for line in report(run_id, store):
        say(line)


def report(run_id: str | None, store: str | None) -> list[str]:
    """Return the lines, in Markdown: versions, machine, and a run in JSON, where there is one."""
    import os
    import platform

    import psutil

    from gradparity.harness.processes.environment import LIBRARIES, allowed_cores, cpu_model
    from gradparity.harness.processes.environment import installed as version_of
    from gradparity.harness.terminal.installed import OWN
    from gradparity.results.words.json_values import to_json

    versions = {name: version_of(name) for name in LIBRARIES if name != "gradparity"}
    told = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
    memory = psutil.virtual_memory().total / 2**30
    lines = [
        f"- gradparity {OWN}, Python {platform.python_version()}; {told}",
        f"- {platform.system()} {platform.release()}, {platform.machine()}, "
        f"{cpu_model() or platform.processor()}; {len(allowed_cores())} of {os.cpu_count()} cores, "
        f"{memory:.0f} GiB",
    ]
    run = _run(run_id, store)
    if run is None:
        return [*lines, "- no stored run"]
    return [*lines, "```json", *to_json(run, False).splitlines(), "```"]


def _run(run_id: str | None, store: str | None) -> dict[str, Any] | None:
    """Return a run with its first rows that are not right; None where no run is asked or stored."""
    from gradparity.results.records.errors import StoreError
    from gradparity.results.store.store import open_store

    try:
        with open_store(store, read_only=True) as opened:
            run = opened.find(run_id)
            cells = [] if run.kind == "train" else opened.cells(run.id)
            descents = opened.descents(run.id) if run.kind == "train" else []
    except StoreError:
        if run_id is not None or store is not None:
            raise
        return None
    hide = hiding()
    return {
        "run": run.id,
        "command": hide(run.command),
        "status": run.status,
        "versions": run.environment.versions,
        "rows": _rows(cells, hide) or [{"status": one.status} for one in descents[:MOST]],
    }


def _rows(cells: Sequence[Cell], hide: Callable[[str], str]) -> list[dict[str, Any]]:
    from gradparity.results.records.statuses import RIGHT

    keys = ("problem", "size", "parameters", "backend", "variant", "operator", "dtype", "status")
    more = ("max_error", "bound", "oracle")
    wrong = [cell for cell in cells if cell.status not in RIGHT] or list(cells)
    return [
        {key: getattr(cell, key) for key in (*keys, *more)} | {"reason": hide(cell.reason)}
        for cell in wrong[:MOST]
    ]


def hiding() -> Callable[[str], str]:
    """Return what takes names of user and machine out of a text, and folders out of its paths."""
    import getpass
    import socket
    from contextlib import suppress
    from pathlib import Path

    names = {socket.gethostname(), socket.gethostname().partition(".")[0]}
    with suppress(OSError, KeyError):  # a user without a name
        names.add(getpass.getuser())
    words = [rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(names - NOBODY)]
    home = str(Path.home())

    def hide(text: str) -> str:
        bare = text.replace(home, "~") if len(home) > 1 else text
        for path, last in _PATHS:
            bare = path.sub(last, bare)
        for word in words:
            bare = re.sub(word, "...", bare)
        return bare

    return hide
