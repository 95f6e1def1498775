"""A second gradparity on the path, and a checkout without symbolic links: one line each."""

import json
import shutil
import subprocess
import sys

import pytest

from tests import ROOT
from tests.package.environments import LEFT_OUT, environment


@pytest.fixture(scope="module")
def beside(distributions, tmp_path_factory):
    """(environment, folder): an environment whose path ends with that folder."""
    folder = tmp_path_factory.mktemp("second")
    found = environment(tmp_path_factory.mktemp("environment") / "it", distributions[0])
    (found.site_packages / "second.pth").write_text(f"{folder}\n")
    return found, folder


def package(folder):
    (folder / "gradparity").mkdir()
    (folder / "gradparity" / "__init__.py").write_text('"""Old."""\n\n__version__ = "0.1.7"\n')


def rooms(folder):
    """Before the package, the four rooms lay in site-packages."""
    (folder / "gradparity-0.1.7.dist-info").mkdir()
    (folder / "harness").mkdir()
    (folder / "harness" / "cli.py").touch()


@pytest.mark.parametrize("older", [package, rooms])
def test_an_older_gradparity_on_the_path_is_named(beside, tmp_path, older):
    found, folder = beside
    for left in folder.iterdir():
        shutil.rmtree(left)
    silent = found.run("gradparity", "list", cwd=tmp_path)
    assert silent.stderr == ""
    older(folder)
    done = found.run("gradparity", "list", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == silent.stdout
    (line,) = done.stderr.splitlines()
    own = found.run("gradparity", "--version", cwd=tmp_path).stdout.split()[1]
    assert line.startswith(f"gradparity: this is {own} in {found.site_packages}; ")
    assert f"there is also 0.1.7 in {folder}: " in line
    doctor = found.run("gradparity", "doctor", "--seconds", "0.1", "-f", "json", cwd=tmp_path)
    first, *_ = json.loads(doctor.stdout)["findings"]
    assert first["verdict"] == "could be better"
    assert f"0.1.7 in {folder}" in first["advice"]


def test_a_run_takes_the_same_gradparity_in_its_workers(beside, tmp_path):
    found, folder = beside
    if not (folder / "gradparity").exists():
        package(folder)
    quick = ("--size", "tiny", "--backend", "numpy", "--processes", "1", "--rounds", "2")
    done = found.run("gradparity", "run", "rosenbrock", *quick, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def without_links(tmp_path_factory):
    """As git leaves a checkout where symbolic links are off: a file that holds the target."""
    folder = tmp_path_factory.mktemp("checkout") / "gradparity"
    shutil.copytree(ROOT, folder, symlinks=True, ignore=LEFT_OUT)
    for room in ("problems", "backends", "results", "harness"):
        link = folder / "src" / "gradparity" / room
        if link.is_symlink():
            link.unlink()
        else:  # in the source distribution
            shutil.rmtree(link)
        link.write_text(f"../../{room}")
    return folder


LINE = "this checkout of gradparity has no symbolic links"


def test_a_checkout_without_symbolic_links_says_how_to_get_them(without_links):
    done = subprocess.run(
        [sys.executable, "-c", "import gradparity"],
        capture_output=True, text=True, cwd=without_links / "src", check=False,
    )  # fmt: skip
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"ImportError: {LINE}")
    assert "`git config core.symlinks true`" in last


def test_nothing_is_built_of_it(without_links, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "-w", tmp_path, without_links],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert LINE in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_links_come_as_the_line_says(tmp_path):
    """`git config core.symlinks true`, then `git checkout -- src`."""
    there = tmp_path / "there"

    def git(*words):
        identity = ("-c", "user.name=a", "-c", "user.email=a@b")
        subprocess.run(["git", *identity, *words], cwd=there, check=True, capture_output=True)

    (there / "src").mkdir(parents=True)
    (there / "room").mkdir()
    (there / "room" / "file").touch()
    (there / "src" / "room").symlink_to("../room")
    for words in (
        ("init",),
        ("add", "."),
        ("commit", "-m", "one"),
        ("config", "core.symlinks", "false"),
    ):
        git(*words)
    (there / "src" / "room").unlink()
    git("checkout", "--", "src")
    assert not (there / "src" / "room").is_symlink()
    git("config", "core.symlinks", "true")
    git("checkout", "--", "src")
    assert (there / "src" / "room" / "file").exists()
