"""`gradparity train` as a user meets it: whole processes, their output and exit codes."""

import csv
import io
import json
import math
import subprocess
import sys

import pytest

import gradparity as gp
from gradparity.harness.cli import main
from gradparity.results.store.store import open_store
from tests import PATIENCE_S, ROOT
from tests.harness.files import GOOD, SEVERAL

NAN_LATER = GOOD.replace(
    "def gradient(params, data):",
    "def gradient(params, data):\n"
    "    if np.abs(params['w']).max() > 100:\n"
    "        return np.nan, {'w': params['w'] * np.nan}",
)
"""A gradient that is none far from the origin, where a large rate soon gets."""


def gradparity(*arguments, cwd):
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from gradparity.harness.cli import main; main()",
            *map(str, arguments),
        ],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "src")},
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.fixture(scope="module")
def raced(tmp_path_factory):
    """A folder with a race over a grid of rates on one problem with a known minimum."""
    folder = tmp_path_factory.mktemp("train")
    done = gradparity(
        *("train", "booth", "--optimizer", "gd,momentum", "--lr", "1e-3:1:log4", "--seeds", 3),
        *("--steps", 200),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return folder, done


def test_a_race_prints_who_got_where(raced):
    _, done = raced
    for words in (
        "booth tiny · 2 parameters · float64 · 3 seeds",
        "f* = 0, the known minimum",
        "best rate of each",
        "solved: to f* + 1e-3 (f0 - f*)",
        "3 of 3",
        "evaluations",
        "wall time [",
        "gradparity show ",
    ):
        assert words in done.stdout
    assert "[24/24] booth tiny, numpy, momentum 1, seed 2: diverged at step" in done.stderr
    assert "\x1b" not in done.stdout + done.stderr
    assert max(map(len, done.stdout.splitlines())) > 100  # nothing is cut in a pipe


def test_every_rate_and_every_target_are_shown_when_asked_for(raced):
    folder, done = raced
    assert "every rate" not in done.stdout
    shown = gradparity("show", "--all-rates", cwd=folder).stdout
    for words in ("steps to f* + τ (f0 - f*)", "1e-7", "every rate", "diverged at step "):
        assert words in shown


def test_gradient_descent_takes_the_steps_that_the_eigenvalues_say(raced):
    """Booth's Hessian is [[10, 8], [8, 10]]: eigenvalues 2 and 18.

    At rate 0.1 the component along 18 shrinks by 0.8 a step and that along 2 by 0.8 as well, so
    that the loss is 0.64ᵏ of its start exactly: τ = 10⁻ʲ takes ⌈j ln 10 / -ln 0.64⌉ steps.
    """
    document = json.loads(gradparity("show", "--format", "json", cwd=raced[0]).stdout)
    assert set(document) == {"run", "differences", "descents"}
    assert document["run"]["kind"] == "train"
    assert len(document["descents"]) == 24
    exact = [d for d in document["descents"] if (d["optimizer"], d["rate"]) == ("gd", 0.1)]
    assert len(exact) == 3
    for descent in exact:
        for j in range(1, 8):
            wanted = math.ceil(j * math.log(10) / -math.log(0.64))
            assert descent[f"steps_to_1e-{j}"] == wanted
        assert (descent["goal"], descent["goal_known"]) == (0.0, True)
        assert (descent["how"], descent["end"]) == ("ours", "minimum")
        assert descent["lowest"] == pytest.approx(2, rel=1e-6)
        assert descent["highest"] == pytest.approx(18, rel=1e-6)
    beyond = [d for d in document["descents"] if (d["optimizer"], d["rate"]) == ("gd", 1.0)]
    assert {d["status"] for d in beyond} == {"diverged"}  # 1 > 2 / 18
    assert {d["steps_to_1e-1"] for d in beyond} == {None}


def test_the_other_formats_are_complete(raced):
    folder, _ = raced
    rows = list(csv.DictReader(io.StringIO(gradparity("export", cwd=folder).stdout)))
    assert len(rows) == 24
    assert {row["steps_to_1e-7"] for row in rows if row["rate"] == "1.0"} == {"inf"}
    markdown = gradparity("show", "--format", "markdown", cwd=folder).stdout
    assert markdown.startswith("**booth tiny")
    assert "| optimizer | rate | good rates |" in markdown
    series = gradparity("show", "--format", "json", "--histories", cwd=folder).stdout
    history = json.loads(series)["descents"][0]["history"]
    assert len(history["losses"]) == len(history["seconds"]) == 201
    assert history["losses"][0] == json.loads(series)["descents"][0]["first_loss"]
    listed = gradparity("show", "--all", "--format", "csv", cwd=folder).stdout
    assert next(csv.DictReader(io.StringIO(listed)))["kind"] == "train"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "--reference", "numpy"), "is training, and --reference is for times"),
        (("export", "--format", "junit"), "junit has no place for; choose csv, json, markdown"),
        (("run", "--resume", "2"), "is training, and gradparity run is for times"),
        (("show", "--histories"), "--histories needs --format json"),
    ],
)
def test_what_training_has_no_answer_to_is_one_line(raced, arguments, said):
    done = gradparity(*arguments, cwd=raced[0])
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("booth --lr 0", "rate 0 is not allowed; it should be above 0 and finite"),
        ("booth --lr -0.1", "rate -0.1 is not allowed"),
        ("booth --lr nan", "rate nan is not allowed"),
        ("booth --lr 1:0.1:log3", "a grid goes up"),
        ("xor-tanh --batch 5", "batch 5: xor-tanh (tiny) has 4 cases"),
        ("booth --optimizer adma", "unknown optimizer 'adma'; did you mean 'adam'?"),
        ("booth --optimizer adam --option beta9=1", "did you mean 'beta2'? known: weight_decay"),
        ("booth --optimizer adam --option gd.clip=1", "unknown optimizer in option 'gd.clip'"),
        ("booth --option beta2", "--option beta2: it should be NAME=VALUE"),
        ("both", "unknown problem 'both'; did you mean 'booth'?"),
        ("booth --size large", "unknown size 'large'"),
        ("booth --jobs 1000", "jobs is 1000; this process may use"),
        ("booth --seeds 0", "seeds is 0; it should be between 1 and 100,000"),
        ("booth --seeds 2000000000", "seeds is 2000000000; it should be between"),
        ("booth --seeds 2 --seed 1", "name one of them"),
        ("booth --histories", "--histories needs --format json"),
        ("", "name a problem, a family or a file to train"),
        ("--resume 2 --steps 50 --lr 0.1", "--lr, --steps would be ignored"),
        ("--resume 2 booth", "name no targets"),
        ("booth --tune 0 --space lr=0.1:1", "tune is 0"),
        ("booth --tune 5 --space lr=1:0.1", "is empty"),
        ("booth --tune 5", "it is empty"),
        ("booth --start x", "--start x: it should be NAME=NUMBERS"),
        ("booth --start x=1,nan", "'nan' is not a finite number"),
        ("booth --bound x=3", "--bound x=3: it should be NAME=LOW:HIGH"),
        ("booth --bound x=3:1", "nothing lies between"),
        ("booth --target acuracy=0.9", "did you mean 'accuracy'"),
        ("booth --target accuracy=x", "'x' is not a finite number"),
        ("booth --optimizer lbfgs --lr 0.1", "--lr 0.1 would be ignored"),
    ],
)
def test_a_mistake_is_one_line_and_stores_nothing(tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["gradparity", "train", *arguments.split()])
    with pytest.raises(SystemExit) as end:
        main()
    out, err = capsys.readouterr()
    assert (end.value.code, out) == (2, "")
    assert said in err
    assert len(err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "without", ["del HANGS, HOGS", pytest.param("", marks=pytest.mark.slow)], ids=["quick", "all"]
)
def test_a_failure_costs_its_own_descent_only(tmp_path, without):
    (tmp_path / "several.py").write_text(f"{SEVERAL}\n{without}\n")
    patience = 60 if without else 3  # only what hangs is waited for
    done = gradparity(
        *("train", "several.py", "--optimizer", "gd", "--timeout", patience, "--memory", 4),
        *("--steps", 20, "--format", "json"),
        cwd=tmp_path,
    )
    assert done.returncode == 4, done.stderr
    found = {d["problem"]: d for d in json.loads(done.stdout)["descents"]}
    slow = {"hangs": "timeout", "hogs": "out of memory"}
    assert {name: d["status"] for name, d in found.items()} == {
        "mine": "budget",
        "dies": "crashed",
        **({} if without else slow),
        "prints": "budget",
    }
    assert found["dies"]["reason"] == "crashed: signal 9"
    assert found["mine"]["final_loss"] == found["prints"]["final_loss"]
    shown = gradparity("show", cwd=tmp_path).stdout
    assert "numpy, gd, dies tiny: crashed: signal 9" in shown


