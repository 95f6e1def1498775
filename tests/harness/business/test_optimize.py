"""What to charge and to spend: closed forms of economics, limits, markets without a best."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.special import lambertw

from gradparity.harness.business.market import Market, market
from gradparity.harness.business.recommend import judged, recommend
from gradparity.harness.business.words import sentences
from gradparity.problems import InputError
from tests.conftest import COMPLEX

NO_LIMITS = {"budget": None, "min_price": None, "max_price": None}
MARKETS = [
    *("price-linear", "price-elastic", "price-logit", "price-ad-sqrt", "price-ad-log"),
    *("price-ad-elastic", "price-catalogue", "ad-budget-sqrt", "ad-budget-log"),
]


def best(text, backend="numpy", above_cost=None, **limits):
    asked = market(text.split(), {**NO_LIMITS, **limits}, None, above_cost)
    return recommend(asked, backend, judged(asked, backend))


def only(found, kind="price"):
    (one,) = (one for one in found.decisions if one.kind == kind)
    return one


@pytest.mark.parametrize("name", MARKETS)
def test_descent_arrives_at_the_closed_form(name):
    found = best(name)
    assert found.search.converged
    assert found.search.worse == 0
    assert found.apart < 1e-13
    minimum = found.market.problem.minimum(found.market.drawn(0).data)
    assert found.profit == pytest.approx(-minimum.value, rel=1e-14)


@pytest.mark.parametrize("backend", ["tape", "torch", "jax", "dual", "finite-difference"])
def test_any_backend_will_do(backend):
    found = best("price-ad-sqrt", backend)
    assert only(found).value == pytest.approx(86.428571428571, rel=1e-11)
    assert only(found, "spend").value == pytest.approx(2644.8979591837, rel=1e-10)
    assert found.profit == pytest.approx(18514.285714286, rel=1e-13)
    assert found.check.finding.right


def test_linear_demand():
    """p* = 80, q = 360, π = 16,200; band ± √(.01 π/b) = ± 4.5; elasticity -b p/q; pass-through ½."""
    found = best("price --a 1000 --b 8 --cost 35")
    one = only(found)
    assert found.market.problem.name == "price-linear"
    assert (one.value, found.profit) == (pytest.approx(80.0), pytest.approx(16200.0))
    assert (one.low, one.high) == (pytest.approx(75.5, rel=1e-13), pytest.approx(84.5, rel=1e-13))
    assert one.elasticity == pytest.approx(-8 * 80 / 360, rel=1e-13)
    assert one.pass_through == pytest.approx(0.5, rel=1e-13)
    assert found.demand == (pytest.approx(360.0),)
    # dπ*/da = (p - c), dπ*/db = -p (p - c), dπ*/dc = -q.
    assert found.worth == {
        "a": pytest.approx(45.0),
        "b": pytest.approx(-3600.0),
        "cost": pytest.approx(-360.0),
    }


@pytest.mark.parametrize("text", ["price-elastic", "price-elastic --elasticity 1.3 --cost 2"])
def test_constant_elasticity(text):
    found = best(text)
    one, elasticity = only(found), found.market.figures["elasticity"]
    assert one.elasticity == pytest.approx(-elasticity, rel=1e-13)
    assert one.pass_through == pytest.approx(elasticity / (elasticity - 1), rel=1e-11)


@pytest.mark.parametrize("text", ["price-logit", "price-logit --alpha 12 --beta 0.5 --cost 3"])
def test_logit_demand(text):
    """With w = W(e^(α - β c - 1)): pass-through 1/(1 + w), profit M w/β."""
    found = best(text)
    figures = found.market.figures
    w = lambertw(math.exp(figures["alpha"] - figures["beta"] * figures["cost"] - 1)).real
    assert only(found).pass_through == pytest.approx(1 / (1 + w), rel=1e-12)
    assert found.profit == pytest.approx(figures["market"] * w / figures["beta"], rel=1e-13)


@pytest.mark.parametrize("name", [name for name in MARKETS if name.startswith("price-")][:6])
def test_lerners_rule_and_the_band_hold_in_every_market_of_one_price(name):
    """(p - c)/p = 1/|elasticity| at an interior optimum; profit at the band's ends is .99 π*."""
    found = best(name)
    one = only(found)
    cost = found.market.figures["cost"]
    assert (one.value - cost) / one.value == pytest.approx(-1 / one.elasticity, rel=1e-12)
    data = found.market.drawn(0).data
    for kind in {one.kind for one in found.decisions}:
        point = {one.name: np.asarray(one.value) for one in found.decisions}
        for end in (only(found, kind).low, only(found, kind).high):
            moved = {**point, only(found, kind).name: np.asarray(end)}
            loss = found.market.problem.loss(COMPLEX, moved, data)
            assert -float(loss) == pytest.approx(0.99 * found.profit, rel=1e-12)


