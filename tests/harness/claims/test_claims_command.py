"""The verb `claims`: what it prints and stores, and what bad input gets."""

import json

import pytest

from gradparity.harness.claims.output import write_findings
from gradparity.results.records.claim import Claimed, ClaimFinding, Figure
from gradparity.results.store.store import open_store
from tests.harness.command import gradparity
from tests.results import synthetic


def test_a_claim_is_measured_stored_and_shown_again(tmp_path):
    done = gradparity("claims", "3", "--quick", "--store", "r.db", "-f", "json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    (found,) = told["findings"]
    assert found["verdict"] == "holds"
    assert found["command"] == "gradparity claims 3 --quick"
    with open_store(tmp_path / "r.db", read_only=True) as store:
        run = store.find()
        assert (run.kind, run.status, run.id) == ("claims", "finished", told["run"]["id"])
        (kept,) = store.findings(run.id)
    assert [one.value for one in kept.figures] == [one["value"] for one in found["figures"]]
    shown = gradparity("show", "--store", "r.db", "-f", "markdown", cwd=tmp_path)
    assert "**holds.** The steepest of 10,000 random directions" in shown.stdout
    assert "| mean of (u·g)²/‖g‖² |" in shown.stdout
    for verb, said in (
        (["show", "--scaling"], "is claims, and --scaling is for times"),
        (["export", "-f", "csv"], "is claims, and export is for times"),
        (["compare", run.id, run.id], "is claims, and compare is for times"),
        (["run", "--resume", run.id], run.id),
        (["train", "--resume", run.id], "is no training"),
        (["plot"], f"gradparity report {run.id}"),
    ):
        done = gradparity(*verb, "--store", "r.db", cwd=tmp_path)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), (verb, done.stderr)
        assert said in done.stderr
    done = gradparity("report", run.id, "--no-3d", "--store", "r.db", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "mean of (u·g)²/‖g‖²" in (tmp_path / "report.html").read_text()


def test_bad_input_is_one_line(tmp_path):
    for arguments, said in (
        (["98"], "there is no claim 98; known: "),
        (["3", "--jobs", "0"], "jobs is 0"),
        (["3", "--total-seconds", "-1"], "total-seconds is -1"),
        (["3", "--timeout", "inf"], "timeout is inf"),
        (["3", "--resume", "x"], "name nothing else"),
    ):
        done = gradparity("claims", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, ""), arguments
        assert said in done.stderr
    assert not (tmp_path / ".gradparity").exists()


def test_the_list_runs_nothing(tmp_path):
    done = gradparity("claims", "--list", "-f", "csv", cwd=tmp_path)
    assert done.stdout.startswith("number,chapter,claim,problems,optimizers,backends\n")
    assert "steepest direction" in done.stdout
    assert not (tmp_path / ".gradparity").exists()


@pytest.mark.parametrize("form", ["markdown", "csv", "json", "table"])
def test_claims_stand_by_number_whichever_was_found_first(form, capsys):
    found = [
        ClaimFinding(n, f"claim of {n}", "Chapter", False, sentence="So.") for n in (30, 7, 12)
    ]
    write_findings(synthetic.run(kind="claims"), found, form)
    told = capsys.readouterr().out
    places = [told.index(f"claim of {n}") for n in (7, 12, 30)]
    assert places == sorted(places)


def test_of_many_parts_that_are_not_so_the_overview_names_three(capsys):
    figures = tuple(
        Figure(f"figure {n}", *(3.0, 3.0, 3.0), claimed=Claimed("at most 1", high=1))
        for n in range(9)
    )
    found = ClaimFinding(7, "All are small.", "Chapter", False, sentence="None.", figures=figures)
    write_findings(synthetic.run(kind="claims"), [found], "markdown")
    told = capsys.readouterr().out
    assert "| not: figure 0; not: figure 1; not: figure 2; and 6 more |" in told
    assert "| figure 8 | 3 |" in told
