"""Backends from a user's file and from an installed package."""

from importlib.metadata import EntryPoint

import numpy as np
import pytest

from gradparity.backends import Setting, catalogue
from gradparity.backends.catalogue import BACKENDS, load, names
from gradparity.harness.planning.options import Options
from gradparity.harness.planning.plan import Subject, make_plan
from gradparity.problems import InputError, python_file
from gradparity.problems.catalogue import PROBLEMS
from tests import ROOT

EXAMPLE = str(ROOT / "examples" / "my_backend.py")


def written(folder, text):
    path = folder / "mine.py"
    path.write_text(text)
    return str(path)


def test_the_example_differentiates():
    problem = PROBLEMS["booth"]
    instance = problem.instance("tiny", 0)
    found = load(EXAMPLE).prepare(problem, "gradient", instance.zeros(), Setting("float32"))(
        instance
    )
    x, y = instance.params["x"]
    np.testing.assert_allclose(
        found.derivative["x"], [10 * x + 8 * y - 34, 8 * x + 10 * y - 38], rtol=1e-6
    )
    assert found.derivative["x"].dtype == np.float32


def test_a_file_takes_part_in_a_plan_under_its_own_name():
    plan = make_plan(["booth"], Options(backends=("numpy", EXAMPLE), reference=EXAMPLE))
    assert plan.subjects(plan.workloads[0]) == [
        Subject("numpy"),
        Subject("my-differences", file=EXAMPLE),
    ]
    assert plan.reference == "my-differences"
    assert [s.source for s in plan.subjects(plan.workloads[0])] == ["numpy", EXAMPLE]


def test_a_run_without_backends_takes_the_contestants():
    assert tuple(make_plan(["booth"], Options()).backends) == catalogue.DEFAULTS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "no backend in it"),
        ("import no_such_module", "line 1: ModuleNotFoundError: No module named 'no_such_module'"),
        ("def f(:", "line 1: SyntaxError"),
        ("class Mine: ...\nBACKEND = Mine", "BACKEND is the class Mine, should be an object: write Mine()"),
        ("class Mine:\n    name = 'm'\n    def prepare(self): ...\nMINE = Mine()", "MINE has no distribution"),
        ("from gradparity.backends.dual_numbers.backend import BACKEND as A\nfrom gradparity.backends.arb_balls.backend import BACKEND as B", "several backends, A, B"),
        ("from dataclasses import replace\nfrom gradparity.backends.dual_numbers.backend import BACKEND as D\nBACKEND = replace(D, role='judge')", "role 'judge'"),
        ("from dataclasses import replace\nfrom gradparity.backends.dual_numbers.backend import BACKEND as D\nBACKEND = replace(D, devices=('gpu',))", "BACKEND has devices ('gpu',); each should be cpu or cuda"),
        ("from dataclasses import replace\nfrom gradparity.backends.dual_numbers.backend import BACKEND as D\nBACKEND = replace(D, counters={})", "BACKEND has a counters that cannot be called"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_backend_is_one_line(tmp_path, text, message):
    file = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        load(file)
    assert str(caught.value).startswith(file)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_cannot_take_a_name_of_ours(tmp_path):
    file = written(tmp_path, "from gradparity.backends.dual_numbers.backend import BACKEND")
    with pytest.raises(InputError, match="'dual', which is taken"):
        make_plan(["booth"], Options(backends=(file,)))


def test_a_missing_file():
    with pytest.raises(InputError, match=r"no_such\.py: no such file"):
        load("no_such.py")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("gradparity.backends.dual_numbers.backend:BACKEND", "calls itself 'dual', not 'theirs'"),
        ("no_such_package:BACKEND", "No module named 'no_such_package'"),
        ("gradparity.backends.dual_numbers.backend:MOST", "has no name"),
    ],
)
def test_a_broken_entry_point_is_one_line(monkeypatch, value, message):
    point = EntryPoint("theirs", value, catalogue.GROUP)
    ours = catalogue.GROUP
    monkeypatch.setattr(python_file, "entry_points", lambda group: [point] * (group == ours))
    with pytest.raises(InputError, match=message):
        load("theirs")


def test_an_entry_point_is_a_backend_by_name(monkeypatch, tmp_path):
    (tmp_path / "their_package.py").write_text(
        "from dataclasses import replace\nfrom gradparity.backends.dual_numbers.backend import BACKEND as D\nBACKEND = replace(D, name='theirs')"
    )
    monkeypatch.syspath_prepend(tmp_path)
    point = EntryPoint("theirs", "their_package:BACKEND", catalogue.GROUP)
    monkeypatch.setattr(python_file, "entry_points", lambda group: [point])
    assert names() == [*BACKENDS, "theirs"]
    assert load("theirs").name == "theirs"
    assert "theirs" in make_plan(["booth"], Options(backends=("theirs",))).backends


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(InputError, match="unknown backend 'dul'; did you mean 'dual'"):
        load("dul")
