"""Base is checked out of real repositories, and nothing of it stays."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from gradparity.harness.gate.sides import sides
from gradparity.harness.gate.worktree import checked_out
from gradparity.harness.messages.spec import Spec
from gradparity.harness.processes.folders import remove_leftovers
from gradparity.harness.processes.git import commit, dirty, repository
from gradparity.harness.processes.tree import ROOT
from gradparity.problems import InputError

WHO = ("-c", "user.name=t", "-c", "user.email=t@example.org")


def git(folder, *arguments):
    done = subprocess.run(
        ["git", "-C", str(folder), *WHO, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def spec(file):
    return Spec("mine", file, "tiny", 0, "gradient", "float64", "cpu", 1, "numpy", "portable")


@pytest.fixture
def repo(tmp_path, monkeypatch):
    """Two commits of loss.py, "old" and "new", and temporary files in a folder of their own."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for text in ("old", "new"):
        (folder / "loss.py").write_text(text)
        git(folder, "add", ".")
        git(folder, "commit", "-q", "-m", text)
    monkeypatch.chdir(folder)
    return folder


def left(repo):
    """Folders that were left behind, and working trees that git knows beside the repository's."""
    trees = git(repo, "worktree", "list", "--porcelain").count("worktree ")
    return len(list((repo.parent / "tmp").iterdir())), trees - 1


def test_base_is_the_commit_and_head_the_working_tree(repo):
    (repo / "loss.py").write_text("newest")
    with sides("HEAD~1", ["loss.py"]) as both:
        there = both.in_base(spec("loss.py"))
        assert Path(there.file).read_text() == "old"
        assert (there.backend, there.size) == ("numpy", "tiny")
        assert both.head.folder == repo.resolve()
        assert both.base.folder == both.base_top
        assert both.base.root == both.head.root == ROOT
        assert both.source("loss.py") == there.file
        assert both.told(f"{there.file}, line 3: no") == "loss.py, line 3: no"
        assert "uncommitted changes" in both.remarks[0]
        assert left(repo) == (1, 1)
    assert left(repo) == (0, 0)


def test_a_folder_below_the_root_keeps_its_place(repo, monkeypatch):
    (repo / "sub").mkdir()
    monkeypatch.chdir(repo / "sub")
    with sides("main", ["../loss.py"]) as both:
        found = both.in_base(spec("../loss.py")).file
        assert Path(found).resolve() == both.base_top / "loss.py"
        assert both.named("../loss.py") == "loss.py"
        assert both.base.folder == both.base_top  # the commit has no such folder


def test_the_same_commit_is_remarked(repo):
    with sides("main", []) as both:
        assert "base and head are the same" in both.remarks[0]


def test_gradparitys_own_tree_is_compared_with_its_own_rooms(tmp_path, monkeypatch):
    folder = tmp_path / "own"
    package = folder / "src" / "gradparity"
    package.mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    (package / "__init__.py").write_text("")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "one")
    monkeypatch.chdir(folder)
    monkeypatch.setattr("gradparity.harness.gate.sides.ROOT", package.parent.resolve())
    with sides("main", []) as both:
        assert both.own
        assert both.base.root == both.base_top / "src"
        assert both.head.root == package.parent.resolve()


def test_a_base_from_before_the_package_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    folder = tmp_path / "own"
    (folder / "harness").mkdir(parents=True)
    (folder / "harness" / "worker.py").write_text("")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "four rooms")
    git(folder, "tag", "old")
    package = folder / "src" / "gradparity"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "one package")
    monkeypatch.chdir(folder)
    monkeypatch.setattr("gradparity.harness.gate.sides.ROOT", package.parent.resolve())
    with (
        pytest.raises(InputError, match=r"^old .* is from before .* src/gradparity") as raised,
        sides("old", []),
    ):
        pass
    assert "\n" not in str(raised.value)
    assert left(folder) == (0, 0)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_nothing_stays_after_an_exception(repo, error):
    with pytest.raises(error), sides("main", []):
        raise error
    assert left(repo) == (0, 0)


