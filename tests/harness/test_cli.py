"""The command line as a user meets it: whole processes, their output and exit codes."""

import csv
import io
import json
import os
import subprocess
import sys

import pytest
import typer

from tests import ROOT
from tests.harness.command import gradparity
from tests.harness.files import GOOD

KEYS = [
    "problem",
    "size",
    "parameters",
    "backend",
    "variant",
    "operator",
    "dtype",
    "device",
    "status",
    "reason",
    "max_error",
    "prepare_s",
    "first_s",
    "median_s",
    "low_s",
    "high_s",
    "ratio",
    "ratio_low",
    "ratio_high",
    "cpu_per_wall",
    "samples",
]


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A folder with a finished run of two backends on two problems."""
    folder = tmp_path_factory.mktemp("cli")
    done = gradparity(
        *("run", "booth", "price-linear", "--backend", "numpy,torch", "--rounds", 8, "--extra", 0),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return folder, done


def test_run_prints_tables_where_and_what_next(stored):
    folder, done = stored
    for word in ("booth", "price-linear", "numpy", "torch", "ok", "run ", "stored in", "next"):
        assert word in done.stdout
    assert (folder / ".gradparity" / "results.db").is_file()
    pictures = [line.split()[-1] for line in done.stdout.splitlines() if line.startswith("picture")]
    assert len(pictures) == 4
    assert all((folder / picture).stat().st_size > 1000 for picture in pictures)
    assert "\x1b" not in done.stdout + done.stderr
    assert "[2/2] booth" not in done.stderr
    assert "[2/2] price-linear tiny gradient float64: numpy ok, torch ok" in done.stderr


def test_json_is_one_document_with_all_keys(stored):
    document = json.loads(gradparity("show", "--format", "json", cwd=stored[0]).stdout)
    assert set(document) == {"run", "rows"}
    assert len(document["rows"]) == 4
    for row in document["rows"]:
        assert list(row)[: len(KEYS)] == KEYS
        assert len(row["samples"]) == 8
        assert row["low_s"] <= row["median_s"] <= row["high_s"]
        assert 0 < row["cpu_per_wall"] < 1.5
        assert (row["ratio"] == 1) == (row["backend"] == "numpy")
    environment = document["run"]["environment"]
    assert {"cpu", "cores", "affinity", "versions", "python", "os", "commit", "dirty"} <= set(
        environment
    )
    assert environment["blas"]


def test_another_reference_turns_ratios_round(stored):
    def ratios(*arguments):
        shown = gradparity("show", *arguments, "--format", "json", cwd=stored[0]).stdout
        return {(r["problem"], r["backend"]): r["ratio"] for r in json.loads(shown)["rows"]}

    forth, back = ratios(), ratios("--reference", "torch")
    assert back["booth", "numpy"] == pytest.approx(1 / forth["booth", "torch"])


def test_csv_and_markdown(stored):
    rows = list(csv.DictReader(io.StringIO(gradparity("show", "-f", "csv", cwd=stored[0]).stdout)))
    assert [row["backend"] for row in rows] == ["numpy", "torch"] * 2
    lines = gradparity("show", "-f", "markdown", cwd=stored[0]).stdout.splitlines()
    assert sum(line.startswith("|") for line in lines) >= 6


def test_ascii_only_output(stored):
    done = gradparity("show", cwd=stored[0], PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_help_that_is_shortened_is_shown_in_any_letters(tmp_path, encoding):
    narrow = {"COLUMNS": "80", "PYTHONIOENCODING": encoding}
    done = gradparity("train", "--help", cwd=tmp_path, **narrow)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--optimizer" in done.stdout


def test_show_lists_runs(stored):
    rows = json.loads(gradparity("show", "--all", "--format", "json", cwd=stored[0]).stdout)
    assert [(row["status"], row["suite"]) for row in rows] == [("finished", "booth price-linear")]


@pytest.mark.parametrize("form", ["table", "json", "csv", "markdown"])
def test_list(tmp_path, form):
    done = gradparity("list", "--format", form, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for word in ("rosenbrock", "mlp-digits", "numpy", "torch", "quick"):
        assert word in done.stdout
    assert not list(tmp_path.iterdir())


def test_what_to_install_is_a_line_of_its_own_however_narrow_the_terminal(capfd, monkeypatch):
    from gradparity.harness.commands import listing
    from gradparity.harness.terminal import console

    narrow = console.console()
    narrow.width = 50
    monkeypatch.setattr(console, "console", lambda: narrow)
    absent = "flint is not installed; type: pip install 'gradparity[arb]'"
    rows = [{"name": name, "status": absent} for name in ("one", "two")]
    monkeypatch.setattr(listing, "_backends", lambda: rows)
    listing.list_()
    told = capfd.readouterr().out
    assert f"\none, two: {absent}\n" in told
    assert told.count("unavailable") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "rosenbrok"], "unknown suite or problem 'rosenbrok'; did you mean 'rosenbrock'?"),
        (["run", "xor", "--backend", "trch"], "unknown backend 'trch'; did you mean 'torch'?"),
        (["run", "xor", "--threads", "999"], "threads is 999; this process may use"),
        (["run", "nothing.py"], "nothing.py: no such file"),
        (["run", "./"], "./: a folder; name a file in it"),
        (["check", "mine"], "mine: a folder; name a file in it: 'mine/a b.py', mine/b.py\n"),
        (["train", "mine"], "mine: a folder; name a file in it: "),
        (["run", "booth", "--format", "xml"], "'--format' / '-f': 'xml' is not one of 'table'"),
        (["show"], "results.db"),
        (["show", "--store", "/"], "/"),
        (["run", "booth", "--store", "nonsense://x"], "nonsense"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(tmp_path, arguments, message):
    (tmp_path / "mine").mkdir()
    for name in ("a b.py", "b.py", "c.txt"):
        (tmp_path / "mine" / name).touch()
    done = gradparity(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]


def test_a_user_file(tmp_path):
    (tmp_path / "mine.py").write_text(GOOD)
    done = gradparity(
        "run",
        "mine.py",
        "--backend",
        "numpy",
        "--rounds",
        2,
        "--processes",
        1,
        "--extra",
        0,
        "--format",
        "json",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert [(row["problem"], row["size"], row["status"]) for row in rows] == [
        ("mine", "tiny", "ok"),
        ("mine", "small", "ok"),
    ]


def test_a_wrong_gradient_has_no_time_and_exit_3(tmp_path):
    (tmp_path / "mine.py").write_text(GOOD.replace("2 / len", "2.002 / len"))
    done = gradparity(
        "run",
        "mine.py",
        "--backend",
        "numpy,torch",
        "--size",
        "tiny",
        "--rounds",
        2,
        "--processes",
        1,
        "--extra",
        0,
        cwd=tmp_path,
    )
    assert done.returncode == 3
    assert "wrong: formula" in done.stdout
    assert "w[" in done.stdout
    assert "should be" in done.stdout
    rows = json.loads(gradparity("show", "--format", "json", cwd=tmp_path).stdout)["rows"]
    wrong, right = rows
    assert (wrong["status"], wrong["samples"], wrong["median_s"]) == ("formula", [], None)
    assert (right["status"], len(right["samples"])) == ("ok", 2)
    assert wrong["max_error"] > 1e-4


def test_bad_user_file_leaves_no_run(tmp_path):
    (tmp_path / "mine.py").write_text(GOOD.replace("xp.mean(", "("))
    done = gradparity("run", "mine.py", cwd=tmp_path)
    assert done.returncode == 2
    assert "mine.py: mine: the loss has shape (20,), should be a scalar" in done.stderr
    shown = gradparity("show", cwd=tmp_path)
    assert shown.returncode == 2


def test_arb_reports_its_radius(tmp_path):
    pytest.importorskip("flint")
    done = gradparity(
        "run", "price-logit", "--backend", "arb", "--rounds", 1, "--processes", 1, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if "every number is certified" in line]
    assert 0 < float(line.split()[-1]) < 1e-16


@pytest.mark.parametrize("library", ["jax", "torch"])
def test_a_missing_library_is_unavailable(tmp_path, library):
    """Hidden from the import system, as in an environment without it."""
    hide = f"import sys; sys.modules[{library!r}] = None\n"
    (tmp_path / "sitecustomize.py").write_text(hide)
    done = gradparity(
        *(
            "run",
            "booth",
            "--backend",
            f"numpy,{library}",
            "--rounds",
            2,
            "--processes",
            1,
            "--extra",
            0,
            "--format",
            "json",
        ),
        cwd=tmp_path,
        PYTHONPATH=f"{tmp_path}:{ROOT / 'src'}",
    )
    assert done.returncode == 0, done.stderr
    statuses = {row["backend"]: row["status"] for row in json.loads(done.stdout)["rows"]}
    assert statuses == {"numpy": "ok", library: "unavailable"}
    listed = gradparity("list", cwd=tmp_path, PYTHONPATH=f"{tmp_path}:{ROOT / 'src'}")
    assert f"pip install 'gradparity[{library}]'" in listed.stdout


def test_counters_and_scaling(tmp_path):
    ask = ("run", "rosenbrock", "--size", "tiny,small,medium", "--backend", "numpy,tape")
    few = ("--processes", 1, "--rounds", 6, "--extra", 0, "--counters", "--format", "json")
    done = gradparity(*ask, *few, cwd=tmp_path)
    rows = json.loads(done.stdout)["rows"]
    operations = {r["counters"]["tape_operations"] for r in rows if r["backend"] == "tape"}
    assert len(operations) == 1  # they do not depend on the size
    assert all(r["counters"] for r in rows)
    shown = gradparity("show", "--scaling", cwd=tmp_path)
    assert shown.returncode == 0
    assert "rosenbrock: time grows" in shown.stdout
    table = gradparity("show", "--scaling", "--format", "csv", cwd=tmp_path)
    assert table.stdout.startswith("what,problem,backend,setting,")
    gradparity("run", "booth", "--backend", "numpy", *few, cwd=tmp_path)
    one = gradparity("show", "--scaling", cwd=tmp_path)
    assert (one.returncode, len(one.stderr.splitlines())) == (2, 1)


def options(command):
    """Every option and argument of a command and of those below it."""
    yield from command.params
    for below in getattr(command, "commands", {}).values():
        yield from options(below)


def test_no_help_is_taken_for_markup():
    """Rich swallows what stands in brackets; typer writes a default where it is one."""
    from gradparity.harness.cli import app

    texts = {x.name: getattr(x, "help", "") or "" for x in options(typer.main.get_command(app))}
    assert [name for name, text in texts.items() if "[" in text] == []


@pytest.mark.parametrize(
    ("verb", "shown"),
    [
        ("derive", "[default: (the smallest)]"),
        ("show", "[default: (latest)]"),
        ("export", "[default: (standard output)]"),
    ],
)
def test_a_default_is_shown(tmp_path, verb, shown):
    told = gradparity(verb, "--help", cwd=tmp_path).stdout.replace("│", "")
    assert shown in " ".join(told.split())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes(tmp_path, shell):
    assert "complete_" in gradparity("--show-completion", shell, cwd=tmp_path).stdout
    asked = {
        "_GRADPARITY_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "gradparity deri", "COMP_CWORD": "1",
        "_TYPER_COMPLETE_ARGS": "gradparity deri", "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }  # fmt: skip
    code = "import sys; sys.argv = ['gradparity']; from gradparity.harness.cli import main; main()"
    found = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=False, env=os.environ | asked,
    )  # fmt: skip
    assert "derive" in found.stdout
