"""What is written of races: two side by side, LaTeX, and the claims recomputed by other code."""

import csv
import io
import json
import sys

import pytest

import gradparity
from gradparity.harness.cli import main
from gradparity.results.exports.race_latex import export
from gradparity.results.race_tables.document import to_json, to_markdown
from tests.benchmarks import race_claims


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """Gradient descent on a quadratic at 0.01, then at 0.02: twice as fast on every seed."""
    store = tmp_path_factory.mktemp("races") / "results.db"
    spec = {"optimizers": ["gd", "adam"], "seeds": 8, "steps": 400, "store": store}
    return store, [gradparity.train("booth", rates=[rate], **spec) for rate in (0.01, 0.02)]


def run(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["gradparity", *map(str, words)])
    try:
        main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_two_races_side_by_side(two, monkeypatch, capsys):
    store, (slow, fast) = two
    words = ("compare", slow.run.id, fast.run.id, "--store", store)
    code, out, _ = run(monkeypatch, capsys, *words, "-f", "csv")
    rows = {row["optimizer"]: row for row in csv.DictReader(io.StringIO(out))}
    assert code == 0
    assert (rows["gd"]["better"], rows["gd"]["worse"], rows["gd"]["verdict"]) == (
        "8",
        "0",
        "better",
    )
    # λ = 2 and 18: the slow mode shrinks by 0.98² or 0.96² a step.
    assert float(rows["gd"]["ratio"]) == pytest.approx(0.495, abs=0.03)
    code, out, _ = run(monkeypatch, capsys, *words)
    assert code == 0
    assert "8:0 of 8" in out
    code, out, _ = run(monkeypatch, capsys, *words, "-f", "json")
    assert {row["optimizer"] for row in json.loads(out)["changes"]} == {"gd", "adam"}


def test_several_races_are_held_to_the_first(two, monkeypatch, capsys):
    """The first beside itself does not differ; the other is better; p is for all rows together."""
    store, (slow, fast) = two
    words = ("compare", slow.run.id, fast.run.id, slow.run.id, "--store", store)
    code, out, _ = run(monkeypatch, capsys, *words, "-f", "csv")
    rows = {(r["run"], r["optimizer"]): r for r in csv.DictReader(io.StringIO(out))}
    assert code == 0
    assert rows[fast.run.id, "gd"]["verdict"] == "better"
    assert rows[slow.run.id, "gd"]["verdict"] == "same"
    # 8 of 8 has p = 2/2⁸; of four rows the least is corrected by four.
    assert float(rows[fast.run.id, "gd"]["adjusted"]) == pytest.approx(4 * 2 / 2**8)
    code, out, _ = run(monkeypatch, capsys, *words)
    assert code == 0
    assert "8:0 of 8" in out


def test_a_race_and_a_run_are_not_compared(two, monkeypatch, capsys):
    store, (slow, _) = two
    timed = gradparity.run("booth", backends=["numpy"], rounds=2, extra_s=0, store=store)
    code, out, err = run(
        monkeypatch, capsys, "compare", slow.run.id, timed.run.id, "--store", store
    )
    assert (code, out, len(err.splitlines())) == (2, "", 1)


def test_latex_has_balanced_tables_and_no_letter_that_it_cannot_set(two):
    _, (slow, _) = two
    text = export(slow.run, slow.descents)
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") >= 3
    for table in text.split(r"\begin{tabular}")[1:]:
        shape, _, rest = table.removeprefix("{").partition("}\n")
        body = rest.split(r"\end{tabular}")[0]
        columns = shape.count("l") + shape.count("r") if "p{" not in shape else 3
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert {row.replace(r"\&", "").count("&") for row in rows} == {columns - 1}
    assert all(letter.isascii() for line in text.splitlines() if line[:1] != "%" for letter in line)


def test_other_code_finds_the_same_claims(tmp_path, capsys):
    found = gradparity.train(
        *("booth", "xor-tanh", "softmax-digits"),
        optimizers=["gd", "adam", "lbfgs"],
        seeds=4,
        steps=80,
        tune=3,
        space="lr=1e-3:0.3:log",
        norms=False,
        landscape=False,
        store=tmp_path / "r.db",
    )
    race, report = tmp_path / "race.json", tmp_path / "race.md"
    race.write_text(to_json(found.run, found.descents, histories=True))
    report.write_text(to_markdown(found.run, found.descents))
    assert race_claims.main(str(race), str(report)) == 0
    assert "0 differ" in capsys.readouterr().out
    document = json.loads(race.read_text())
    document["differences"][0]["wins"] += 1
    race.write_text(json.dumps(document))
    assert race_claims.main(str(race), str(report)) == 1
