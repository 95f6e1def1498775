"""Every mistake in a user's file is one line that names the file and the thing."""

import pytest

from gradparity.harness.judging import user_file
from gradparity.harness.planning.lookup import load_file
from gradparity.problems import InputError
from tests.harness.files import GOOD

MISTAKES = [
    ("import numpy as np\n", "import nunpy as np\n", ", line 3: ModuleNotFoundError: No module named 'nunpy'"),
    ("def draw(", "def draw((", ", line 13: SyntaxError"),
    ("gradient=gradient)", "gradeint=gradient)", ", line 17: TypeError"),
    ("PROBLEM = Problem(", "PROBLEM = None and Problem(", ": no Problem in it"),
    ("return xp.mean(xp.square(", "return (xp.square(", "mine: the loss has shape (20,), should be a scalar"),
    ("return xp.mean(xp.square(", "return 1j * xp.mean(xp.square(", "mine: the loss is complex128"),
    ("xp.mean(xp.square(", "xp.mode(xp.square(", "mine: xp.mode is not an operation that a loss may use"),
    ("xp.mean(xp.square(", "xp.mean(xp.log(-xp.square(", "mine: the loss is nan"),
    ('{"w": 2 / len(residual) * (data["X"].T @ residual)}', '{"v": 1.0}', "the gradient lacks w and has v, which is no parameter"),
    ('(data["X"].T @ residual)}', '(data["X"].T @ residual)[None]}', "the gradient of w has shape (1, 3), should be (3,)"),
    ('(data["X"].T @ residual)}', '(data["X"].T @ residual).astype("float32")}', "the gradient of w is float32, should be float64"),
    ('(data["X"].T @ residual)}', '(data["X"].T @ residual) * np.array([1, np.nan, 1])}', "the gradient of w[1] is nan"),
    ("return np.mean(residual**2), {", "return {", "the gradient returns dict, should return (value, "),
    ("    residual = data", '    params["w"] *= 2; residual = data', "the gradient changes its argument w"),
    ("    residual = data", '    data["y"][0] = 9; residual = data', "the gradient changes its argument y"),
    ("    return xp.mean(", '    data["y"][0] = 9; return xp.mean(', "the loss changes its argument y"),
    ("    return xp.mean(", "    return np.random.random() * xp.mean(", "mine: the loss is not deterministic: two calls"),
    ("    return xp.mean(", "    COUNT.append(1); return (xp.sum if len(COUNT) < 2 else xp.square)(", "mine: the loss, called a second time, has shape (20,)"),
    ('{"w": rng.normal(size=3)}', "{}", "draw gives no parameters"),
    ('{"w": rng.normal(size=3)}', '{"w": rng.integers(9, size=3)}', "parameter w is int64, should be float64"),
    ('{"w": rng.normal(size=3)}', '{"w": rng.normal(size=3) / 0}', "parameter w has NaN or infinity in it"),
    ("def draw(rng, n)", "def draw(rng, m)", "draw('tiny') raises TypeError"),
    ('{"tiny": {"n": 20}, "small": {"n": 50}}', "{}", "sizes is empty"),
]  # fmt: skip


def check(tmp_path, text):
    path = tmp_path / "mine.py"
    path.write_text(text)
    for problem in load_file(str(path)).values():
        user_file.check(problem, str(path), seed=0)


def test_a_good_file_passes(tmp_path):
    check(tmp_path, GOOD)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("old", "new", "message"), MISTAKES, ids=[m[2][:40] for m in MISTAKES])
def test_a_mistake_is_one_line(tmp_path, old, new, message):
    assert old in GOOD
    text = "COUNT = []\n" * ("COUNT" in new) + GOOD.replace(old, new)
    if "log(-" in new:
        text = text.replace('- data["y"]))', '- data["y"])))')
    with pytest.raises(InputError) as caught:
        check(tmp_path, text)
    assert message in str(caught.value)
    assert "mine.py" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_file(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.py: no such file"):
        load_file(str(tmp_path / "nothing.py"))


def test_a_file_may_import_its_neighbour(tmp_path):
    (tmp_path / "neighbour_of_mine.py").write_text("NAME = 'mine-too'\n")
    (tmp_path / "mine.py").write_text(
        "from neighbour_of_mine import NAME\n" + GOOD.replace('"mine"', "NAME")
    )
    assert list(load_file(str(tmp_path / "mine.py"))) == ["mine-too"]
