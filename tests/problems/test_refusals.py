"""What a refusal tells a user to write is there to be written."""

import re

import numpy as np
import pytest

from gradparity.backends.catalogue import load
from gradparity.problems import Instance, Problem
from gradparity.problems.operations.families import OPERATIONS
from tests.harness.terminal import inside

FILE = """
import numpy as np
from gradparity import Instance, Problem
try:
    from scipy import special
except ModuleNotFoundError:
    special = None

def loss(xp, params, data):
    return {loss}

def draw(rng):
    return Instance({{"w": rng.normal(size=3)}}, {{}})

PROBLEM = Problem("mine", loss, draw, {{"tiny": {{}}}}, "a test")
"""


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        ("xp.sum(np.exp(params['w']))", "write xp.exp"),
        ("xp.sum(np.cumprod(params['w']))", "write xp.cumulative_prod"),
        ("xp.sum(np.concatenate([params['w'], params['w']]))", "write xp.concat"),
        ("xp.sum(np.arctan(params['w']))", "write xp.atan"),
        ("xp.sum(np.unwrap(params['w']))", "xp has no "),
        ("xp.sum(special.ellipk(params['w']))", "xp has no "),
    ],
)
def test_nothing_is_advised_that_xp_has_not(tmp_path, loss, told):
    if "special" in loss:
        pytest.importorskip("scipy")
    (tmp_path / "mine.py").write_text(FILE.format(loss=loss))
    ended = inside.gradparity("derive", "mine.py", cwd=tmp_path)
    assert ended.code == 2
    assert told in ended.err
    advised = re.findall(r"write xp\.(\w+)", ended.err)
    assert all(name in OPERATIONS for name in advised)


def test_a_user_is_not_sent_into_the_package():
    def loss(xp, params, data):
        return xp.sum(params["w"] ** 2)

    mine = Problem(
        "mine", loss, lambda rng: Instance({"w": np.ones(2)}, {}), {"tiny": {}}, source="a test"
    )
    for operator in ("gradient", "hvp"):
        told = load("numpy").unsupported(mine, operator)
        assert "backends/" not in told
        assert "give the Problem a `gradient`" in told
