"""Whether a stored run can be gone on with: what must not have changed since it was begun."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from gradparity.harness.processes import environment
from gradparity.results.records.record import Run


def changed_since(run: Run, files: Iterable[str], ignored: Iterable[str] = ()) -> list[str]:
    """What of the machine and the code is no longer as it was, in words.

    files: the users' that take part now. ignored: fields of `Identity` that do not matter.
    """
    now = asdict(environment.identity(files))
    told = []
    for name, value in now.items():
        then = getattr(run.environment, name)
        if then == value or name in ignored:
            continue
        told += _changed_files(then, value) if name == "files" else [name]
    return told


def _changed_files(then: dict[str, str], now: dict[str, str]) -> list[str]:
    return [name for name in sorted(then | now) if then.get(name) != now.get(name)]