@pytest.mark.parametrize("name", ["price-ad-sqrt", "price-ad-log", "price-ad-elastic"])
def test_dorfman_and_steiners_rule(name):
    """Advertising/sales = elasticity by advertising/|elasticity by price|."""
    found = best(name)
    price, spend = only(found), only(found, "spend")
    share = spend.value / (price.value * found.demand[0])
    assert share == pytest.approx(-spend.elasticity / price.elasticity, rel=1e-12)
    if name == "price-ad-elastic":
        assert share == pytest.approx(0.12, rel=1e-12)
        assert spend.elasticity == pytest.approx(0.3, rel=1e-12)


def test_pass_through_with_advertising_is_that_of_the_closed_form():
    """m* = 2 (a - b c)/(4 b - k²): dp/dc = 1 - 2 b/(4 b - k²); x* = (k m*/2)²: dx/dc = ½ k² m* m′."""
    found = best("price-ad-sqrt --k 3")
    slope = -2 * 8 / (32 - 9)
    margin = 2 * 720 / 23
    assert only(found).pass_through == pytest.approx(1 + slope, rel=1e-12)
    assert only(found, "spend").pass_through == pytest.approx(4.5 * margin * slope, rel=1e-12)


@pytest.mark.parametrize("name", MARKETS[:7])
def test_pass_through_is_what_another_cost_brings(name):
    """Central differences of the whole recommendation."""
    found, step = best(name), 1e-4
    cost = found.market.figures["cost"]

    def priced(by):
        costs = cost if np.ndim(cost) == 0 else np.asarray(cost)
        moved = costs + by
        text = ",".join(map(repr, np.atleast_1d(moved).tolist()))
        return [one.value for one in best(f"{name} --cost {text}").decisions]

    if np.ndim(cost):
        up, down = priced(np.eye(3)[1] * step), priced(-np.eye(3)[1] * step)
        assert found.decisions[1].pass_through == pytest.approx(
            (up[1] - down[1]) / (2 * step), rel=1e-6
        )
        return
    for one, high, low in zip(found.decisions, priced(step), priced(-step), strict=True):
        assert one.pass_through == pytest.approx((high - low) / (2 * step), rel=1e-6)


def test_a_budget_is_filled_like_water():
    found = best("ad-budget-log")
    assert [one.value for one in found.decisions] == pytest.approx([2800.0, 200.0, 0.0], abs=1e-9)
    assert [one.held for one in found.decisions] == ["", "", "spend >= 0"]
    assert found.worth["budget"] == pytest.approx(1 / 11, rel=1e-13)


def test_a_square_root_budget_has_its_shadow_price():
    """½ √(Σ k²/B) = ½ √(25/100)."""
    found = best("ad-budget-sqrt --k 3,4", budget="100")
    assert [one.value for one in found.decisions] == pytest.approx([36.0, 64.0], rel=1e-12)
    assert found.worth["budget"] == pytest.approx(0.25, rel=1e-13)
    assert found.market.limits == {}


def test_a_hundred_channels():
    found = best("ad-budget-log --channels 100 --budget 1e5")
    assert found.search.converged
    spends = [one.value for one in found.decisions]
    assert sum(spends) == pytest.approx(1e5, rel=1e-12)
    assert found.apart < 1e-8


def test_several_products_have_their_own_costs():
    """Without cross effects each passes on half of its own cost."""
    found = best("price-catalogue --a 1000,600 --b 8,0;0,4 --cost 35,10")
    assert [one.value for one in found.decisions] == pytest.approx([80.0, 80.0], rel=1e-13)
    assert [one.pass_through for one in found.decisions] == pytest.approx([0.5, 0.5], rel=1e-13)
    assert found.demand == pytest.approx((360.0, 280.0), rel=1e-12)
    assert found.decisions[1].elasticity == pytest.approx(-4 * 80 / 280, rel=1e-12)


def test_a_loss_leader_stays_at_cost():
    """Complements: unlimited, the second would be sold below cost; at p2 = c2 = 9, 4 p1 = 10 + 2 - 9."""
    found = best("price-catalogue --a 10,9.2 --b 2,1;1,1 --cost 0,9", above_cost=True)
    first, second = found.decisions
    unlimited = np.linalg.solve([[4.0, 2.0], [2.0, 2.0]], [10.0 + 9.0, 9.2 + 9.0])
    assert unlimited[1] < 9.0 or unlimited[0] < 0.0
    assert "closed form" in found.note
    held = [one for one in (first, second) if one.held]
    assert [one.held for one in held] == ["price >= cost"]
    assert held[0].marginal < 0.0
    assert held[0].pass_through == 1.0
    assert "demand for 2 would be negative" in sentences(found)[0]


