import pytest

from gradparity.harness.planning.suite import load_suite, suites
from gradparity.problems import InputError
from gradparity.problems.catalogue import PROBLEMS

GOOD = """
description = "mine"
dtypes = ["float32"]

[[problems]]
problem = "rosenbrock"
sizes = ["tiny"]

[[problems]]
problem = "xor"
"""


def load(tmp_path, text):
    path = tmp_path / "nightly.toml"
    path.write_text(text)
    return load_suite(str(path))


def test_a_suite_is_read(tmp_path):
    suite = load(tmp_path, GOOD)
    assert suite.dtypes == ("float32",)
    assert [entry.problem for entry in suite.entries] == ["rosenbrock", "xor"]
    assert suite.entries[0].sizes == ("tiny",)


def test_our_own_suites_are_good():
    assert "quick" in suites()
    for name in suites():
        assert load_suite(name).entries


def test_all_has_every_problem():
    named = [entry.problem for entry in load_suite("all").entries]
    assert all(name in named or name.partition("-")[0] in named for name in PROBLEMS)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("dtypes =", "dtypse =", "line 3: unknown key 'dtypse'; did you mean 'dtypes'? known: description, backends, operators, dtypes, problems"),
        ('sizes = ["tiny"]', 'size = ["tiny"]', "line 7: unknown key 'size'; did you mean 'sizes'? known: problem, sizes"),
        ('["tiny"]', '["hugE"]', "line 7: unknown size 'hugE'; known: tiny, small, medium, large"),
        ('"xor"', '"xro"', "line 10: unknown problem 'xro'; did you mean "),
        ('"float32"', '"float23"', "line 3: unknown dtype 'float23'; did you mean 'float32'? known: float32, float64"),
        ('["tiny"]', '"tiny"', "line 7: problems.0.sizes: Input should be a valid tuple"),
        ('["tiny"]', '["tiny"', "nightly.toml: Unclosed array"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_key(tmp_path, old, new, message):
    assert old in GOOD
    with pytest.raises(InputError) as caught:
        load(tmp_path, GOOD.replace(old, new))
    assert "nightly.toml" in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_suite_without_problems_is_refused(tmp_path):
    with pytest.raises(InputError, match="problems"):
        load(tmp_path, 'description = "empty"')
