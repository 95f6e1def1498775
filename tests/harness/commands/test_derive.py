"""`gradparity derive`: a file that stands on its own."""

import subprocess
import sys

import numpy as np
import pytest

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.harness.planning.derivation import derivation
from gradparity.problems import InputError
from gradparity.problems.catalogue import PROBLEMS
from tests.conftest import LOOPS, SPARED, everyday
from tests.harness.files import GOOD


def function(source, name):
    names = {}
    exec(source, names)
    return names[name]


@pytest.mark.parametrize("name", everyday(PROBLEMS))
def test_the_source_is_the_tape_bitwise(name):
    problem = PROBLEMS[name]
    size = list(problem.sizes)[min(1, len(problem.sizes) - 1)]
    source = derivation(name, size, "gradient", "float64")
    instance = problem.instance(size, seed=7)
    with np.errstate(all="ignore"):
        value, gradient = function(source, "value_and_gradient")(instance.params, instance.data)
        prepared = load("tape").prepare(problem, "gradient", instance.zeros(), Setting())
        expected = prepared(instance)
    assert float(value) == float(expected.value)
    assert {k: g.tobytes() for k, g in gradient.items()} == {
        k: g.tobytes() for k, g in expected.derivative.items()
    }


def test_every_file_passes_ruff(tmp_path):
    cases = [(name, None, "float32") for name in PROBLEMS if name not in {*LOOPS, *SPARED}]
    # The largest run in blocks of rows.
    cases += [
        (name, "large", "float64")
        for name, problem in PROBLEMS.items()
        if name.startswith("regression") and "large" in problem.sizes
    ]
    for name, size, dtype in cases:
        for operator in ("gradient", "hvp"):
            path = tmp_path / f"{name}-{operator}-{size}.py"
            path.write_text(derivation(name, size, operator, dtype))
    ruff = [sys.executable, "-m", "ruff"]
    rules = ["--isolated", "--line-length", "100"]
    for command in (
        [*ruff, "check", *rules, "--select", "E,F,W,I,UP,B", str(tmp_path)],
        [*ruff, "format", *rules, "--check", str(tmp_path)],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_file_of_ones_own(tmp_path):
    (tmp_path / "mine.py").write_text(GOOD)
    source = derivation(str(tmp_path / "mine.py"), "small", "gradient", "float64")
    assert "mine, small: value and gradient in float64." in source
    assert "X (50, 3)" in source
    rng = np.random.default_rng(3)
    X, y, w = rng.normal(size=(50, 3)), rng.normal(size=50), rng.normal(size=3)
    value, gradient = function(source, "value_and_gradient")({"w": w}, {"X": X, "y": y})
    assert value == pytest.approx(np.mean((X @ w - y) ** 2))
    np.testing.assert_allclose(gradient["w"], 2 / 50 * X.T @ (X @ w - y), rtol=1e-13)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("boot", None, "gradient", "float64"), "unknown problem 'boot'; did you mean 'booth'?"),
        (("booth", "huge", "gradient", "float64"), "booth has no size 'huge'; it has: tiny"),
        (("booth", None, "grad", "float64"), "unknown operator 'grad'; did you mean 'gradient'?"),
        (("booth", None, "gradient", "float16"), "unknown dtype 'float16'"),
        (("ackley", None, "jacobian", "float64"), "ackley states no residuals"),
        (("nothing.py", None, "gradient", "float64"), "nothing.py: no such file"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(InputError) as caught:
        derivation(*arguments)
    assert message in str(caught.value)


def test_a_loss_that_branches_is_refused(tmp_path):
    text = GOOD.replace(
        "    return xp.mean(", "    if params['w'][0] > 0: return 0.0\n    return xp.mean("
    )
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(InputError, match=r"xp\.where"):
        derivation(str(tmp_path / "mine.py"), None, "gradient", "float64")