def test_a_loss_that_becomes_nan_stops_there_and_keeps_its_history(tmp_path):
    (tmp_path / "mine.py").write_text(NAN_LATER)
    done = gradparity("train", "mine.py", "--optimizer", "gd", "--lr", 3, cwd=tmp_path)
    assert done.returncode == 0, done.stderr  # a result, not a failure
    with open_store(tmp_path / ".gradparity" / "results.db", read_only=True) as store:
        (descent,) = store.descents(store.find().id)
    assert descent.status == "diverged"
    losses = descent.history.losses
    first = int(descent.history.steps[~(losses < math.inf)][0])
    assert 1 <= first <= descent.steps
    assert f"diverged at step {first}: the loss is nan" in descent.reason
    assert all(map(math.isfinite, losses[:first]))


def test_the_python_interface_is_the_same_race(tmp_path):
    store = tmp_path / "results.db"
    race = gp.train(
        *("price-ad-sqrt", "xor-tanh"),
        optimizers=["adam", "momentum"],
        backends=["numpy", "tape"],
        options={"adam.beta2": 0.9},
        rates=[0.1],
        seeds=[4],
        steps=30,
        store=store,
    )
    assert race.exit_code == 0
    assert len(race.descents) == len(race.rows) == len(race.frame) == 8
    assert {(d.optimizer, d.options.get("beta2")) for d in race.descents} == {
        ("adam", 0.9),
        ("momentum", None),
    }
    by_hand = [d for d in race.descents if d.backend == "numpy"]
    by_tape = [d for d in race.descents if d.backend == "tape"]
    for one, other in zip(by_hand, by_tape, strict=True):
        assert one.history.losses == pytest.approx(other.history.losses, rel=1e-9)
    with open_store(store, read_only=True) as opened:
        assert len(opened.descents(race.run.id)) == 8
        assert opened.find().id == race.run.id
        assert opened.load(race.run.id)[1] == []  # no cells
