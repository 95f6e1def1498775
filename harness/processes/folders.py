"""Temporary folders: each has one owner, and what a killed owner left is removed by the next.

For as long as it lives, the owner holds a lock on its folder. The kernel frees the lock however the
owner ends, so that no process number is believed, which another process may have by then. A folder
without a lock goes if all of this is so, and is left alone otherwise: it is a real folder of this
user, closed to all others; its note names it; the folder that holds it is one in which nobody else
can rename what is ours. Nothing is resolved, no link is followed, and a note only ever says no.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gradparity.harness.processes.descendants import end_orphans
from gradparity.harness.processes.interruption import held

PREFIX = "gradparity-"
NOTE = "owner"
"""A file with the folder's own name, written once the lock is held."""

UNFINISHED_S = 60.0
"""An empty folder this old was left between being made and being locked."""


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder of this process alone (0700), gone afterwards. Removes what killed ones left.

    Their workers have died with them; what these started ends here.
    """
    with held():
        if remove_leftovers():
            end_orphans()
        folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        with suppress(OSError):  # a file system without locks: nobody else will remove it
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (folder / NOTE).write_text(folder.name)
    try:
        yield folder
    finally:
        with held():
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)


def remove_leftovers() -> list[str]:
    """The names of the folders that killed processes left, which are gone now."""
    parent = os.open(tempfile.gettempdir(), os.O_RDONLY | os.O_DIRECTORY)
    try:
        if not _only_we_rename(os.fstat(parent)):
            return []
        names = [name for name in os.listdir(parent) if name.startswith(PREFIX)]
        return [name for name in names if _removed(parent, name)]
    finally:
        os.close(parent)


def _only_we_rename(parent: os.stat_result) -> bool:
    """Whether nobody else but root can put another folder in the place of one of ours."""
    shared = parent.st_mode & 0o022 and not parent.st_mode & stat.S_ISVTX
    return parent.st_uid in (0, os.geteuid()) and not shared


def _removed(parent: int, name: str) -> bool:
    """Remove a folder if it is a leftover; whether it was."""
    with suppress(OSError):  # a link, no folder, another's, or gone by now
        folder = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=parent)
        try:
            if not _private(os.fstat(folder)):
                return False
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _note(folder) == name.encode():
                shutil.rmtree(name, dir_fd=parent)
                return True
            if time.time() - os.fstat(folder).st_mtime > UNFINISHED_S:
                os.rmdir(name, dir_fd=parent)  # refuses one with anything in it
                return True
        finally:
            os.close(folder)
    return False


def _private(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _note(folder: int) -> bytes | None:
    """What the note in a folder says; None if there is none that this user wrote."""
    try:
        note = os.open(NOTE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    except FileNotFoundError:
        return None
    try:
        found = os.fstat(note)
        own = stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and found.st_nlink == 1
        return os.read(note, 300) if own else None
    finally:
        os.close(note)
