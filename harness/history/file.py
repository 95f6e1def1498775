"""Where a history is kept: one JSON file, replaced as a whole after every gate."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from gradparity.harness.history.record import CommitHistory
from gradparity.problems import InputError

DEFAULT = Path(".gradparity/history.json")


def read(path: Path) -> CommitHistory | None:
    """The history in a file, None if there is no file. Raises InputError for what is none."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    try:
        return CommitHistory.model_validate_json(text)
    except (ValidationError, RecursionError) as error:
        told = str(error).splitlines()
        where = " ".join(told[1:3]).strip()[:160] if len(told) > 1 else ""
        raise InputError(f"{path} is no history of gradparity: {where}") from error


def known_history(path: Path | None) -> CommitHistory | None:
    """The history in a file that was named, or else in `DEFAULT`, None if that is not there.

    Raises InputError for a file that was named and is not there, and for what is no history.
    """
    found = read(path or DEFAULT)
    if found is None and path is not None:
        raise InputError(f"there is no file {path}; `gradparity history --file {path}` writes it")
    return found


def write(history: CommitHistory, path: Path) -> None:
    """Replace the file, at once: a reader finds the old one or the new one, whole."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{os.getpid()}.new")
        beside.write_text(history.model_dump_json(indent=1), encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}; name another file: --file") from error
