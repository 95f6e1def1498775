"""A file or a target of `make` that a page or a docstring names is there."""

import re
import subprocess

import pytest

from tests import PACKAGE, ROOT

NAMED = re.compile(r"`([\w./-]+\.(?:py|toml|md|json))`")
THEIRS = {
    *("autograd.py", "mine.py", "problems.py"),  # how somebody might call a file of theirs
    *("my_loss.py", "my_suite.toml", "baseline.json", "gate.json"),
    *(".gradparity/conventions/VERSIONS.json", ".gradparity/history.json"),
}


def files():
    """Every file of ours by the path from the root, the rooms' too where they lie in the package."""
    tree = [
        *ROOT.glob("*.*"),
        *(p for f in ("docs", "examples", "tests") for p in (ROOT / f).rglob("*.*")),
    ]
    rooms = [
        path
        for room in ("problems", "backends", "results", "harness")
        for path in (PACKAGE / room).rglob("*.*")
    ]
    found = {path.relative_to(ROOT).as_posix(): path for path in tree}
    return found | {
        path.relative_to(PACKAGE).as_posix(): path for path in [*rooms, *PACKAGE.glob("*.py")]
    }


FILES = files()


@pytest.mark.parametrize("kind", [".md", ".py"])
def test_what_is_named_is_there(kind):
    missing = {
        f"{page}: {name}"
        for page, path in FILES.items()
        if path.suffix == kind
        for name in set(NAMED.findall(path.read_text())) - THEIRS
        if not (name in FILES or any(file.endswith(f"/{name}") for file in FILES))
    }
    assert missing == set()


def test_a_name_of_no_file_is_found():
    gone = "harness/gate/" + "arena.py"
    assert NAMED.findall(f"see `{gone}` and `x.y`") == [gone]
    assert gone not in FILES
    assert "harness/cli.py" in FILES


def test_what_is_to_be_made_can_be():
    pages = [path.read_text() for path in FILES.values() if path.suffix in (".md", ".py")]
    named = {target for text in pages for target in re.findall(r"`make ([a-z-]+)`", text)}
    assert {"test", "lint", "map"} <= named
    for target in named:  # -n: what it would do
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
