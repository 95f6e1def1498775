"""Which commits a history has."""

from __future__ import annotations

from pathlib import Path

from gradparity.harness.history.record import PastCommit
from gradparity.harness.processes.git import GitError, commit, git
from gradparity.problems import InputError

SEPARATOR = "\x1f"
MOST = 2000


def chosen(top: Path, between: str | None, every: int) -> list[PastCommit]:
    """The commits of `between`, "A..B", A the anchor; or of all up to HEAD. The oldest first.

    Only the first parent of a merge is followed: what main was, commit by commit. every: each Nth
    of them, the first and the last always.
    Raises InputError for a name that git does not know, or fewer than two commits.
    """
    if every < 1:
        raise InputError(f"--every is {every}; it should be 1 or more")
    first, last = _ends(between)
    end = commit(top, last).hash
    asked = [end]
    if first is not None:
        start = commit(top, first).hash
        if not _is_ancestor(top, start, end):
            raise InputError(f"{first} is no ancestor of {last}: there is no way from it to there")
        asked = [f"{start}..{end}"]
    form = SEPARATOR.join(("%H", "%cI", "%s"))
    listed = git(top, "log", "--first-parent", "--reverse", f"--format={form}", *asked)
    found = [_read(line) for line in listed.splitlines()]
    if first is not None:
        found.insert(0, _read(git(top, "log", "-1", f"--format={form}", commit(top, first).hash)))
    if len(found) < 2:
        raise InputError("a history needs two commits; name them: --commits A..B")
    kept = found[::every]
    if kept[-1] != found[-1]:
        kept.append(found[-1])
    if len(kept) > MOST:
        raise InputError(f"{len(kept)} commits are too many; take every Nth: --every N")
    return kept


def _ends(between: str | None) -> tuple[str | None, str]:
    if between is None:
        return None, "HEAD"
    first, dots, last = between.partition("..")
    if not (first and dots) or last.startswith("."):
        raise InputError(f"--commits is {between!r}; it should be A..B, the oldest first")
    return first, last or "HEAD"


def _is_ancestor(top: Path, start: str, end: str) -> bool:
    try:
        git(top, "merge-base", "--is-ancestor", start, end)
    except GitError:
        return False
    return True


def _read(line: str) -> PastCommit:
    hash_, date, title = line.split(SEPARATOR, 2)
    return PastCommit(hash=hash_, date=date, title=title[:200])
