"""Which files decide what a user's file computes: read off, transitive, the user's own alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradparity.harness.processes.environment import identity
from gradparity.harness.processes.imports import imported_files


def _written(folder: Path, **files: str) -> None:
    """A dot in a name is a folder."""
    for name, text in files.items():
        path = folder.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize(
    "statement",
    [
        "import parts",
        "import parts as p, os",
        "from parts import f",
        "def late():\n    from parts import f",
        "if True:\n    try:\n        import parts\n    except ImportError:\n        pass",
        "import importlib\nm = importlib.import_module('parts')",
        "from importlib import import_module\nm = import_module('parts')",
        "import middle",
    ],
)
def test_a_neighbour_is_found_however_it_is_imported(tmp_path: Path, statement: str) -> None:
    _written(tmp_path, loss=statement, parts="import deep", deep="import loss", other="x = 1")
    _written(tmp_path, middle="import parts")
    found = [path.name for path in imported_files(str(tmp_path / "loss.py"))]
    assert found[0] == "loss.py"
    assert set(found) - {"middle.py"} == {"loss.py", "parts.py", "deep.py"}


def test_packages_and_relative_imports(tmp_path: Path) -> None:
    package = {"a": "from . import b", "b": "from .sub.c import x", "d": "", "unused": ""}
    package |= {"__init__": "", "sub.__init__": "from .. import d", "sub.c": "x = 1"}
    _written(tmp_path, **{f"pkg.{name}": text for name, text in package.items()})
    _written(tmp_path, outside="import pkg.a")
    inside = {str(p.relative_to(tmp_path)) for p in imported_files(str(tmp_path / "pkg" / "a.py"))}
    assert inside == {
        *("pkg/__init__.py", "pkg/a.py", "pkg/b.py", "pkg/d.py"),
        *("pkg/sub/__init__.py", "pkg/sub/c.py"),
    }
    outside = {str(p.relative_to(tmp_path)) for p in imported_files(str(tmp_path / "outside.py"))}
    assert outside == inside | {"outside.py"}


def test_what_is_installed_is_not_the_users_own(tmp_path: Path) -> None:
    _written(tmp_path, loss="import json, numpy, gradparity.problems\nfrom os import path")
    assert [path.name for path in imported_files(str(tmp_path / "loss.py"))] == ["loss.py"]


@pytest.mark.parametrize("text", ["def f(:", "import broken", "\x00", "(" * 3000 + ")" * 3000])
def test_what_cannot_be_read_is_no_matter_here(tmp_path: Path, text: str) -> None:
    _written(tmp_path, loss="import broken", broken=text)
    found = [path.name for path in imported_files(str(tmp_path / "loss.py"))]
    assert found == ["loss.py", "broken.py"]


def test_the_identity_of_a_run_has_each_file_by_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _written(tmp_path, **{"mine.loss": "import parts", "mine.parts": "x = 1"})
    before = identity(["mine/loss.py"])
    assert list(before.files) == ["mine/loss.py", "mine/parts.py"]
    _written(tmp_path, **{"mine.parts": "x = 2"})
    after = identity(["mine/loss.py"])
    assert after.source == before.source
    assert after.files["mine/loss.py"] == before.files["mine/loss.py"]
    assert after.files["mine/parts.py"] != before.files["mine/parts.py"]