def test_a_loss_leader_pays_unless_it_is_forbidden():
    """p* = (B + Bᵀ)⁻¹ (a + Bᵀ c), whatever the sign of p - c; forbidden, the rest is sought anew."""
    text = "price-catalogue --a 400,500 --b 4,3;3,6 --cost 60,5"
    a, b, cost = np.array([400.0, 500.0]), np.array([[4.0, 3.0], [3.0, 6.0]]), np.array([60.0, 5.0])
    price = np.linalg.solve(b + b.T, a + b.T @ cost)
    free = best(text)
    assert [one.value for one in free.decisions] == pytest.approx(price, rel=1e-12)
    assert free.profit == pytest.approx((price - cost) @ (a - b @ price), rel=1e-12)
    assert [one.held for one in free.decisions] == ["", ""]
    kept = best(text, above_cost=True)
    assert all(one.value >= c for one, c in zip(kept.decisions, cost, strict=True))
    leader = best("price-catalogue --a 100,100 --b 2,1;1,1 --cost 1,60")
    assert leader.decisions[0].value == pytest.approx(0.5)
    assert "0.50 below its cost" in sentences(leader)[1]
    held = best("price-catalogue --a 100,100 --b 2,1;1,1 --cost 1,60", above_cost=True)
    assert held.profit < leader.profit
    assert [one.held for one in held.decisions] == ["price >= cost", ""]
    assert any("The limit price >= cost binds for price 1" in s for s in sentences(held))


def test_a_price_of_nothing_is_named_where_it_binds():
    """Unlimited, the first would cost less than nothing: the solution of the plane is negative."""
    text = "price-catalogue --a 100,100 --b 2,1;1,1 --cost 0,90"
    first = best(text).decisions[0]
    b, a, cost = np.array([[2.0, 1.0], [1.0, 1.0]]), np.array([100.0, 100.0]), np.array([0.0, 90.0])
    unlimited = np.linalg.solve(b + b.T, a + b.T @ cost)
    assert unlimited[0] == pytest.approx(0.0, abs=1e-12)  # it just touches: nothing is lost
    assert first.value == pytest.approx(0.0, abs=1e-9)
    paid = best("price-catalogue --a 90,100 --b 2,1;1,1 --cost 0,90")
    assert (paid.decisions[0].value, paid.decisions[0].held) == (0.0, "price >= 0")
    less = best("price-catalogue --a 90,100 --b 2,1;1,1 --cost 0,90", min_price="-100")
    a = np.array([90.0, 100.0])
    assert less.decisions[0].value == pytest.approx(np.linalg.solve(b + b.T, a + b.T @ cost)[0])
    assert less.profit > paid.profit


def test_a_least_price_below_the_cost_is_taken_at_its_word():
    found = best("price --cost 35", min_price="3", max_price="30")
    assert (only(found).value, only(found).held) == (30.0, "price <= 30")
    assert found.profit == pytest.approx(-5 * 760)


@pytest.mark.parametrize(
    ("text", "advised"),
    [
        ("price-ad-sqrt --k 5", True),
        ("price-ad-sqrt --k 5.6", False),  # k² = 31.36 of 32
        ("price-ad-sqrt --k 5.6568", False),
        ("price-elastic --elasticity 1.5", True),
        ("price-elastic --elasticity 1.005", False),
        ("price-ad-elastic --response 0.95", False),
        ("price-catalogue --a 100,100 --b 2,-1.99;-1.99,2 --cost 1,1", False),
        ("price-catalogue --a 100,100 --b 2,-1;-1,2 --cost 1,1", True),
        ("price-linear --a 281 --b 8 --cost 35", True),  # hardly a profit, but a price
    ],
)
def test_what_almost_has_no_best_is_no_advice(text, advised):
    found = best(text)
    assert bool(found.warnings) is not advised
    told = sentences(found)
    assert told[0].startswith("Charge " if advised else "No advice: profit almost grows without")


def test_the_sensitivity_is_the_difference_quotient():
    """One percent of a hundredth more k, and of b: what the warning says is what happens."""
    base, by = "price-ad-sqrt --a 1000 --cost 35", 1e-6
    found = best(f"{base} --b 8 --k 5.6")
    figure = float(found.warnings[0].split(" by ")[1].split(" %")[0].replace(",", ""))
    moved = best(f"{base} --b 8 --k {5.6 * (1 + by)!r}")
    share = (only(moved, "spend").value / only(found, "spend").value - 1) / by
    assert figure == pytest.approx(share, rel=1e-2)


