"""Users' files, sent by value: what a file holds and what it imports of the user's own.

On a host they lie in a folder as they lie here below the root, and workers run in it where this
process runs: a relative name means there what it means here. An absolute one is renamed on its
way, and back.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from gradparity.harness.processes.imports import imported_files
from gradparity.problems import InputError

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Parcel:
    """folder: where this process runs. files: absolute path -> content. digest: of all of them."""

    folder: str
    files: dict[str, bytes] = field(default_factory=dict)
    digest: str = ""


class ParcelSpoiled(Exception):
    """What has arrived is not what was sent."""


def packed(files: Iterable[str]) -> Parcel:
    """The files that take part, with what they import. Raises InputError for one that is gone."""
    found: dict[str, bytes] = {}
    for file in files:
        for path in imported_files(file):
            try:
                found[str(path)] = path.read_bytes()
            except OSError as error:
                raise InputError(f"{path}: {error.strerror}") from error
    return Parcel(os.getcwd(), found, _digest(found))


def unpacked(parcel: Parcel, root: Path) -> Path:
    """The folder to run in, below `root`, where the files are written. Raises ParcelSpoiled."""
    if _digest(parcel.files) != parcel.digest:
        raise ParcelSpoiled("users' files have changed on their way")
    folder = _below(root, parcel.folder)
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in parcel.files.items():
        place = _below(root, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return folder


def sent(record: Record, root: Path) -> Record:
    """A record whose absolute names of files mean those below `root`."""

    def renamed(text: str) -> str:
        file, mark, name = text.partition("::")
        if file.startswith("/") and _below(root, os.path.realpath(file)).is_file():
            return f"{_below(root, os.path.realpath(file))}{mark}{name}"
        return text

    found: Record = _with_texts(record, renamed)
    return found


def returned(record: Record, root: Path) -> Record:
    """A record that speaks of files as they are called at home."""
    found: Record = _with_texts(record, lambda text: text.replace(str(root), ""))
    return found


def _with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """The same with every text of a record, or of what it holds, changed; arrays stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple):
        return type(value)(_with_texts(one, change) for one in value)
    if isinstance(value, dict):
        return {_with_texts(key, change): _with_texts(one, change) for key, one in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        own = {one.name: getattr(value, one.name) for one in fields(value) if one.init}
        return replace(value, **{name: _with_texts(one, change) for name, one in own.items()})
    return value


def _below(root: Path, path: str) -> Path:
    return root / Path(path).relative_to("/")


def _digest(files: dict[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path, content in sorted(files.items()):
        digest.update(path.encode() + b"\0" + hashlib.sha256(content).digest())
    return digest.hexdigest()
