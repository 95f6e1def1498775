"""A commit checked out beside the working tree, for as long as a gate runs.

Every checkout lies in a temporary folder of its own. A gate that was killed cannot remove it: the
next process of ours does (`processes/folders.py`), and git is told of it by the next gate in the
same repository. git never runs in a folder that somebody else could have chosen.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gradparity.harness.processes.folders import PREFIX, temporary_folder
from gradparity.harness.processes.git import Commit, GitError, git
from gradparity.harness.processes.interruption import held
from gradparity.problems import InputError

TREE = "tree"


@contextmanager
def checked_out(repository: Path, commit: Commit) -> Iterator[Path]:
    """The root of a working tree of `commit`, gone afterwards.

    Raises InputError if git cannot check it out.
    """
    with temporary_folder() as folder:
        _forget_leftovers(repository)
        tree = folder / TREE
        # Hooks are the user's own: they may install things, or take minutes.
        quiet = ("-c", f"core.hooksPath={os.devnull}", "-c", "advice.detachedHead=false")
        try:
            try:
                git(repository, *quiet, "worktree", "add", "--detach", str(tree), commit.hash)
            except GitError as error:
                raise InputError(f"git cannot check {commit.label} out: {error}") from error
            yield tree
        finally:
            with held():
                _forget(repository, str(tree))


def _forget_leftovers(repository: Path) -> None:
    """Have git forget the working trees that killed gates had in folders that are gone."""
    within = Path(tempfile.gettempdir()).resolve()
    with suppress(GitError):
        for line in git(repository, "worktree", "list", "--porcelain").splitlines():
            tree = Path(line.removeprefix("worktree "))
            ours = tree.name == TREE and tree.parent.name.startswith(PREFIX)
            if ours and tree.parent.parent == within and not os.path.lexists(tree.parent):
                _forget(repository, str(tree))


def _forget(repository: Path, tree: str) -> None:
    with suppress(GitError, InputError):  # never added
        git(repository, "worktree", "remove", "--force", "--force", tree)