def test_the_way_is_the_search_made():
    """π' = a - 2 b p + b c at every iterate, and each step leads to the next."""
    found = best("price --a 1000 --b 8 --cost 35")
    assert len(found.way) == found.search.steps + 1
    for here in found.way:
        (price,), (slope,) = here.values, here.slopes
        assert here.profit == pytest.approx((price - 35) * (1000 - 8 * price), rel=1e-13)
        assert slope == pytest.approx(1280 - 16 * price, rel=1e-12, abs=1e-9)
    assert found.way[-1].values[0] == pytest.approx(80.0, rel=1e-12)


@pytest.mark.parametrize(
    ("limits", "price", "held", "marginal"),
    [
        # π = (p - 35)(1000 - 8 p), dπ/dp = 1280 - 16 p
        ({"max_price": "60"}, 60.0, "price <= 60", 320.0),
        ({"min_price": "100"}, 100.0, "price >= 100", -320.0),
        ({"min_price": "3", "max_price": "500"}, 80.0, "", 0.0),
    ],
)
def test_limits_on_the_price(limits, price, held, marginal):
    found = best("price", **limits)
    one = only(found)
    assert one.value == (price if held else pytest.approx(price))
    assert (one.held, one.marginal) == (held, pytest.approx(marginal))
    assert one.pass_through == (0.0 if held else pytest.approx(0.5))
    assert found.profit == pytest.approx((price - 35) * (1000 - 8 * price))
    assert one.low >= float(limits.get("min_price", 0))
    assert one.high <= float(limits.get("max_price", 1e9))


def test_a_budget_that_binds_leaves_the_best_price_for_that_spend():
    """p = (a + k √x)/(2 b) + c/2 at x = 1000, k = 2; dπ/dx = ½ m k/√x - 1."""
    found = best("price-ad-sqrt", budget="1000")
    price = (1000 + 2 * math.sqrt(1000)) / 16 + 17.5
    assert only(found).value == pytest.approx(price, rel=1e-13)
    spend = only(found, "spend")
    assert (spend.value, spend.held) == (1000.0, "spend <= 1000")
    assert spend.marginal == pytest.approx((price - 35) / math.sqrt(1000) - 1, rel=1e-12)
    assert only(found).pass_through == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize(
    "text", ["price-ad-log --k 0.5", "price-ad-sqrt --k 0", "price-ad-sqrt --k -3"]
)
def test_advertising_that_does_not_pay_is_not_bought(text):
    found = best(text)
    assert only(found).value == pytest.approx(80.0, rel=1e-12)
    spend = only(found, "spend")
    assert (spend.value, spend.held, spend.low) == (0.0, "spend >= 0", 0.0)
    assert spend.marginal < 0.0
    assert spend.high > 0.0


def test_of_two_local_optima_the_better_is_taken():
    """Strong but late advertising: nothing earned without much; the corner and the far one compete."""
    for x0, advertises in ((50.0, True), (400.0, True), (2e4, False)):
        found = best(f"price-ad-log --k 80 --x0 {x0}")
        minimum = found.market.problem.minimum(found.market.drawn(0).data)
        assert found.profit == pytest.approx(-minimum.value, rel=1e-13)
        assert (only(found, "spend").value > 0.0) == advertises


ENDLESS = [
    ("price-elastic --elasticity 0.8", "profit grows with the price"),
    ("price-elastic --elasticity 1", "approached as the price grows"),
    ("price-ad-sqrt --k 6", "advertising pays for ever"),
    ("price-ad-elastic --response 1.5", "advertising pays for ever"),
    ("price-logit --beta -0.1", "demand does not fall with the price"),
]


@pytest.mark.parametrize(("text", "said"), ENDLESS)
def test_a_market_without_a_best_price_is_one_sentence(text, said):
    with pytest.raises(InputError, match=f"no best decision here: .*{said}.*set a limit: --"):
        best(text)


@pytest.mark.parametrize(("text", "_"), ENDLESS)
def test_it_is_noticed_without_a_closed_form_too(text, _):
    asked = market(text.split(), NO_LIMITS, None)
    blind = Market(replace(asked.problem, minimum=None), asked.figures, asked.limits)
    with pytest.raises(
        InputError, match=r"no best decision here: profit (still grows at|is level)"
    ):
        recommend(blind, "numpy", judged(blind, "numpy"))


@pytest.mark.parametrize(
    ("text", "limits", "price"),
    [
        ("price-elastic --elasticity 0.8", {"max_price": "100"}, 100.0),
        ("price-ad-sqrt --k 6", {"budget": "900"}, (1000 + 6 * 30) / 16 + 17.5),
        ("price-ad-sqrt --k 6", {"max_price": "90"}, 90.0),
    ],
)
def test_a_limit_gives_it_one(text, limits, price):
    found = best(text, **limits)
    assert found.search.converged
    assert only(found).value == pytest.approx(price, rel=1e-12)
    assert "without the limit there is no best" in found.note
