"""Atlases as files: `.gradparity/conventions/VERSIONS.json`, one for every set of versions."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from gradparity.harness.conventions.answers import COLUMNS
from gradparity.harness.conventions.atlas import Atlas
from gradparity.problems import InputError
from gradparity.problems.errors import unknown
from gradparity.problems.user_files import read_text
from gradparity.results.words.json_values import to_json

FOLDER = Path(".gradparity") / "conventions"
KEYS = ("case", "at", *COLUMNS)


def document(atlas: Atlas) -> dict[str, Any]:
    """An atlas in JSON's types: {"versions", "rows"}."""
    return {"versions": dict(atlas.versions), "rows": [dict(row) for row in atlas.rows]}


def store(atlas: Atlas) -> Path:
    """Write an atlas under its versions' name, in place of an earlier one of the same versions.

    Raises: InputError if the folder cannot be written.
    """
    path = FOLDER / f"{atlas.name}.json"
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        partial.write_text(to_json(document(atlas)), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None
    return path


def stored() -> dict[str, Path]:
    """The stored atlases by name."""
    return {path.stem: path for path in sorted(FOLDER.glob("*.json"))}


def find(given: str) -> Atlas:
    """The atlas of a file, or the stored one whose name has this text in it.

    Raises: InputError if there is none, more than one, or the file is no atlas.
    """
    if os.path.lexists(given):
        return load(Path(given))
    known = stored()
    if given in known:
        return load(known[given])
    matching = [name for name in known if given in name]
    if len(matching) == 1:
        return load(known[matching[0]])
    if matching:
        raise InputError(f"{given!r} fits several stored atlases: {', '.join(matching)}")
    if not known or "/" in given or given.endswith(".json"):
        raise InputError(
            f"no file {given!r}, and no stored atlas of that name in {FOLDER}; "
            f"known: {', '.join(known) or 'none; gradparity conventions stores one'}"
        )
    raise unknown("atlas", given, known)


def load(path: Path) -> Atlas:
    """The atlas in a file. Raises: InputError if it is none."""
    text = read_text(path)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}") from None
    try:
        versions = {str(k): None if v is None else str(v) for k, v in document["versions"].items()}
        rows = tuple({str(k): str(v) for k, v in row.items()} for row in document["rows"])
        complete = all(key in row for row in rows for key in KEYS)
    except (KeyError, TypeError, AttributeError):
        complete = False
    if not complete:
        raise InputError(
            f"{path} is no atlas of conventions; `gradparity conventions --format json` writes one"
        )
    return Atlas(versions, rows)
