"""`optimize` as its users meet it: files of their own, the verb, what is wrong with what they typed."""

import csv
import io
import itertools
import json
import math
import sys
from dataclasses import replace

import numpy as np
import pytest

from gradparity.harness.business.market import market
from gradparity.harness.business.recommend import judged, recommend
from gradparity.harness.business.way_picture import _along, _profit
from gradparity.harness.cli import main
from gradparity.results.training_pictures.contour_picture import ClimbedHill, contour_figure
from tests import ROOT
from tests.harness.business.test_optimize import best, only

EXAMPLE = ROOT / "examples" / "cinema_tickets.py"
MINE = """
import numpy as np
from gradparity import Instance, Problem

def loss(xp, params, data):
    p, x = params["ticket"], params["posters"]
    demand = (data["m"] + data["k"] * xp.sqrt(x)) * xp.exp(-p / data["s"])
    return -((p - data["cost"]) * demand - x)

def draw(rng, m=200.0, s: float = 5, cost=1.0, *, k):
    params = {"ticket": np.asarray(cost + s * rng.uniform(0.1, 2)), "posters": np.asarray(rng.uniform(1, 5))}
    return Instance(params, {n: np.asarray(float(x)) for n, x in (("m", m), ("s", s), ("cost", cost), ("k", k))})

PROBLEM = Problem("cinema", loss, draw, {"tiny": {"k": 10.0}}, "a test",
    units={"ticket": "EUR per seat", "posters": "EUR", "": "EUR"}, gradient=None)
"""
GRADIENT = """
def gradient(params, data):
    p, x = float(params["ticket"]), float(params["posters"])
    m, s, c, k = (float(data[n]) for n in ("m", "s", "cost", "k"))
    e, root = np.exp(-p / s), np.sqrt(x)
    q = (m + k * root) * e
    slopes = {"ticket": np.asarray((p - c) * q / s - q), "posters": np.asarray(1 - (p - c) * e * k / root / 2)}
    return np.float64(x - (p - c) * q), slopes
"""


@pytest.fixture
def cinema(tmp_path):
    """Demand (m + k √x) e^(-p/s): p* = c + s whatever is spent, √x* = k s e^(-p*/s)/2."""
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path


def test_a_users_own_file(cinema):
    found = best(f"{cinema} --s 5.5 --k 30", "tape")
    price, root = 6.5, 30 * 5.5 * math.exp(-6.5 / 5.5) / 2
    assert only(found).value == pytest.approx(price, rel=1e-13)
    assert only(found, "spend").value == pytest.approx(root**2, rel=1e-12)
    assert only(found).pass_through == pytest.approx(1.0, rel=1e-12)
    assert only(found).elasticity == pytest.approx(-price / 5.5, rel=1e-12)
    assert found.closed_form is None


def test_the_example():
    """p* = cost + spread, √x* = ½ k spread e^(-p*/spread), with the file's own gradient."""
    found = best(f"{EXAMPLE} --spread 6 --posters-help 12")
    assert only(found).value == pytest.approx(7.0, rel=1e-13)
    assert only(found, "spend").value == pytest.approx((36 * math.exp(-7 / 6)) ** 2, rel=1e-12)
    assert only(found).unit == "EUR per seat"


def run(monkeypatch, capsys, *words):
    """(exit code, standard output, standard error) of the command line."""
    monkeypatch.setattr(sys, "argv", ["gradparity", "optimize", *words])
    try:
        main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_the_verb_says_what_to_do(monkeypatch, capsys):
    code, out, err = run(monkeypatch, capsys, "price", "--a", "1000", "--b=8", "--cost", "35")
    assert (code, err) == (0, "")
    for sentence in (
        "Charge 80.00 currency per item: profit 16,200.00 currency, selling 360.00 items.",
        "with price from 75.50 to 84.50 currency per item",
        "A price 1 % higher sells 1.78 % fewer",
        "rise by 1.00, charge 0.50 more",
        "No limit binds.",
        "numpy is right on price-linear",
    ):
        assert sentence in out
    code, out, _ = run(monkeypatch, capsys, "--budget", "900", "price-ad-sqrt", "--currency", "EUR")
    assert code == 0
    assert "and spend 900.00 EUR: profit" in out
    assert "The limit spend <= 900 binds: 1 more of it would earn" in out
    assert "currency" not in out


