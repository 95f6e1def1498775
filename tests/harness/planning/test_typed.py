"""The command of a run from Python is what a person can type: typed, it asks for the same."""

import shlex

import pytest
from typer.testing import CliRunner

from gradparity.harness import cli
from gradparity.harness.planning.options import Options
from gradparity.harness.planning.typed import RACE_FLAGS, RUN_FLAGS, typed
from gradparity.harness.training.race_options import RaceOptions


class Asked(Exception):
    pass


@pytest.fixture
def understood(monkeypatch):
    """understood(command): (targets, options) that the command line makes of it."""

    def caught(plan, *_, **__):
        raise Asked(plan.targets, plan.options)

    monkeypatch.setattr("gradparity.harness.timing.execution.execute", caught)
    monkeypatch.setattr("gradparity.harness.training.race.race", caught)

    def called(command):
        with pytest.raises(Asked) as found:
            CliRunner().invoke(cli.app, shlex.split(command)[1:], catch_exceptions=False)
        return found.value.args

    return called


@pytest.mark.parametrize(
    "options",
    [Options(), Options(backends=("numpy", "tape"), sizes=("tiny",), operators=("hvp",), dtypes=("float32",)),
     Options(reference="numpy", rounds=3, processes=1, extra_s=0.0, precision=0.1, counters=True),
     Options(timeout_s=12.5, memory_gib=2.0, seed=7)],
)  # fmt: skip
def test_a_run(options, understood, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = typed("run", ["booth", "xor"], options, RUN_FLAGS, "a store.db")
    assert understood(command) == (("booth", "xor"), options)


def test_sizes_of_ones_own(understood, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = Options(sizes=("tiny", "centres=5,dimensions=7", "centres=2:8:log3"))
    command = typed("run", ["kmeans"], options, RUN_FLAGS)
    assert understood(command) == (("kmeans",), options)


@pytest.mark.parametrize(
    "options",
    [RaceOptions(), RaceOptions(optimizers=("adam", "momentum"), options={"adam.beta2": 0.9}, rates="1e-2:1:log5"),
     RaceOptions(seeds=(0, 1, 2), batch=2, steps=7, norms=False, landscape=False, schedule="cosine"),
     RaceOptions(seeds=(5,), target=0.1, target_share=0.01, gradient_norm=1e-3, plateau=9, seconds=1.5),
     RaceOptions(start={"x": [-1.25, 1e-07]}, bounds={"x": [-9.5, float("inf")]}, optimizers=("gd",), idiomatic=True),
     RaceOptions(tune=3, space="lr=1e-4:1:log", tune_seeds=2, dtypes=("float32",), sizes=("tiny",))],
)  # fmt: skip
def test_a_race(options, understood, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    target = "rosenbrock" if options.start else "xor-tanh"
    assert understood(typed("train", [target], options, RACE_FLAGS)) == ((target,), options)


def test_what_cannot_be_typed_says_so():
    told = typed("train", ["booth"], RaceOptions(seeds=(3, 5)), RACE_FLAGS)
    assert told == "run from Python: gp.train('booth', seeds=(3, 5))"


def test_a_sweep_is_a_size(understood, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = understood("gradparity run rosenbrock --size tiny --sweep n=10:100:log2")
    assert found == (("rosenbrock",), Options(sizes=("tiny", "n=10:100:log2")))
