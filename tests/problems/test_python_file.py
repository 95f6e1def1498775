"""A user's file finds what lies beside it, whenever it asks; nobody else does."""

import os
import pickle
import sys

import pytest

from gradparity.problems import InputError
from gradparity.problems.python_file import import_file
from gradparity.problems.user_files import unknown_target


def written(folder, **files):
    """The first of these modules, imported."""
    for name, text in files.items():
        file = folder / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return import_file(str(folder / f"{next(iter(files)).replace('__', '/')}.py"))


def test_two_folders_have_a_helper_each(tmp_path):
    text = "from helper import X"
    first = written(tmp_path / "a", mine=text, helper="X = 1")
    second = written(tmp_path / "b", mine=text, helper="X = 2")
    assert (first.X, second.X) == (1, 2)


def test_the_same_file_is_the_same_module(tmp_path):
    first = written(tmp_path, mine="import helper", helper="")
    assert import_file(str(tmp_path / "." / "mine.py")) is first
    assert import_file(str(tmp_path / "helper.py")) is first.helper


def test_a_late_import(tmp_path):
    text = "def late():\n    import helper.inner\n    return helper.inner.X"
    module = written(tmp_path, mine=text, helper__inner="X = 3")
    assert module.late() == 3


def test_a_neighbour_may_be_called_like_a_library_that_is_imported(tmp_path):
    import numpy as np

    module = written(
        tmp_path, mine="import numpy, helper", numpy="X = 4", helper="from numpy import X"
    )
    assert module.numpy.X == module.helper.X == 4
    assert sys.modules["numpy"] is np


def test_a_neighbour_may_be_called_like_a_module_of_the_standard_library(tmp_path):
    import random

    assert written(tmp_path, mine="import random", random="X = 5").random.X == 5
    assert sys.modules["random"] is random


def test_a_folder_of_data_does_not_hide_a_library(tmp_path):
    (tmp_path / "numpy").mkdir()
    (tmp_path / "numpy" / "weights.npz").touch()
    assert written(tmp_path, mine="import numpy").numpy.zeros(1).shape == (1,)


def test_nothing_beside_a_file_passes_for_gradparity(tmp_path):
    import gradparity

    module = written(tmp_path, mine="import gradparity", gradparity="raise SystemExit(1)")
    assert module.gradparity is gradparity


@pytest.mark.parametrize(
    "line", ["from . import helper", "from pkg.sub import helper", "from ..sub import helper"]
)
def test_a_file_in_a_package(tmp_path, line):
    (tmp_path / "pkg" / "sub").mkdir(parents=True)
    (tmp_path / "pkg" / "__init__.py").write_text("X = 6")
    (tmp_path / "pkg" / "sub" / "__init__.py").touch()
    module = written(
        tmp_path, pkg__sub__mine=f"{line}\nfrom pkg import X", pkg__sub__helper="Y = 7"
    )
    assert (module.X, module.helper.Y) == (6, 7)


def test_what_a_file_defines_can_be_pickled(tmp_path):
    text = "from helper import Helper\nclass Mine: pass"
    module = written(tmp_path, mine=text, helper="class Helper: pass")
    for kind in (module.Mine, module.Helper):
        assert type(pickle.loads(pickle.dumps(kind()))) is kind


@pytest.mark.parametrize("name", ["my-loss", "loss.v2", "2d"])
def test_a_file_may_have_any_name(tmp_path, name):
    (tmp_path / f"{name}.py").write_text("X = 8")
    assert import_file(str(tmp_path / f"{name}.py")).X == 8


def test_what_is_missing_has_the_name_that_was_written(tmp_path):
    with pytest.raises(
        InputError, match=r"mine\.py, line 1: ModuleNotFoundError: No module named 'helper\.x'"
    ):
        written(tmp_path, mine="import helper.x", helper="")


def test_what_lies_where_we_stand_comes_last(tmp_path, monkeypatch):
    for name in ("helper", "numpy", "only_here"):
        (tmp_path / f"{name}.py").write_text("X = 'here'")
    monkeypatch.chdir(tmp_path)
    text = "import helper, numpy, only_here"
    module = written(tmp_path / "losses", mine=text, helper="X = 'beside'")
    assert (module.helper.X, module.only_here.X) == ("beside", "here")
    assert module.numpy.zeros(1).shape == (1,)


def test_the_path_stays_as_it_was(tmp_path):
    before = list(sys.path)
    written(tmp_path, mine="")
    with pytest.raises(InputError):
        written(tmp_path, other="1 / 0")
    assert sys.path == before


def test_imports_by_name_find_neighbours_too(tmp_path):
    text = "from importlib import import_module\nX = import_module('by_name_alone').X"
    assert written(tmp_path, mine=text, by_name_alone="X = 9").X == 9


def test_what_stands_in_the_place_of_a_name_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    os.symlink("round", "round")
    os.mkdir("folder")
    for name, is_ in (
        ("pipe", "pipe: a pipe; name a file"),
        ("round", "round: a symbolic link that leads back to itself"),
        ("folder", "folder: a folder; name a file in it"),
        ("nothing", "unknown problem 'nothing'; known: xor"),
    ):
        assert str(unknown_target("problem", name, ["xor"])) == is_