def test_data_in_three_forms(monkeypatch, capsys):
    _, text, _ = run(monkeypatch, capsys, "price-ad-sqrt", "-f", "json", "--backend", "tape")
    document = json.loads(text)
    assert document["figures"] == {"a": 1000.0, "b": 8.0, "cost": 35.0, "k": 2.0}
    assert document["verdict"]["status"] == "ok"
    assert document["decisions"][1]["value"] == pytest.approx(2644.897959183673, rel=1e-12)
    assert document["closed_form"]["apart"] < 1e-12
    _, text, _ = run(monkeypatch, capsys, "price", "-f", "csv")
    rows = {row["what"]: row for row in csv.DictReader(io.StringIO(text))}
    assert float(rows["price"]["value"]) == pytest.approx(80.0)
    assert rows["price"]["unit"] == "currency per item"
    assert float(rows["price, lowest within 1 %"]["value"]) == pytest.approx(75.5)
    _, text, _ = run(monkeypatch, capsys, "price", "-f", "markdown")
    assert "| profit | 16,200 | currency |" in text


def test_a_negative_demand_is_warned_of_and_never_advised(monkeypatch, capsys):
    words = ("price", "--min-price", "130")
    code, out, _ = run(monkeypatch, capsys, *words)
    lines = [line for line in out.splitlines() if line.strip()]
    assert code == 0
    assert lines[1].startswith(
        "No advice: the demand would be negative within the limit price >= 130"
    )
    assert "-40" not in out
    assert "selling" not in out
    _, out, _ = run(monkeypatch, capsys, *words, "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert (rows[0]["what"], rows[0]["value"][:10]) == ("warning", "No advice:")
    assert not {"demand", "elasticity by price", "profit per 1 more of cost"} & {
        r["what"] for r in rows
    }
    _, out, _ = run(monkeypatch, capsys, *words, "-f", "json")
    document = json.loads(out)
    assert (document["advice"], document["demand"]) == ([], None)
    assert document["warnings"][0].startswith("No advice: ")


def test_the_way_as_a_table_and_as_a_picture(monkeypatch, capsys, tmp_path):
    code, out, _ = run(monkeypatch, capsys, "price-ad-sqrt", "--steps", "-f", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    for here, there in itertools.pairwise(rows):
        for name in ("price", "spend"):
            step = float(here[f"step of {name}"])
            assert float(here[name]) + step == pytest.approx(float(there[name]), rel=1e-12)
    assert rows[-1]["step of price"] == ""
    code, out, _ = run(monkeypatch, capsys, "price", "--steps", "--plots", str(tmp_path))
    assert code == 0
    assert "slope by price" in out
    assert (tmp_path / "way.png").stat().st_size > 10_000
    code, _, err = run(monkeypatch, capsys, "ad-budget-sqrt", "--steps")
    assert (code, len(err.splitlines())) == (2, 1)
    code, _, err = run(monkeypatch, capsys, "ad-budget-sqrt", "--plots", str(tmp_path))
    assert (code, len(err.splitlines())) == (2, 1)


@pytest.mark.parametrize("problem", ["price-ad-sqrt", "price-catalogue"])
def test_the_way_of_several_decisions_is_drawn(monkeypatch, capsys, tmp_path, problem):
    """Two as contours, more as a curve for each."""
    code, _, err = run(monkeypatch, capsys, problem, "--plots", str(tmp_path))
    assert code == 0, err
    for suffix in ("svg", "png"):
        assert (tmp_path / f"way.{suffix}").stat().st_size > 10_000


def test_the_contours_are_of_the_profit_and_the_way_ends_at_the_top():
    """On (3 - (x - 1)² - 2 (y + 1)²): the closed form, and where the marker is."""
    hill = ClimbedHill(
        x := np.linspace(-1.0, 3.0, 41),
        y := np.linspace(-3.0, 1.0, 41),
        3.0 - (x[None, :] - 1.0) ** 2 - 2.0 * (y[:, None] + 1.0) ** 2,
        ("x", "y", "profit [€]"),
        "hill: 2 steps",
        [[0.0, 0.0], [0.5, -0.5], [1.0, -1.0]],
    )
    (axes,) = contour_figure(hill).axes
    way, end = axes.lines
    assert way.get_xydata().tolist() == hill.way
    assert end.get_xydata().tolist() == [[1.0, -1.0]]
    (lines,) = [c for c in axes.collections if not c.get_facecolor().size]
    for level, paths in zip(lines.levels, lines.get_paths(), strict=True):
        a, b = paths.vertices.T.reshape(2, -1)
        assert 3.0 - (a - 1.0) ** 2 - 2.0 * (b + 1.0) ** 2 == pytest.approx(level, abs=0.02)
    flat = replace(hill, z=np.zeros((41, 41)))  # a market where nothing matters has no contours
    assert len(contour_figure(flat).axes[0].collections) == 0


def test_a_slice_goes_through_the_end():
    asked = market(("price-ad-sqrt",), {}, "€", None)
    found = recommend(asked, "numpy", judged(asked, "numpy"))
    assert _profit(found, np.asarray(found.way[-1].values)) == pytest.approx(found.profit, rel=1e-9)
    for place, one in enumerate(found.decisions):
        curve = _along(found, place, "")
        at = np.interp(one.value, curve.x, curve.y)
        assert at == pytest.approx(found.profit, rel=1e-4)
        assert max(curve.y) <= found.profit * (1 + 1e-12)


def test_a_wrong_gradient_recommends_nothing(monkeypatch, capsys, cinema):
    right = (MINE + GRADIENT).replace("gradient=None)", "gradient=lambda p, d: gradient(p, d))")
    cinema.write_text(right)
    code, out, err = run(monkeypatch, capsys, str(cinema), "-f", "json")
    assert (code, err) == (0, "")
    assert json.loads(out)["decisions"][0]["value"] == pytest.approx(6.0)
    wrong = cinema.with_name("wrong.py")
    wrong.write_text(right.replace("(p - c) * q / s - q", "(p - c) * q / s - 1.001 * q"))
    code, out, err = run(monkeypatch, capsys, str(wrong))
    assert (code, out) == (3, "")
    assert "numpy is wrong on cinema/ticket" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            "price --cots 3",
            "unknown option of price-linear: '--cots'; did you mean '--cost'? known: --a, --b, --cost, --budget",
        ),
        ("price --formt json", "did you mean '--format'?"),
        ("price --a", "--a needs a value, such as --a 10"),
        ("price --a ten", "--a ten: 'ten' is not a number"),
        ("price --a nan", "--a nan: it must be finite"),
        ("price --a 1e39", "--a 1e39: sizes from 1e-30 to 1e+30, or 0"),
        ("price-catalogue --products 0", "products = 0 must be positive"),
        ("price --cost -35", "cost = -35 must be finite and not negative"),
        ("price --cost 200", "is no market"),
        ("price 3", "one problem at a time: 'price' or '3'?"),
        ("prize", "unknown problem 'prize'; did you mean 'price'?"),
        ("booth", "booth has no units"),
        ("price --backend trch", "unknown backend 'trch'; did you mean 'torch'?"),
        ("price --max-price 20", "price >= cost and price <= 20 leave no price"),
        ("price --budget 5", "price-linear has no spend for --budget to limit"),
        ("ad-budget-sqrt --max-price 3", "ad-budget-sqrt has no price for --max-price to limit"),
        ("ad-budget-sqrt --channels 2.5", "--channels 2.5: it must be a whole number"),
        ("price-catalogue --b 1,2;3", "--b 1,2;3: its rows have 2, 1 numbers"),
        ("ad-budget-log --k 1,2", "k has 2 numbers, x0 3"),
        ("price-elastic --elasticity 0.5", "no best decision here: unbounded"),
        ("nothing.py", "nothing.py: no such file"),
        ("price --a 1e30", "amounts of 3e+58"),
        ("price-ad-sqrt --a 1e30", "count in thousands or millions"),
        ("price-ad-elastic --response 0.999", "response this close to 1"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(monkeypatch, capsys, words, said):
    code, out, err = run(monkeypatch, capsys, *words.split())
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_a_file_without_a_hand_written_gradient_is_told_of_the_tape(monkeypatch, capsys, cinema):
    code, _, err = run(monkeypatch, capsys, str(cinema))
    assert code == 2
    assert "no hand-written gradient" in err
    assert "--backend tape" in err
    code, _, err = run(monkeypatch, capsys, str(cinema), "--backend", "tape", "--seats", "3")
    assert (code, "unknown option of cinema: '--seats'" in err) == (2, True)


def test_ascii_output(monkeypatch, capsys):
    monkeypatch.setattr("gradparity.results.words.screen.ascii_only", lambda *_: True)
    code, out, _ = run(
        monkeypatch, capsys, "price-ad-sqrt", "--k", "6", "--budget", "900", "-f", "markdown"
    )
    assert code == 0
    assert out.isascii()


@pytest.mark.parametrize(
    ("does", "code", "told"),
    [
        ("os._exit(0)", 4, "mine.py: crashed: exit code 0"),
        ("os.kill(os.getpid(), 9)", 4, "mine.py: crashed: signal 9"),
        ("while True: pass", 4, "mine.py: timeout after 5 s"),
        ("os.closerange(0, 256)", 4, "mine.py: crashed: "),
    ],
)
def test_a_market_that_ends_or_hangs_does_not_end_the_command(
    monkeypatch, capsys, tmp_path, does, code, told
):
    (tmp_path / "mine.py").write_text(
        MINE.replace("import numpy", "import os\nimport numpy").replace(
            "    p, x = params", f"    {does}\n    p, x = params"
        )
    )
    monkeypatch.chdir(tmp_path)
    patience = "5" if "while True" in does else "300"
    asked = run(monkeypatch, capsys, "mine.py", "--k", "10", "--timeout", patience)
    assert asked[:2] == (code, "")
    assert told in asked[2]
    assert "Traceback" not in asked[2]
