"""What of an interrupted run stays: never less than before, and nothing of changed code."""

import subprocess
import time
from dataclasses import replace

import pytest

import gradparity
from gradparity.harness.timing.resume import resume
from gradparity.harness.training.resume import resume_race
from gradparity.results.store.store import open_store
from tests import PATIENCE_S
from tests.harness.command import COMMAND, ROOT
from tests.harness.files import GOOD, held_until

QUICK = {"backends": ["numpy"], "rounds": 2, "processes": 1, "extra_s": 0}
NEIGHBOUR = """
from parts import gradient as mine
PROBLEM = replace(PROBLEM, gradient=mine)
"""


def files_of_one_name(folder):
    """Two files, each with a problem "mine"."""
    (folder / "sub").mkdir()
    for name in ("a.py", "sub/b.py"):
        (folder / name).write_text(GOOD)
    return [str(folder / "a.py"), str(folder / "sub" / "b.py")]


def test_cells_of_one_name_and_two_files_both_stay(tmp_path):
    path = tmp_path / "r.db"
    first, second = files_of_one_name(tmp_path)
    made = gradparity.run(first, store=path, **QUICK)
    with open_store(path) as store:
        store.take_up(made.run.id)
        others = [replace(cell, file=second, status="timeout", samples=()) for cell in made.cells]
        store.add(made.run.id, *others)
        plan, earlier, remark = resume(store, made.run.id)
        assert (plan.workloads, remark) == ((), "")
        assert earlier.cells == made.cells
        assert store.load(made.run.id)[1] == [*made.cells, *others]


def test_nothing_goes_before_what_replaces_it_is_stored(tmp_path):
    path = tmp_path / "r.db"
    made = gradparity.run("booth", "beale", store=path, **QUICK | {"backends": ["numpy", "tape"]})
    booth, beale = made.cells[:2], made.cells[2:]
    with open_store(path) as store:
        store.begin(replace(made.run, id="part", status="interrupted"))
        store.add("part", *booth, beale[0])
        plan, earlier, _ = resume(store, "part")
        assert earlier.cells == booth
        assert [workload.problem.name for workload in plan.workloads] == ["beale"]
        assert store.load("part")[1] == [*booth, beale[0]]
        store.add("part", *beale)
        assert store.load("part")[1] == [*made.cells]


@pytest.mark.parametrize("changed", ["a.py", "parts.py", "deep.py", "other.py"])
def test_a_changed_neighbour_is_noticed_and_named(tmp_path, monkeypatch, changed):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep.py").write_text(GOOD)
    (tmp_path / "parts.py").write_text("from deep import gradient")
    (tmp_path / "a.py").write_text(f"{GOOD}\nfrom dataclasses import replace\n{NEIGHBOUR}")
    (tmp_path / "other.py").write_text("nobody imports it")
    run = gradparity.run("a.py", store="r.db", sizes=["tiny"], **QUICK).run
    race = gradparity.train(
        "a.py", backends=["numpy"], optimizers=["gd"], steps=3, store="r.db"
    ).run
    with (tmp_path / changed).open("a") as file:
        file.write("\n# another\n")
    with open_store("r.db") as store:
        for taken_up, stored in ((resume, run), (resume_race, race)):
            _, earlier, remark = taken_up(store, stored.id)
            if changed == "other.py":
                assert (earlier.run, remark) == (stored, "")
            else:
                assert earlier is None
                assert f"not the same {changed} as then" in remark
                assert store.owner(stored.id) is None


def test_of_resumes_at_once_one_runs_and_the_others_are_told(tmp_path):
    path = tmp_path / "r.db"
    let = tmp_path / "let"
    let.touch()
    held = str(held_until(let, tmp_path))
    made = gradparity.run(
        "booth", held, sizes=["tiny"], store=path, **QUICK | {"timeout_s": PATIENCE_S}
    )
    let.unlink()
    with open_store(path) as store:
        store.begin(replace(made.run, id="part", status="running", finished=None))
        store.add("part", made.cells[0])
    command = [*COMMAND, "run", "--resume", "part", "--store", str(path), "--format", "json"]
    started = [
        subprocess.Popen(
            command,
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "src")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    until = time.monotonic() + PATIENCE_S
    while sum(process.poll() is None for process in started) > 1 and time.monotonic() < until:
        time.sleep(0.02)
    let.touch()  # whoever was first is at work until the others have been told
    told = [process.communicate(timeout=PATIENCE_S)[1] for process in started]
    codes = [process.returncode for process in started]
    assert sorted(codes) == [0, 2, 2], told
    winner = started[codes.index(0)]
    for code, text in zip(codes, told, strict=True):
        if code == 2:
            assert f"run part is at work: process {winner.pid} on " in text
            assert " since 20" in text
            assert len(text.splitlines()) == 1
    with open_store(path, read_only=True) as store:
        run, cells = store.load("part")
    assert run.status == "finished"
    assert [cell.problem for cell in cells] == ["booth", "held"]
    assert cells[0] == made.cells[0]
