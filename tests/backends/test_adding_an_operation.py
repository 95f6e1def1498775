"""The diff of an operation in CONTRIBUTING: it applies, it works, and each of its lines is needed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gradparity
from tests import PACKAGE, ROOT

DIFF = re.search(r"```diff\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)[1]
PARTS = {
    part.split("\n", 1)[0].removeprefix("a/"): part.split("\n", 2)[2]
    for part in DIFF.split("--- ")[1:]
}

# Its value, gradient and Hessian against the closed form, on arrays and on Python floats.
WORKS = """
import math, sys
import numpy as np
from gradparity.backends.backend import Setting
from gradparity.backends.catalogue import load
from gradparity.problems import Instance, Problem

def loss(xp, params, data):
    return xp.sum(xp.cbrt(params["x"]) * data["w"])

for name in sys.argv[1:]:
    for size in (3, 100):
        x, w, v = np.random.default_rng(0).uniform(0.5, 2, (3, size))
        given = Instance({"x": x}, {"w": w}, {"x": v})
        problem = Problem("cbrt", loss, lambda rng: given, {"tiny": {}}, "closed form")
        for operator, expected in {
            "gradient": [w[i] / (3 * x[i] ** (2 / 3)) for i in range(size)],
            "hvp": [-2 / 9 * w[i] * x[i] ** (-5 / 3) * v[i] for i in range(size)],
        }.items():
            prepared = load(name).prepare(problem, operator, given, Setting("float64"))
            answer = prepared.decode(prepared.run(prepared.encode(given)))
            close = dict(rtol=1e-13, atol=1e-15, err_msg=name)
            np.testing.assert_allclose(answer.derivative["x"], expected, **close)
            if answer.value is not None:
                value = math.fsum(w[i] * math.cbrt(x[i]) for i in range(size))
                np.testing.assert_allclose(answer.value, value, **close)
