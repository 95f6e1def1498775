"""From a table of sales to a price: closed forms of known curves, refusals, the verb."""

import json
import math

import numpy as np
import pytest
from scipy.special import lambertw

from gradparity.harness.business.estimate import estimate
from gradparity.harness.business.sales import Sales, read
from gradparity.harness.cli import main
from gradparity.problems import InputError

COST = 35.0


def sales(demand, rows=40, noise=0.0, spends=False, seed=3, low=45.0, high=110.0):
    rng = np.random.default_rng(seed)
    price = rng.uniform(low, high, rows)
    spend = rng.uniform(100.0, 4000.0, rows) if spends else None
    sold = demand(price, spend) if spends else demand(price)
    return Sales(price, np.maximum(sold + noise * rng.normal(size=rows), 0.0), spend)


@pytest.mark.parametrize(
    ("curve", "demand", "price"),
    [
        ("linear", lambda p: 1000.0 - 8.0 * p, 80.0),
        ("elastic", lambda p: 5e5 * p**-2.5, 2.5 * COST / 1.5),
        (
            "logit",
            lambda p: 2000.0 / (1.0 + np.exp(0.08 * p - 4.0)),
            COST + (1.0 + float(lambertw(math.exp(4.0 - 0.08 * COST - 1.0)).real)) / 0.08,
        ),
    ],
)
def test_a_curve_without_noise_is_found_and_its_closed_form_is_the_price(curve, demand, price):
    found = estimate(sales(demand, low=40.0, high=100.0), COST, 0, 20)
    assert found.candidates[0].curve == curve
    assert found.candidates[0].best.price == pytest.approx(price, rel=1e-5)
    assert found.alike == ()
    assert found.interval == pytest.approx((price, price), rel=1e-4)
    assert found.demand == pytest.approx(float(demand(price)), rel=1e-4)


def test_price_and_advertising_of_a_known_market():
    """a = 1000, b = 8, k = 2, c = 35: p 86.428571, x 2644.898, profit 18514.2857."""
    found = estimate(
        sales(lambda p, x: 1000.0 - 8.0 * p + 2.0 * np.sqrt(x), spends=True), COST, 0, 20
    )
    best = found.candidates[0].best
    assert found.candidates[0].curve == "linear"
    assert best.price == pytest.approx(86.428571, rel=1e-4)
    assert best.spend == pytest.approx(2644.898, rel=1e-3)
    assert best.profit == pytest.approx(18514.2857, rel=1e-6)


def test_with_noise_the_interval_holds_the_price_and_narrows_with_the_rows():
    widths = []
    for rows in (40, 640):
        found = estimate(sales(lambda p: 1000.0 - 8.0 * p, rows, noise=40.0), COST, 0, 60)
        low, high = found.interval
        assert low < 80.0 < high
        widths.append(high - low)
    assert widths[1] < widths[0] / 2.5


def test_the_same_seed_says_the_same():
    given = sales(lambda p: 1000.0 - 8.0 * p, noise=30.0)
    assert estimate(given, COST, 5, 10) == estimate(given, COST, 5, 10)
    assert estimate(given, COST, 5, 10).interval != estimate(given, COST, 6, 10).interval


@pytest.mark.parametrize(
    ("demand", "noise", "message"),
    [
        (lambda p: 100.0 + 3.0 * p, 5.0, "rises with the price, by 3"),
        (lambda p: 500.0 + 0.0 * p, 30.0, "hardly depends on the price"),
        (lambda p: 5e3 * p**-0.5, 1.0, "profit grows with the price up to 5 times"),
    ],
)
def test_what_the_rows_cannot_tell_is_refused_in_words(demand, noise, message):
    with pytest.raises(InputError, match=message):
        estimate(sales(demand, noise=noise), COST, 0, 20)


def typed(monkeypatch, *words):
    """The exit code of a command."""
    monkeypatch.setattr("sys.argv", ["gradparity", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code or 0


def table(path, rows, names="price,sold,ads"):
    path.write_text("\n".join([names, *rows]) + "\n")
    return str(path)


GOOD = [f"{50 + i},{900 - 8 * i},{100 * i}" for i in range(12)]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([*GOOD[:4], "54,many,1", *GOOD[5:]], "line 6, column sold: 'many' is no number"),
        ([*GOOD[:4], "54,,1", *GOOD[5:]], "line 6, column sold: empty is no number"),
        ([*GOOD[:2], "0,5,1", *GOOD[3:]], "line 4: price is 0; it should be above 0"),
        ([*GOOD[:2], "9,-5,1", *GOOD[3:]], "line 4: sold is negative"),
        (GOOD[:5], "5 rows are too few; it takes 10"),
        (["50,9,1"] * 12, "price has 1 different value; without 3 nothing can be told"),
        ([f"{50 + i},0,{i}" for i in range(12)], "nothing was ever sold"),
        ([f"{50 + i},9,1" for i in range(12)], "ads hardly changes; leave --spend away"),
        ([], "0 rows are too few"),
    ],
)
def test_a_bad_table_is_told_by_row_and_column(tmp_path, rows, message):
    with pytest.raises(InputError) as caught:
        read(table(tmp_path / "sales.csv", rows), "price", "sold", "ads")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_or_column_is_named(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read(str(tmp_path / "none.csv"), "price", "sold", None)
    with pytest.raises(InputError, match=r"unknown column .* 'pirce'; did you mean 'price'"):
        read(table(tmp_path / "sales.csv", GOOD), "pirce", "sold", None)
    (tmp_path / "bad.parquet").write_text("no parquet")
    with pytest.raises(InputError, match="it cannot be read"):
        read(str(tmp_path / "bad.parquet"), "price", "sold", None)


def test_parquet_says_the_same_as_csv(tmp_path):
    pandas = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    file = table(tmp_path / "sales.csv", GOOD)
    pandas.read_csv(file).to_parquet(tmp_path / "sales.parquet")
    first = read(file, "price", "sold", "ads")
    second = read(str(tmp_path / "sales.parquet"), "price", "sold", "ads")
    assert all(
        np.array_equal(getattr(first, name), getattr(second, name))
        for name in ("price", "sold", "spend")
    )


def test_the_verb(tmp_path, capsys, monkeypatch):
    file = table(tmp_path / "sales.csv", GOOD)
    command = ["optimize", file, "--price", "price", "--sold", "sold", "--cost", "20"]
    assert typed(monkeypatch, *command, "--format", "json") == 0
    told = json.loads(capsys.readouterr().out)
    # 900 - 8 (p - 50) = 1300 - 8 p: the best price is (1300/8 + 20)/2.
    assert told["candidates"][0]["best"]["price"] == pytest.approx(91.25, rel=1e-5)
    assert typed(monkeypatch, *command) == 0
    out = capsys.readouterr().out
    assert "Charge 91.25: 570 items a row, a profit of 40,612.5." in out
    assert "No price beyond 50 to 61 was ever tried" in out


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ([], "say which column is which: --price PRICE --sold QUANTITY"),
        (["--price", "price", "--sold", "sold", "--cost", "99"], "above every price"),
        (["--price", "price", "--sold", "sold", "--cost", "x"], "--cost x: it should be a number"),
        (["--price", "price", "--slod", "sold"], "'--slod'; did you mean '--sold'"),
        (["--price", "price", "--sold", "sold", "--budget", "9"], "--budget is for a market"),
    ],
)
def test_what_is_typed_wrong_is_told(tmp_path, capsys, monkeypatch, more, message):
    assert typed(monkeypatch, "optimize", table(tmp_path / "sales.csv", GOOD), *more) == 2
    assert message in " ".join(capsys.readouterr().err.split())
