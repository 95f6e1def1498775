"""Problems and losses made in Python, as in a notebook: found again by workers and by their content."""

import shlex
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import gradparity as gp
from gradparity.harness.planning.lookup import load_file
from gradparity.harness.planning.made import kept, named
from gradparity.harness.timing.resume import resume
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.store.store import open_store

QUICK = {"backends": ["tape"], "sizes": ["tiny"], "rounds": 3, "processes": 1, "extra_s": 0.0}


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def bowl(scale=3.0, name="my-bowl"):
    def loss(xp, params, data):
        return scale * xp.sum(params["w"] ** 2)

    def draw(rng, n):
        return gp.Instance({"w": rng.normal(size=n)}, {})

    return gp.Problem(name, loss, draw, {"tiny": {"n": 3}}, "a test")


def test_a_problem_runs_beside_one_of_the_catalogue():
    outcome = gp.run([bowl(), "booth"], **QUICK)
    assert [(cell.problem, cell.status) for cell in outcome.cells] == [
        ("my-bowl", "ok"),
        ("booth", "ok"),
    ]


def test_its_gradient_by_hand_is_sent_too_and_judged():
    wrong = replace(
        bowl(),
        gradient=lambda params, data: (3 * np.sum(params["w"] ** 2), {"w": 5.0 * params["w"]}),
    )
    (one,) = gp.judge(wrong, backends=["numpy"]).subjects
    assert one.status == "formula"  # 6 w would be right
    assert "0.833" in one.told()[1]


def test_a_loss_is_followed_by_its_params_and_data():
    def line(xp, params, data):
        return xp.sum((data["x"] * params["slope"] - data["y"]) ** 2)

    race = gp.train(line, {"slope": [0.0]}, {"x": [1.0, 2.0], "y": [3.0, 6.0]},
                    optimizers=["gd"], rates="0.1", steps=50)  # fmt: skip
    (descent,) = race.descents
    assert descent.first_loss == 45.0  # 3² + 6²
    assert descent.final_loss < 1e-20  # at 3 the line goes through both points


def test_a_stored_run_knows_it_by_its_content_and_resumes():
    outcome = gp.run(bowl(), store="results.db", **QUICK)
    with open_store("results.db") as store:
        plan, earlier, remark = resume(store, outcome.run.id)
    assert not plan.workloads
    assert not remark
    assert [cell.identity for cell in earlier.cells] == [cell.identity for cell in outcome.cells]
    assert kept(bowl(4.0)) != kept(bowl()) == kept(bowl())


def test_the_stored_command_is_typed_elsewhere():
    command = shlex.split(gp.run(bowl(), store="results.db", **QUICK).run.command)
    assert command[0] == "gradparity"
    assert "--store" in command
    typed = [sys.executable, "-m", *command, "--format", "csv"]
    found = subprocess.run(typed, capture_output=True, text=True, check=True)
    assert "my-bowl,tiny" in found.stdout


SCRIPT = """
import numpy as np, gradparity as gp
from gradparity.harness.planning.made import kept
class Scale:
    factor = {factor}
def loss(xp, params, data):
    return Scale.factor * xp.sum(params["w"] ** 2) if "a" in {{"a", "b", "c", "d"}} else 0.0
print(kept(gp.Problem("s", loss, lambda rng: gp.Instance({{"w": np.ones(2)}}, {{}}), {{"tiny": {{}}}}, "s")))
"""


def test_where_and_when_it_was_typed_is_no_part_of_its_content():
    def made(seed, factor=2.0, before=""):
        # On standard input, as a notebook's cells: without a file.
        code = before + SCRIPT.format(factor=factor)
        return subprocess.run([sys.executable], input=code, capture_output=True, text=True, check=True,
                              env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)}).stdout  # fmt: skip

    first = made("1")
    assert made("2", before="\n\n# lower down\n") == first
    assert made("2", factor=3.0) != first


def test_a_module_of_ones_own_counts_by_its_content(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    files = []
    for factor in (2, 3):
        (tmp_path / "own_losses.py").write_text(
            f"def loss(xp, params, data):\n    return {factor} * xp.sum(params['w'])\n"
        )
        sys.modules.pop("own_losses", None)
        import own_losses

        files.append(named("run", [own_losses.loss, {"w": np.ones(2)}], None)[0])
    sys.modules.pop("own_losses")
    (tmp_path / "own_losses.py").unlink()
    assert files[0] != files[1]
    assert load_file(files[1])["loss"].loss(np, {"w": np.ones(2)}, {}) == 6.0


def test_a_problem_of_the_catalogue_keeps_its_name():
    assert named("run", [PROBLEMS["booth"], ["xor"]], None) == ("booth", "xor")


def test_two_of_one_name_are_refused_with_both_files():
    with pytest.raises(gp.InputError, match=r"my-bowl-\w+\.problem and .*my-bowl-\w+\.problem"):
        gp.run(bowl(), bowl(4.0), **QUICK)


def test_what_cannot_be_sent_is_said(tmp_path):
    with open(tmp_path / "x", "w") as file:
        problem = replace(bowl(), loss=lambda xp, params, data: file)
        with pytest.raises(gp.InputError, match="'my-bowl' cannot be sent to another process"):
            gp.run(problem, **QUICK)


@pytest.mark.parametrize(
    ("targets", "told"),
    [((3,), "targets is 3, should be a text or a Problem"), ((lambda xp, p, d: 0,), "a loss is followed by its params"),
     (({"w": 1},), "a target is a dict")],
)  # fmt: skip
def test_what_is_no_target(targets, told):
    with pytest.raises(gp.InputError, match=told):
        gp.run(*targets)


def test_a_damaged_file_is_named(tmp_path):
    file = tmp_path / "x-1.problem"
    file.write_bytes(b"no pickle")
    with pytest.raises(gp.InputError, match=r"x-1\.problem: its problem cannot be read"):
        gp.run(str(file))
