"""What is asked of git: the repository, a commit, whether the tree is dirty."""

from __future__ import annotations

import difflib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from gradparity.problems import InputError

LOCAL = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")
"""What git sets for its hooks; it would make git look at another tree than the one named."""


class GitError(Exception):
    """git refused; the text is what it said, on one line."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its full hash, and the name under which it was asked for."""

    hash: str
    name: str

    @property
    def label(self) -> str:
        """For people: "main (3fa91c2)"."""
        short = self.hash[:7]
        return short if self.hash.startswith(self.name) else f"{self.name} ({short})"


def git(folder: Path, *arguments: str) -> str:
    """What git prints, run in `folder`, without the last newline. Raises GitError, InputError."""
    environment = {name: value for name, value in os.environ.items() if name not in LOCAL}
    environment["LC_ALL"] = "C"
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            env=environment,
            check=False,
            process_group=0,  # Ctrl-C in the terminal reaches the parent alone
        )
    except FileNotFoundError as error:
        raise InputError("comparing commits needs git, which is not installed") from error
    if done.returncode:
        raise GitError(" ".join(done.stderr.split()) or f"git ended with {done.returncode}")
    return done.stdout.rstrip("\n")


def repository(folder: Path) -> Path:
    """The root of the working tree that `folder` is in. Raises InputError if there is none."""
    try:
        found = git(folder, "rev-parse", "--show-toplevel")
    except GitError as error:
        told = str(error)
        if "dubious ownership" in told:
            raise InputError(f"git does not trust {folder}: {told[:300]}") from error
        raise InputError(
            f"{folder} is not in a git working tree, and this compares commits; "
            "gate --baseline compares with a file"
        ) from error
    return Path(found).resolve()


def commit(tree: Path, name: str) -> Commit:
    """The commit of this name. Raises InputError, one line, if there is none."""
    try:
        hash_ = git(
            tree, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
        )
    except GitError as error:
        raise InputError(_missing(tree, name)) from error
    return Commit(hash_, name)


def _missing(tree: Path, name: str) -> str:
    if git(tree, "rev-parse", "--is-shallow-repository") == "true":
        branch = name.removeprefix("origin/")
        return (
            f"this clone is shallow and has no {name!r}; fetch it first: "
            f"git fetch --depth 1 origin {branch} && gradparity gate --against FETCH_HEAD"
        )
    known = git(tree, "for-each-ref", "--format=%(refname:short)").split()
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else ";"
    shown = ", ".join(known[:10]) + (f" and {len(known) - 10} more" if len(known) > 10 else "")
    return f"unknown commit {name!r}{hint} known: {shown or 'nothing, not even one commit'}"


def dirty(tree: Path) -> bool:
    """Whether anything that git would commit is not committed."""
    return bool(git(tree, "status", "--porcelain"))


def tracked(tree: Path, file: Path) -> bool:
    """Whether the repository holds this file."""
    try:
        git(tree, "ls-files", "--error-unmatch", "--", str(file))
    except GitError:
        return False
    return True
