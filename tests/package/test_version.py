"""A distribution has the version of its tag, wherever it is built from afterwards."""

import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest

import gradparity
from tests import ROOT

BUILD = "import setuptools.build_meta as b; b.build_{}('dist')"


def git(folder, *words):
    who = ["-c", "user.name=one", "-c", "user.email=one@example.org", "-c", "tag.gpgSign=false"]
    subprocess.run(
        ["git", *who, "-c", "commit.gpgSign=false", *words],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip


def stated(folder):
    """The version that a build in this folder would have."""
    done = subprocess.run(
        [sys.executable, "setup.py", "--version"], cwd=folder, check=True, capture_output=True,
        text=True,
    )  # fmt: skip
    return done.stdout.split()[-1]


@pytest.fixture
def checkout(tmp_path):
    """A checkout with what a build needs, and rooms that hold nothing; committed, without a tag."""
    folder = tmp_path / "checkout"
    for path in (
        "pyproject.toml",
        "setup.py",
        "README.md",
        "LICENSE",
        "src/gradparity/__init__.py",
    ):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    (folder / "src/gradparity/harness").mkdir()
    (folder / "src/gradparity/harness/__init__.py").touch()
    (folder / ".gitignore").write_text("dist/\nbuild/\n*.egg-info\n__pycache__/\n")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "one")
    return folder


def test_without_a_tag_it_is_what_is_stated(checkout):
    assert stated(checkout) == gradparity.__version__
    git(checkout, "tag", "no-version")
    assert stated(checkout) == gradparity.__version__


def test_a_change_or_a_commit_after_the_tag_is_no_release(checkout):
    git(checkout, "tag", "v9.8.7rc1")
    assert stated(checkout) == "9.8.7rc1"
    (checkout / "README.md").write_text("changed")
    assert stated(checkout) == gradparity.__version__
    git(checkout, "commit", "--all", "--quiet", "--message", "two")
    assert stated(checkout) == gradparity.__version__


def test_a_tag_is_in_wheel_and_sdist_and_in_what_is_built_from_that(checkout, tmp_path):
    git(checkout, "tag", "v9.8.7")
    for kind in ("sdist", "wheel"):
        subprocess.run([sys.executable, "-c", BUILD.format(kind)], cwd=checkout, check=True)
    with tarfile.open(checkout / "dist/gradparity-9.8.7.tar.gz") as source:
        source.extractall(tmp_path, filter="data")
    git(tmp_path, "init", "--quiet")  # somebody else's checkout, at somebody else's tag
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "theirs")
    git(tmp_path, "tag", "v1.1.1")
    unpacked = tmp_path / "gradparity-9.8.7"
    subprocess.run([sys.executable, "-c", BUILD.format("wheel")], cwd=unpacked, check=True)
    for folder in (checkout, unpacked):
        with zipfile.ZipFile(folder / "dist/gradparity-9.8.7-py3-none-any.whl") as wheel:
            face = wheel.read("gradparity/__init__.py").decode()
            assert '\n__version__ = "9.8.7"\n' in face
            assert "Version: 9.8.7\n" in wheel.read("gradparity-9.8.7.dist-info/METADATA").decode()
    own = (checkout / "src/gradparity/__init__.py").read_text()
    assert f'\n__version__ = "{gradparity.__version__}"\n' in own  # the checkout's is left alone
