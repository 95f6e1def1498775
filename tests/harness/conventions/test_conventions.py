"""The atlas of conventions: measured once, compared with verified answers and with closed forms."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from gradparity.harness.conventions.answers import COLUMNS, answered, is_lawful, text
from gradparity.harness.conventions.atlas import Atlas, changes, measure, selected
from gradparity.harness.conventions.cases.case import Case, Lawful, between, exactly
from gradparity.harness.conventions.cases.catalogue import CASES
from gradparity.harness.conventions.command import show_conventions
from gradparity.harness.conventions.files import document, find, store
from gradparity.harness.conventions.output import write_atlas, write_changes
from gradparity.problems import InputError

# Verified by hand with torch 2.13 and jax 0.10.2 in float64: case, at, torch, jax.
VERIFIED = [
    ("relu", "0", "0", "0"),
    ("maximum(x, 0)", "0", "0.5", "0.5"),
    ("where(x > 0, x, 0)", "0", "0", "0"),
    ("abs(x)", "0", "0", "1"),
    ("clip(x, 0, 1)", "[0, 1]", "[1, 1]", "[0.5, 0.5]"),
    ("leaky_relu(0.01)", "0", "0.01", "1"),
    ("max along a dimension", "[1, 1, 0]", "[1, 0, 0]", "[0.5, 0.5, 0]"),
    ("median of an odd number", "[2, 2, 1]", "[0.5, 0.5, 0]", "[1, 0, 0]"),
    ("top 1", "[1, 1, 1]", "[1, 0, 0]", "[1, 0, 0]"),
    ("sqrt(x)", "0", "inf", "inf"),
    ("norm 2", "[0, 0]", "[0, 0]", "[nan, nan]"),
    ("std of a constant", "[2, 2, 2]", "[0, 0, 0]", "[nan, nan, nan]"),
    ("atan2(y, x)", "[0, 0]", "[0, 0]", "[nan, nan]"),
    ("hypot(x, y)", "[0, 0]", "[nan, nan]", "[0.5, 0.5]"),
    ("x**0., floating exponent", "0", "0", "nan"),
    ("x - softplus(x)", "20.5", "0", "1.25e-09"),
    ("where(x > 0, log x, 0)", "0", "nan", "nan"),
    ("x²/2, a subnormal number", "1e-310", "1e-310", "0"),
]
VERSIONS = {"torch": "2.13", "jax": "0.10.2"}


@pytest.fixture(scope="module")
def atlas():
    return measure()


@pytest.fixture(scope="module")
def rows(atlas):
    return {(row["case"], row["at"]): row for row in atlas.rows}


def test_every_case_has_a_row_of_its_own(rows):
    assert len(rows) == len(CASES) >= 16 + 60


@pytest.mark.parametrize(("case", "at", "torch", "jax"), VERIFIED)
def test_verified_answers(rows, atlas, case, at, torch, jax):
    for column, answer in (("torch", torch), ("jax", jax)):
        if not atlas.versions[column].startswith(VERSIONS[column]):
            pytest.skip(f"verified with {column} {VERSIONS[column]}")
        assert rows[case, at][column] == answer


def test_a_lost_digit_is_wrong_and_a_choice_is_not(rows):
    assert rows["x - softplus(x)", "20.5"]["wrong"] == "torch"
    assert rows["abs(x)", "0"]["agree"] == "differ"
    assert rows["abs(x)", "0"]["wrong"] == ""
    assert rows["maximum(x, 0)", "0"]["agree"] == "yes"


# The program replaces 0 · f(x) by 0, where the eager rules meet 0 · inf.
SIMPLIFIED = {"0 · sqrt(x)", "binary cross-entropy, p = 0, label 0"}


def test_the_tape_answers_every_portable_case(rows):
    for case in CASES:
        row = rows[case.name, text(np.array(case.point))]
        if case.portable is None:
            assert row["tape"] == row["tape-eager"] == "no such operation"
        elif case.name == "gather outside, index 5 of 3":
            assert row["tape"] == row["tape-eager"]
            assert row["tape"].startswith("error: index 5 is out of")
        else:
            assert "error" not in row["tape"] + row["tape-eager"], case.name
            assert row["tape"] == row["tape-eager"] or case.name in SIMPLIFIED, case.name


def test_the_tape_is_wrong_only_where_the_formula_itself_is(rows):
    """HIPS autograd, on the same formulas, loses the same numbers, and no others."""
    wrong = {key: row["wrong"].split() for key, row in rows.items()}
    ours = {key for key, names in wrong.items() if "tape" in names or "tape-eager" in names}
    theirs = {key for key, names in wrong.items() if "autograd" in names}
    assert ours == theirs
    assert ("sqrt(x)²", "0") in ours
    assert ("hypot(x, y), huge", "[3e+200, 4e+200]") not in theirs


def test_where_a_derivative_exists_it_is_what_differences_give():
    """A central difference of the torch function, for smooth cases of moderate slope."""
    import torch

    checked = 0
    for case in CASES:
        law = case.lawful
        points = np.array(case.point)
        if law is None or law.low != law.high or not np.all(np.isfinite(points)):
            continue
        if np.any((points != 0) & (np.abs(points) < 1e-4)):  # less than a step from the corner
            continue
        if case.torch is None or np.max(np.abs(law.low)) > 100 or np.max(np.abs(points)) > 100:
            continue
        want = np.broadcast_to(np.array(law.low, float), points.shape)
        step = 2e-5
        for index in np.ndindex(points.shape):

            def at(shift, index=index, case=case, points=points):
                moved = points.copy()
                moved[index] += shift
                with torch.no_grad():
                    return float(case.torch(torch, torch.tensor(moved)).sum())

            try:
                slopes = [(at(s) - at(0.0)) / s for s in (step, -step)]
            except RuntimeError:  # torch has no such kernel, or refuses the neighbour
                continue
            finite = [s for s in slopes if np.isfinite(s)]
            # On the border of a domain one side is NaN; at a jump one side is enormous.
            near = [s for s in finite if abs(s - want[index]) < 2e-4]
            if finite:
                checked += 1
                assert near, (case.name, case.point, index, slopes, want[index])
    assert checked > 80


@pytest.mark.parametrize(
    ("numbers", "lawful", "answer"),
    [
        (0.3, between(0, 1), True),
        (1.1, between(0, 1), False),
        (np.nan, between(0, 1), True),
        (np.nan, exactly(0), False),
        (np.inf, between(0, 1), False),
        (np.inf, None, True),
        (1 + 1e-12, exactly(1), True),
        (1 + 1e-9, exactly(1), False),
        (0.0, exactly(1e-9), False),
        (0.0, exactly(1e-20), True),
        (0.0, exactly(1e-20, scale=0), False),
        ([1, 0], between(0, 1, total=1), True),
        ([1, 1], between(0, 1, total=1), False),
        ([np.nan, np.nan], between(0, 1, total=1), True),
        ([0, np.nan], Lawful((0, 0), (0, 1)), True),
        ([np.nan, 0], Lawful((0, 0), (0, 1)), False),
    ],
)
def test_lawful(numbers, lawful, answer):
    assert is_lawful(np.array(numbers, float), lawful) is answer


@pytest.mark.parametrize(
    ("numbers", "shown"),
    [
        (-0.0, "0"),
        (1 / 3, "0.3333"),
        ([1e-17, 1.0], "[0, 1]"),
        ([[1, np.nan], [-np.inf, 0]], "[[1, nan], [-inf, 0]]"),
        ([1e-300, 0], "[1e-300, 0]"),
    ],
)
def test_text(numbers, shown):
    assert text(np.array(numbers, float)) == shown


def test_what_a_backend_cannot_do_is_a_word():
    def broken(torch, x):
        raise ValueError("no " + "such luck with this kind of matrix, not today and never")

    case = Case(
        "tests", "x", 1.0, "", exactly(1), torch=broken, jax=lambda jnp, jax, x: jnp.nope(x)
    )
    plain = replace(case, jax=lambda jnp, jax, x: 3 * x)
    assert (
        answered("torch", [case])[0].text == "error: no such luck with this kind of matrix, not ..."
    )
    assert [said.text for said in answered("jax", [case, plain])] == ["no such operation", "3"]
    assert answered("tape", [case])[0] == ("no such operation", None)


def test_a_missing_library_is_unavailable(monkeypatch):
    from gradparity.harness.conventions import atlas as conventions

    missing = {"torch": "torch is not installed", "jax": "jax is not installed"}
    monkeypatch.setattr(conventions, "unavailable", missing.get)
    row = measure("leaky").rows[0]
    assert row["torch"] == row["jax"] == "unavailable"
    assert row["agree"] == "yes"


def test_cases_import_no_library():
    code = (
        "import sys, gradparity.harness.conventions.cases.catalogue, gradparity.harness.conventions.atlas\n"
        "print([m for m in ('torch', 'jax', 'autograd') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_stored_and_found_again(atlas, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="known: none"):
        find("torch-2")
    path = store(atlas)
    other = replace(atlas, versions={**atlas.versions, "torch": "1.0"})
    store(other)
    assert find(str(path)) == find(path.stem) == atlas
    assert find("torch-1.0") == other
    with pytest.raises(InputError, match="fits several stored atlases"):
        find("torch-")
    with pytest.raises(InputError, match="did you mean 'torch-"):
        find(path.stem[:-1] + "x")
    with pytest.raises(InputError, match=r"no file 'old\.json'"):
        find("old.json")


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"versions": {}, "rows": [{"case": "x"}]}'])
def test_a_file_that_is_no_atlas(tmp_path, content):
    path = tmp_path / "wrong.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"wrong\.json is n"):
        find(str(path))


def test_changes(atlas, capsys):
    older = [{**row, "jax": "0"} if row["case"] == "abs(x)" else row for row in atlas.rows]
    old = Atlas({**atlas.versions, "jax": "0.9"}, tuple(older[1:]))
    found = changes(old, atlas)
    assert found["changed"] == [
        {"case": "abs(x)", "at": "0", "backend": "jax", "old": "0", "new": "1"}
    ]
    assert found["versions"] == {"jax": ["0.9", atlas.versions["jax"]]}
    assert found["new"] == [f"{older[0]['case']} at {older[0]['at']}"]
    assert found["gone"] == []
    write_changes(found, "json")
    assert json.loads(capsys.readouterr().out) == found
    write_changes(found, "table")
    shown = capsys.readouterr().out
    assert f"jax 0.9 → {atlas.versions['jax']}" in shown
    assert "1 answers changed" not in shown
    assert "1 answer changed" in shown
    write_changes(changes(atlas, atlas), "table")
    assert capsys.readouterr().out == "versions: the same\nno answer changed\n"
    write_changes(changes(atlas, atlas), "csv")
    assert capsys.readouterr().out == "case,at,backend,old,new\n"


def test_every_format_is_complete(atlas, capsys):
    write_atlas(atlas, "json")
    assert json.loads(capsys.readouterr().out)["rows"] == [dict(row) for row in atlas.rows]
    write_atlas(atlas, "csv")
    assert capsys.readouterr().out.count("\n") >= len(CASES) + 1
    for form in ("table", "markdown"):
        write_atlas(atlas, form)
        shown = capsys.readouterr().out
        assert "leaky_relu(0.01)" in shown
        assert "…" not in shown
        assert f"{len(CASES)} cases: " in shown


def test_a_narrow_terminal_shows_every_column(atlas, capsys, monkeypatch):
    from gradparity.harness.conventions import output as convention_output

    asked = convention_output.console()
    monkeypatch.setattr(asked, "width", 80)
    monkeypatch.setattr(convention_output, "console", lambda: asked)
    write_atlas(atlas, "table")
    shown = capsys.readouterr().out
    assert "[bold" not in shown
    lines = shown.splitlines()
    heads = [line.split() for line in lines if line.split()[:1] == ["case"]]
    assert set(map(tuple, heads)) == {("case", "at", "torch", "jax", "tape", "autograd", "agree")}
    assert max(map(len, lines[:-9])) <= 80


def test_command(atlas, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    old = tmp_path / "old.json"
    old.write_text(json.dumps(document(atlas)))
    show_conventions("leaky", str(old), "table")
    assert capsys.readouterr().out == "versions: the same\nno answer changed\n"
    show_conventions("leaky", None, "csv")
    header, row = capsys.readouterr().out.splitlines()
    assert header == "family,case,at,exact,lawful," + ",".join(COLUMNS) + ",agree,wrong"
    assert "0.01,1,0.01,0.01,0.01,differ," in row
    assert not (tmp_path / ".gradparity").exists()  # a part is not stored
    with pytest.raises(InputError, match=r"no case has 'nonsense'.*families: activations, ties"):
        selected("nonsense")


def test_a_wrong_file_is_one_line_and_exit_code_2(tmp_path):
    code = "import sys; sys.argv[0] = 'gradparity'; from gradparity.harness.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "conventions", "--diff", str(tmp_path / "none.json")],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "no file" in done.stderr
