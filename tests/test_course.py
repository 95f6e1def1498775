"""What docs/course.md and the examples of the course show is what happens."""

import math
import re
import shlex
import sys

import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat import read

from tests import PACKAGE, PATIENCE_S, ROOT
from tests.pages.blocks import alike
from tests.pages.typed import typed

COURSE = (ROOT / "docs" / "course.md").read_text()
ANSWERS = re.findall(r"^### (.*?)\n.*?^```\n\$ (.*?)\n(.*?)^```", COURSE, re.DOTALL | re.MULTILINE)
NOTEBOOKS = sorted((ROOT / "examples").glob("chapter_*.ipynb"))


@pytest.mark.parametrize(
    ("command", "shown"), [a[1:] for a in ANSWERS], ids=[a[0] for a in ANSWERS]
)
def test_the_answer_is_what_is_printed(command, shown, tmp_path):
    words = shlex.split(command)
    if words[0] != "gradparity":
        words[1] = str(ROOT / words[1])
    code, told = typed(words, tmp_path)
    assert code == 0, told
    printed = told.splitlines()
    assert len(shown.splitlines()) == 3
    for line in shown.splitlines():
        assert any(alike(line, one, words[1] in ("check", "gradients")) for one in printed), line


def test_lines_are_compared():
    assert alike("loss 0.693", "loss 0.6931", False)
    assert not alike("loss 0.693", "loss 0.349", False)
    assert not alike("a ok 0.1 64", "a formula 0.1 64", True)
    assert alike("a ok 0.1 64", "a ok 0.2 64", True)
    assert not alike("a ok 0.1 64", "a ok 9.0 64", True)


def test_every_file_to_read_and_every_notebook_exists():
    links = re.findall(r"\]\(([^)]+)\)", COURSE)
    assert len(links) > len(ANSWERS) >= 20
    for link in links:
        there = (ROOT / "docs" / link).resolve()
        assert there.exists() or (PACKAGE / there.relative_to(ROOT)).exists(), link
    assert [path.name for path in NOTEBOOKS] == re.findall(
        r"\(../examples/(chapter\w+\.ipynb)\)", COURSE
    )


def test_columns_are_cases_is_the_transpose():
    rng = np.random.default_rng(0)
    A, delta = rng.normal(size=(3, 5)), rng.normal(size=(2, 5))  # a column for each of 5 cases
    outer = sum(np.outer(delta[:, i], A[:, i]) for i in range(5))
    np.testing.assert_allclose(delta @ A.T, outer, rtol=1e-14)
    np.testing.assert_allclose((A @ delta.T).T, outer, rtol=1e-14)  # X = Aᵀ: Xᵀ δ, transposed


def micro_tape():
    sys.path.insert(0, str(ROOT / "examples"))
    try:
        import micro_tape
    finally:
        sys.path.pop(0)
    return micro_tape


def test_the_micro_tape_agrees_with_the_closed_form_and_its_own_numbers():
    tape = micro_tape()
    x, y = tape.Number(2.0, "x"), tape.Number(3.0, "y")
    tape.backward(x * y + tape.sin(x))
    assert x.slope == 3.0 + math.cos(2.0)  # ∂(xy + sin x)/∂x = y + cos x
    assert y.slope == 2.0
    assert f"{x.slope:.6f}" in tape.__doc__
    assert f"{math.cos(2.0):.6f}" in tape.__doc__
    assert f"{math.sin(2.0):.6f}" in tape.__doc__


def test_the_micro_tape_adds_up_over_every_path_and_equal_numbers_are_not_one():
    tape = micro_tape()
    x, same = tape.Number(1.5, "x"), tape.Number(1.5, "x")
    square = x * x
    tape.backward(square * square + same)
    assert x.slope == 4 * 1.5**3  # (x²)² is x⁴
    assert same.slope == 1.0
    deep = tape.Number(1.0, "x")
    result = deep
    for _ in range(12):  # 4,096 paths
        result = result + result
    tape.backward(result)
    assert deep.slope == 2.0**12


def test_the_examples_are_as_short_as_they_say():
    code = (ROOT / "examples" / "micro_tape.py").read_text().split('"""', 2)[2].strip().splitlines()
    assert len(code) <= 60
    assert len((ROOT / "examples" / "training_loop.py").read_text().splitlines()) <= 30


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_of_a_chapter_runs_with_its_live_view(path, tmp_path):
    notebook = read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    NotebookClient(
        notebook, timeout=int(PATIENCE_S), resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    kinds = {kind for cell in code for one in cell.outputs for kind in one.get("data", {})}
    assert {"text/html", "application/vnd.jupyter.widget-view+json"} <= kinds
    assert path.stat().st_size < 10_000
