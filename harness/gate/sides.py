"""Base and head: two source trees, and where the files of a plan lie in each.

In gradparity's own repository base is another gradparity: its workers import the four rooms of the
commit that is compared with. In a user's repository both sides use this gradparity, and differ in
the user's files.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from gradparity.harness.gate.worktree import checked_out
from gradparity.harness.messages.spec import Spec
from gradparity.harness.processes.git import Commit, commit, dirty, repository, tracked
from gradparity.harness.processes.process import OtherVersion
from gradparity.harness.processes.tree import ROOT, Tree
from gradparity.problems import InputError


@dataclass(frozen=True, slots=True)
class Sides:
    """The two trees. top, base_top: the repository's root, as it is and as it was.

    own: whether it is gradparity's own repository. remarks: what a user should know.
    """

    top: Path
    base_top: Path
    commit: Commit
    head: Tree
    base: Tree
    own: bool
    remarks: tuple[str, ...]

    def in_base(self, spec: Spec) -> Spec:
        """The same spec of a subject, with the files of base."""
        return replace(spec, file=self._base(spec.file), backend=self.source(spec.backend))

    def source(self, backend: str) -> str:
        """A backend of base: its name, or its file there."""
        is_path = backend.endswith(".py") or "/" in backend
        return self._base(backend) or backend if is_path else backend

    def _base(self, file: str | None) -> str | None:
        if file is None:
            return None
        return str(self.base_top / _placed(file).relative_to(self.top))

    def named(self, file: str | None) -> str | None:
        """A file of the working tree as the repository calls it."""
        return None if file is None else _placed(file).relative_to(self.top).as_posix()

    def told(self, reason: str) -> str:
        """A reason that a worker of base gave, with the paths of the repository."""
        return reason.replace(f"{self.base_top}{os.sep}", "").replace(str(self.base_top), ".")

    def not_understood(self, failure: OtherVersion) -> InputError:
        """What to say where base is a gradparity with other requests or answers than this one."""
        return InputError(
            f"{self.commit.label} is {failure.reason}: its workers and these do not understand "
            "each other; name a later commit"
        )


@contextmanager
def sides(name: str, files: Iterable[str], head: str | None = None) -> Iterator[Sides]:
    """Base, checked out from the commit called `name`, and head, the working tree as it is.

    files: the users' files of the plan. head: a commit to check out in place of the working tree;
    files that are named from where we stand are then those of that commit.
    Raises InputError: no repository, no such commit, a file outside the repository.
    """
    here = Path.cwd().resolve()
    top = repository(here)
    against = commit(top, name)
    for file in files:
        if not _placed(file).is_relative_to(top):
            raise InputError(f"{file} lies outside {top}: there is no older version to compare it")
    own = ROOT.is_relative_to(top) and tracked(top, ROOT / "gradparity" / "__init__.py")
    remarks = [] if head else _remarks(top, against)
    if not own and (top / "src" / "gradparity" / "__init__.py").is_file():
        remarks.append(f"this tree has a gradparity of its own; both sides use that of {ROOT}")
    with ExitStack() as stack:
        base_top = stack.enter_context(checked_out(top, against))
        compiled = base_top.parent / "compiled"

        def tree(of: Commit, root: Path) -> Tree:
            """The tree of a commit that is checked out at `root`."""
            folder = root / here.relative_to(top)
            package = _package(top, of, root) if own else ROOT
            return Tree(package, folder if folder.is_dir() else root, compiled)

        head_tree = Tree(ROOT, here, compiled)
        if head is not None:
            asked = commit(top, head)
            head_tree = tree(asked, stack.enter_context(checked_out(top, asked)))
        yield Sides(
            top=top,
            base_top=base_top,
            commit=against,
            head=head_tree,
            base=tree(against, base_top),
            own=own,
            remarks=tuple(remarks),
        )


def _remarks(top: Path, against: Commit) -> list[str]:
    """What a user should know of the working tree as head."""
    if dirty(top):
        return ["there are uncommitted changes: head is the working tree as it is"]
    if commit(top, "HEAD").hash == against.hash:
        return [f"{against.label} is what is checked out: base and head are the same"]
    return []


def _package(top: Path, of: Commit, root: Path) -> Path:
    """The folder of gradparity's own package in its repository, checked out at `root`."""
    found = root / ROOT.relative_to(top)
    if not (found / "gradparity" / "__init__.py").is_file():
        raise InputError(
            f"{of.label} is from before gradparity was one package: it has no "
            f"{(ROOT / 'gradparity').relative_to(top)}; name a later commit"
        )
    return found


def _placed(file: str) -> Path:
    """Where a file lies; a link in the repository counts as lying there, wherever it leads."""
    path = Path(file)
    return path.parent.resolve() / path.name
