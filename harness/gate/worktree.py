"""A commit checked out beside the working tree, for as long as a gate runs.

Every checkout is a folder of its own in the system's folder for temporary files. In it stand the
working tree and a note of who owns it. It is removed at the end, whatever happened; a gate that was
killed cannot do that, so the next one looks for folders whose owner is gone.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from gradparity.harness.processes.git import Commit, GitError, git
from gradparity.problems import InputError

PREFIX = "gradparity-gate-"
NOTE = "owner.json"
TREE = "tree"


@contextmanager
def checked_out(repository: Path, commit: Commit) -> Iterator[Path]:
    """The root of a working tree of `commit`, gone afterwards. Removes leftovers first.

    Raises InputError if git cannot check it out.
    """
    remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    try:
        own = psutil.Process()
        note = {"pid": own.pid, "started": own.create_time(), "repository": str(repository)}
        (folder / NOTE).write_text(json.dumps(note))
        tree = folder / TREE
        # Hooks are the user's own: they may install things, or take minutes.
        quiet = ("-c", f"core.hooksPath={os.devnull}", "-c", "advice.detachedHead=false")
        try:
            git(repository, *quiet, "worktree", "add", "--detach", str(tree), commit.hash)
        except GitError as error:
            raise InputError(f"git cannot check {commit.label} out: {error}") from error
        yield tree
    finally:
        _remove(folder, repository)


def remove_leftovers(within: Path | None = None) -> list[Path]:
    """The folders of killed gates, which are gone now. within: [the system's temporary folder].

    A folder of another user, or without a legible note, is left alone.
    """
    found = []
    for folder in (within or Path(tempfile.gettempdir())).glob(PREFIX + "*"):
        try:
            note = json.loads((folder / NOTE).read_text())
            alive = _alive(int(note["pid"]), float(note["started"]))
            repository = Path(note["repository"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if not alive:
            _remove(folder.resolve(), repository)
            found.append(folder)
    return found


def _alive(pid: int, started: float) -> bool:
    """Whether the process that has this number is the one that started then."""
    try:
        return abs(psutil.Process(pid).create_time() - started) < 1
    except psutil.Error:
        return psutil.pid_exists(pid)


def _remove(folder: Path, repository: Path) -> None:
    tree = folder / TREE
    with suppress(GitError, InputError):  # never added, or the repository is gone
        git(repository, "worktree", "remove", "--force", "--force", str(tree))
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(GitError, InputError):
        git(repository, "worktree", "prune")