print("right")
"""


def applied(text: str, part: str) -> str:
    """The text of a file with its part of a diff applied: every hunk fits at exactly one place."""
    for hunk in re.split(r"^@@.*\n", part, flags=re.MULTILINE)[1:]:
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] in " -")
        after = "".join(line[1:] for line in lines if line[0] in " +")
        assert text.count(before) == 1, f"the diff in CONTRIBUTING does not fit:\n{before}"
        text = text.replace(before, after)
    return text


@pytest.fixture
def tree(tmp_path):
    """A copy of the package, of which two rooms may be changed: the folder that it lies in."""
    package = tmp_path / "gradparity"
    package.mkdir()
    shutil.copy(Path(gradparity.__file__).parent / "__init__.py", package)
    for room in ("problems", "backends"):
        shutil.copytree(
            PACKAGE / room, package / room, ignore=shutil.ignore_patterns("__pycache__")
        )
    for room in ("results", "harness"):
        (package / room).symlink_to(PACKAGE / room)
    return tmp_path


def change(tree, parts=PARTS):
    for name in parts:
        path = tree / "gradparity" / name
        path.write_text(applied(path.read_text(), PARTS[name]))


def python(tree, source, *arguments):
    command = [sys.executable, "-c", source, *arguments]
    env = {**os.environ, "PYTHONPATH": str(tree)}
    return subprocess.run(command, capture_output=True, text=True, env=env, cwd=tree, timeout=300)


BACKENDS = ("tape", "tape-eager", "dual", "complex-step", "arb")


def test_it_is_six_lines_in_five_files_at_most():
    lines = [line for line in DIFF.splitlines() if line.startswith("+") and line[:3] != "+++"]
    assert len(lines) <= 6
    assert len(PARTS) <= 5


def test_it_applies_and_differentiates_right(tree):
    pytest.importorskip("flint")
    change(tree)
    done = python(tree, WORKS, *BACKENDS)
    assert done.stdout == "right\n", done.stderr


@pytest.mark.parametrize(
    ("left_out", "backend", "table"),
    [
        ("backends/numpy_tape/primitives/elementwise.py", "tape", "the records of "),
        ("backends/dual_numbers/rules.py", "dual", "UNARY, BINARY or FLAT in "),
        ("backends/arb_balls/functions.py", "arb", "UNARY in "),
        ("backends/complex_step/functions.py", "complex-step", "ANALYTIC in "),
    ],
)
def test_a_line_left_out_is_an_error_that_names_operation_table_and_file(
    tree, left_out, backend, table
):
    pytest.importorskip("flint")
    change(tree, PARTS.keys() - {left_out})
    done = python(tree, WORKS, backend)
    assert done.returncode == 1
    where = left_out.removesuffix("elementwise.py")
    assert f"MissingOperation: no line for cbrt in {table}{where}" in done.stderr
    others = [name for name in BACKENDS if name.removesuffix("-eager") != backend]
    assert python(tree, WORKS, *others).stdout == "right\n"


def test_a_record_without_its_derivative_is_an_error_that_names_it(tree):
    change(tree)
    file = tree / "gradparity" / "backends" / "numpy_tape" / "primitives" / "elementwise.py"
    whole = next(line for line in file.read_text().splitlines() if line.startswith("cbrt "))
    file.write_text(file.read_text().replace(whole, whole.partition(", lambda")[0] + ")"))
    done = python(tree, WORKS, "tape")
    assert (
        "TypeError: derivatives of cbrt: 0, of operands: 1; write one for each in " in done.stderr
    )
    assert "in its record, in backends/numpy_tape/primitives/" in done.stderr


# A primitive on arrays has a line in each of these tables.
TABLES = {
    "engine.reverse_rules": "REVERSE_RULES in backends/numpy_tape/engine/reverse_rules.py",
    "engine.forward_rules": "FORWARD_RULES in backends/numpy_tape/engine/forward_rules.py",
    "engine.batch": "BATCH_RULES in backends/numpy_tape/engine/batch.py",
    "engine.rounding_sources": (
        "EXACT or SOURCES in backends/numpy_tape/engine/rounding_sources.py"
    ),
    "engine.accumulation": "SUMMED in backends/numpy_tape/engine/accumulation.py",
    "programs.shape_rules": "RESULTS in backends/numpy_tape/programs/shape_rules.py",
    "programs.cost": (
        "MOVES, REDUCTIONS, SCATTERS or _SPECIAL in backends/numpy_tape/programs/cost.py"
    ),
    "source.scalars": "_RULES or _IN_ARRAYS in backends/numpy_tape/source/scalars.py",
    "source.statements": "STATEMENTS in backends/numpy_tape/source/statements.py",
}
NEW_PRIMITIVE = """
import importlib, sys
import numpy as np
from gradparity.backends.numpy_tape.primitives import table
from gradparity.backends.numpy_tape.primitives.box import Primitive
modules = [importlib.import_module("gradparity.backends.numpy_tape." + name) for name in sys.argv[1:]]
table.ON_ARRAYS["median"] = table.PRIMITIVES["median"] = Primitive("median", np.median)
for module in modules:
    try:
        importlib.reload(module)
    except LookupError as error:
        print(error)
"""

NOT_OF_NUMPY = """
import importlib
import numpy as np
from gradparity.backends.numpy_tape.primitives import record, table
from gradparity.backends.numpy_tape.source import statements
made = record.Elementwise("sinc", np.sinc, None, record.FUNCTION, lambda t, z, x: t)
table.ELEMENTWISE["sinc"] = made
try:
    importlib.reload(statements)
except LookupError as error:
    print(error)
"""


def test_an_elementwise_operation_that_is_no_ufunc_needs_a_statement_of_its_own():
    """Else it would be called with `out`, which only NumPy's ufuncs take."""
    done = python(Path(gradparity.__file__).parent.parent, NOT_OF_NUMPY)
    assert done.stdout == f"no line for sinc in {TABLES['source.statements']}\n"


def test_a_primitive_that_a_table_lacks_is_an_error_when_the_table_is_imported():
    done = python(Path(gradparity.__file__).parent.parent, NEW_PRIMITIVE, *TABLES)
    assert done.stdout.splitlines() == [f"no line for median in {t}" for t in TABLES.values()]
    for table in TABLES.values():
        name, _, file = table.rpartition(" in ")
        assert all(
            re.search(rf"^{n}\b", (PACKAGE / file).read_text(), re.M)
            for n in re.split(", | or ", name)
        )