def test_a_killed_gate_is_cleaned_up_by_the_next(repo):
    code = (
        "import tempfile, time; from pathlib import Path\n"
        f"tempfile.tempdir = {str(repo.parent / 'tmp')!r}\n"
        "from gradparity.harness.processes.git import commit\n"
        "from gradparity.harness.gate.worktree import checked_out\n"
        "with checked_out(Path.cwd(), commit(Path.cwd(), 'main')):\n"
        "    print('there', flush=True); time.sleep(60)\n"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=repo, env=environment, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"there\n"
    assert left(repo) == (1, 1)
    assert remove_leftovers() == []  # it lives
    process.kill()
    process.wait()
    process.stdout.close()
    assert left(repo) == (1, 1)
    with checked_out(repo, commit(repo, "main")):
        assert left(repo) == (1, 1)
    assert left(repo) == (0, 0)


def test_git_never_runs_in_a_folder_that_somebody_planted(repo):
    """A planted folder that looks like a gate's, with a repository in it whose settings run."""
    planted = repo.parent / "tmp" / "gradparity-x"
    git(repo, "worktree", "add", "-q", "--detach", str(planted / "tree"), "main")
    planted.chmod(0o755)
    evil = planted / "evil"
    git(repo.parent, "init", "-q", "--bare", str(evil))
    git(evil, "config", "core.fsmonitor", f"touch {repo.parent}/ran; false")
    git(evil, "config", "core.worktree", str(planted / "tree"))
    git(evil, "config", "core.bare", "false")
    (planted / "tree" / ".git").write_text(f"gitdir: {evil}")
    with checked_out(repo, commit(repo, "main")):
        assert (planted / "tree" / "loss.py").read_text() == "new"
    assert planted.is_dir()
    assert not (repo.parent / "ran").exists()


def test_a_users_own_missing_worktree_is_not_forgotten(repo):
    own = repo.parent / "unplugged"
    git(repo, "worktree", "add", "-q", "--detach", str(own), "main")
    shutil.rmtree(own)
    with checked_out(repo, commit(repo, "main")):
        pass
    assert str(own) in git(repo, "worktree", "list", "--porcelain")


def test_hooks_are_not_run_and_a_hooks_environment_does_not_mislead(repo, monkeypatch):
    hook = repo / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {repo}/hooked\n")
    hook.chmod(0o755)
    monkeypatch.setenv("GIT_DIR", str(repo / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(repo / "no-index"))
    with checked_out(repo, commit(repo, "main")) as tree:
        assert (tree / "loss.py").read_text() == "new"
    assert not (repo / "hooked").exists()


def test_not_a_repository(tmp_path):
    with pytest.raises(InputError, match="is not in a git working tree, and this compares commits"):
        repository(tmp_path)


def test_an_unknown_commit_and_an_option_in_its_place(repo):
    with pytest.raises(InputError, match="unknown commit 'mian'; did you mean 'main'"):
        commit(repo, "mian")
    with pytest.raises(InputError, match="unknown commit '--all'"):
        commit(repo, "--all")


def test_a_shallow_clone(repo, tmp_path):
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repo}", str(shallow))
    first = git(repo, "rev-parse", "HEAD~1")
    with pytest.raises(InputError, match=r"is shallow and has no .*git fetch --depth 1 origin"):
        commit(shallow, first)


def test_a_repository_without_a_commit(tmp_path):
    git(tmp_path, "init", "-q")
    with pytest.raises(InputError, match="known: nothing, not even one commit"):
        commit(tmp_path, "HEAD")


def test_a_file_outside_the_repository(repo):
    with pytest.raises(InputError, match="lies outside"), sides("main", ["../other.py"]):
        pass


def test_dirty(repo):
    assert not dirty(repo)
    (repo / "another.py").write_text("")
    assert dirty(repo)
