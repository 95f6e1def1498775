"""`compare` and `export` as a user meets them, on a store that was filled beforehand."""

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from gradparity.results.records.environment import Environment
from gradparity.results.store.store import open_store
from tests.harness.command import gradparity
from tests.results import synthetic

CELLS = synthetic.cells(rounds=6)[:6]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Three runs: two of one machine, the last of another."""
    folder = tmp_path_factory.mktemp("stored")
    with open_store(folder / ".gradparity" / "results.db") as store:
        for number, cpu in enumerate(["one", "one", "other"]):
            run = synthetic.run(
                id=f"2026112{number}-000000-aaaa",
                started=f"2026-11-2{number}T00:00:00+00:00",
                environment=Environment(cpu=cpu, cores=2),
            )
            store.begin(run)
            for cell in CELLS:
                late = [replace(s, seconds=s.seconds * (1 + number)) for s in cell.samples]
                store.add(run.id, replace(cell, samples=tuple(late)))
            store.finish(run.id, "finished", "2026-11-23T00:00:00+00:00")
    return folder


def test_compare(stored):
    done = gradparity("compare", "20261120", "20261121", "--format", "json", cwd=stored)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert [row["ratio"] for row in rows] == pytest.approx([2] * len(CELLS))
    table = gradparity("compare", "20261120", "20261121", cwd=stored)
    assert "2.0×" in table.stdout
    assert "gradparity gate" in table.stdout


def test_other_machines_are_refused_unless_forced(stored):
    done = gradparity("compare", "20261120", "20261122", cwd=stored)
    assert (done.returncode, done.stdout) == (2, "")
    assert "not comparable: CPU: one before, other after (--force" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    forced = gradparity("compare", "20261120", "20261122", "--force", "-f", "csv", cwd=stored)
    assert forced.returncode == 0, forced.stderr
    assert len(forced.stdout.splitlines()) == len(CELLS) + 1


def test_several_runs_are_held_to_the_first(stored):
    runs = ("20261120", "20261121", "20261122")
    assert gradparity("compare", *runs, cwd=stored).returncode == 2
    done = gradparity("compare", *runs, "--force", "-f", "json", cwd=stored)
    told = json.loads(done.stdout)["comparisons"]
    ratios = [[row["ratio"] for row in one["rows"]] for one in told]
    assert ratios == [pytest.approx([times] * len(CELLS)) for times in (2, 3)]
    table = gradparity("compare", *runs, "--force", cwd=stored).stdout
    assert "geometric mean 2.00×" in table
    assert "geometric mean 3.00×" in table
    assert table.count("2.0× [") == table.count("3.0× [") == len(CELLS)
    rows = gradparity("compare", *runs, "--force", "-f", "csv", cwd=stored).stdout.splitlines()
    assert len(rows) == 2 * len(CELLS) + 1
    alone = gradparity("compare", "20261120", cwd=stored)
    assert (alone.returncode, alone.stderr.count("\n")) == (2, 1)
    assert "compare takes two runs or more" in alone.stderr


def test_export_to_a_file_and_to_a_pipe(stored, tmp_path):
    out = tmp_path / "run.xml"
    done = gradparity("export", "20261120", "-f", "junit", "--out", out, cwd=stored)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert ElementTree.parse(out).getroot().get("tests") == str(len(CELLS))
    piped = gradparity("export", "20261120", "--format", "junit", cwd=stored)
    assert piped.stdout == out.read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["compare", "20261120", "nothing"], "has no run 'nothing'"),
        (["export", "--format", "latx"], "unknown format 'latx'; did you mean 'latex'?"),
        (["export", "--out", "no/such/folder/x.csv"], "no/such/folder/x.csv: No such file"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(stored, arguments, message):
    done = gradparity(*arguments, cwd=stored)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1
