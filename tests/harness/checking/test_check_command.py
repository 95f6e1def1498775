"""`gradparity check` and `gradparity gradients`, as their users meet them."""

import json
import os
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from tests import PATIENCE_S
from tests.harness.files import GOOD

COMMAND = [sys.executable, "-c", "from gradparity.harness.cli import main; main()"]


def gradparity(*arguments, cwd=None, **environment):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        check=False,
        timeout=PATIENCE_S,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("check")
    (folder / "right.py").write_text(GOOD)
    (folder / "wrong.py").write_text(GOOD.replace("2 / len", "2.002 / len"))
    return folder


def test_right_is_0_and_wrong_is_3_with_the_cause(folder):
    right = gradparity("check", "right.py", "--backend", "numpy,tape", cwd=folder)
    assert (right.returncode, right.stderr) == (0, "")
    assert "2 checked: 2 right, none wrong" in right.stdout
    wrong = gradparity("check", "wrong.py", "--backend", "numpy,tape", "--seed", 3, cwd=folder)
    assert wrong.returncode == 3
    assert "wrong: formula" in wrong.stdout
    assert "1.001" in wrong.stdout
    assert "2 checked: 1 right, 1 wrong" in wrong.stdout
    assert not (folder / ".gradparity").exists()  # it stores nothing


def test_the_command_it_prints_shows_the_verdict_again(folder):
    wrong = gradparity("check", "wrong.py", "--backend", "numpy", "--format", "json", cwd=folder)
    (found,) = json.loads(wrong.stdout)["checks"]
    again = gradparity(*found["command"].split()[1:], "--format", "json", cwd=folder)
    assert json.loads(again.stdout)["checks"] == [found]
    assert (found["status"], found["right"]) == ("formula", False)
    assert found["u64"] > 1e9 > found["bound"] == 64
    assert "dual numbers" in found["oracle"]


def test_the_forms_for_continuous_integration(folder, tmp_path):
    ask = ("check", "wrong.py", "--backend", "numpy,tape,complex-step", "--format")
    junit = gradparity(*ask, "junit", cwd=folder)
    root = ElementTree.fromstring(junit.stdout)
    assert (root.get("tests"), root.get("failures")) == ("3", "1")
    (failure,) = root.iter("failure")
    assert failure.get("type") == "formula"
    summary = tmp_path / "summary.md"
    github = gradparity(*ask, "github", cwd=folder, GITHUB_STEP_SUMMARY=str(summary))
    assert github.returncode == 3
    assert github.stdout.startswith("::error file=wrong.py,title=numpy is wrong on ")
    assert "| wrong: formula |" in summary.read_text()
    csv = gradparity(*ask, "csv", cwd=folder).stdout.splitlines()
    assert csv[0].startswith("problem,size,backend,operator,verdict")
    assert len(csv) == 4
    assert "| --- |" in gradparity(*ask, "markdown", cwd=folder).stdout


def test_sizes_operators_and_skips():
    done = gradparity(
        "check", "booth", "price-linear", "--operator", "gradient,jacobian",
        "--backend", "numpy,tape", "--format", "json",
    )  # fmt: skip
    found = json.loads(done.stdout)
    assert done.returncode == 0
    assert found["summary"] == {"checked": 8, "ok": 6, "unsupported": 2}
    every = gradparity("check", "booth", "--size", "all", "--backend", "numpy", "--format", "json")
    assert json.loads(every.stdout)["summary"]["checked"] == 1
    nothing = gradparity("check", "price-linear", "--operator", "jacobian", "--backend", "numpy")
    assert nothing.returncode == 4


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["booht"], "did you mean 'booth'"),
        (["booth", "--backend", "nump"], "did you mean 'numpy'"),
        (["booth", "--size", "hugE"], "unknown size 'hugE'"),
        (["nowhere.py"], "nowhere.py: no such file"),
    ],
)
def test_bad_input_is_one_line_and_2(arguments, told):
    for verb in ("check", "gradients"):
        done = gradparity(verb, *arguments)
        assert done.returncode == 2
        assert told in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_gradients_side_by_side(folder):
    done = gradparity(
        "gradients", "wrong.py", "--backend", "numpy,tape,autograd", "--format", "json", cwd=folder
    )
    (found,) = json.loads(done.stdout)
    u = {(row["backend"], row["name"]): row["u"] for row in found["arrays"]}
    assert u["numpy", "w"] > 1e9 > found["bound"] > u["tape", "w"]
    apart = {
        (row["first"], row["second"]): row["u"] for row in found["pairs"] if row["array"] == "w"
    }
    assert apart["tape", "autograd"] < found["bound"] < apart["numpy", "tape"]
    assert apart["numpy", "tape"] == pytest.approx(u["numpy", "w"], rel=1e-6)
    table = gradparity("gradients", "booth", "--backend", "numpy,tape").stdout
    assert "1 - cosine" in table
    assert "numpy, tape" in table
