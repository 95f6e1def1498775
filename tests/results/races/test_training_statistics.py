"""What stands behind the pictures of training: who is compared, medians over seeds, good rates."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from gradparity.results.colours import optimizers as palette
from gradparity.results.colours.backends import KNOWN as BACKENDS
from gradparity.results.races import contenders
from gradparity.results.races.heights import Height, height_of
from gradparity.results.races.quartiles import floor, over_seeds, thinned
from gradparity.results.races.rates import edges, good_band, heights_at_end, sensitivity
from gradparity.results.races.spread import quantile
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.training_pictures.landscapes import levels, limits, planar
from gradparity.results.training_pictures.norms import columns_of
from gradparity.results.training_pictures.step_axis import in_decades, place, step_ticks
from gradparity.results.training_pictures.styles import styles_of
from gradparity.results.words.wording import plain
from tests.results.descents import descent, failed, network, path

INF = math.inf


def test_quantiles_agree_with_numpy_and_know_infinity() -> None:
    values = np.random.default_rng(0).normal(size=(7, 5))
    for share in (0, 0.25, 0.5, 0.9, 1):
        np.testing.assert_allclose(quantile(values, share), np.quantile(values, share, axis=0))
    column = np.array([[1.0], [INF], [3.0], [INF]])
    assert [float(quantile(column, q)[0]) for q in (0, 1 / 3, 0.5, 1)] == [1, 3, INF, INF]
    assert quantile(np.full((2, 1), INF), 0.5)[0] == INF


def test_over_seeds_ends_are_kept_and_the_diverged_are_infinite() -> None:
    short, long, lost = descent(0.1, 0, 3), descent(0.1, 1, 6), descent(2.0, 2, 100)
    assert lost.status == "diverged"
    assert lost.steps < 100
    spread = over_seeds([short, long], "steps", True)
    assert spread.x.tolist() == list(range(7))
    f = [(path(0.1, seed, 6) ** 2 @ [1, 10]) / 2 for seed in (0, 1)]
    np.testing.assert_allclose(spread.middle[:4], (f[0][:4] + f[1][:4]) / 2)
    np.testing.assert_allclose(spread.middle[4:], (f[0][3] + f[1][4:]) / 2)
    alone = over_seeds([lost, descent(0.1, 1, 20)], "steps", True)
    assert np.isinf(alone.middle[alone.x > lost.steps]).all()
    assert np.isfinite(alone.low[alone.x <= lost.steps]).all()


def test_thinning_keeps_ends_and_is_fine_at_the_start() -> None:
    x = np.arange(100_001.0)
    kept = thinned(x)
    assert 100 < len(kept) <= 240
    assert (kept[0], kept[-1]) == (0, 100_000)
    assert {0, 1, 2, 3, 5, 8} <= set(kept.tolist())
    assert len(thinned(x[:50])) == 50


def test_the_best_rate_has_the_lowest_median_or_is_first_at_the_target() -> None:
    # The slowest factor per step is max |1 - r|, |1 - 10 r|: smallest at 2 / 11.
    rates = (0.02, 0.1, 2 / 11, 0.199, 0.3)
    made = [descent(rate, seed) for rate in rates for seed in range(5)]
    assert {d.rate for d in contenders.tuned(made)} == {2 / 11}
    assert [d.seed for d in contenders.tuned(made[::-1])] == list(range(5))
    solved = [replace(d, status="target", steps=9) for d in made if d.rate == 0.02]
    quick = [replace(d, status="target", steps=5) for d in made if d.rate == 0.1]
    assert {d.rate for d in contenders.tuned([*solved, *quick])} == {0.1}
    lost = [d for d in (descent(r, 0, 400) for r in (0.9, 0.3)) if d.status == "diverged"]
    assert [d.rate for d in contenders.tuned(lost)] == [0.3]
    assert contenders.tuned([failed("newton")]) == []


def test_the_best_rate_is_the_one_whose_median_is_shown_lowest() -> None:
    """Of two starts the median is half-way: (.5, 5) is lower than (4, 4.5), whose worse end is lower."""
    ends = {0.1: (0.5, 5.0), 0.2: (4.0, 4.5)}
    made = [
        replace(descent(rate, seed), final_loss=end)
        for rate, both in ends.items()
        for seed, end in enumerate(both)
    ]
    found = sensitivity(made, heights_at_end(made))
    assert found is not None
    assert found.losses.middle.tolist() == [2.75, 4.25]
    assert found.best == 0
    assert {d.rate for d in contenders.tuned(made)} == {0.1}


def test_losses_below_zero_without_a_known_minimum_are_ranked_by_their_size() -> None:
    """As of a profit: the end in the deepest valley is best, however few steps another took."""
    made = [
        replace(descent(rate, steps=steps), minimum=None, final_loss=end)
        for rate, end, steps in ((0.1, -312.0, 40), (0.2, -8.0, 5))
    ]
    assert {d.rate for d in contenders.tuned(made)} == {0.1}


def test_half_at_the_target_and_half_lost_is_lost() -> None:
    there = replace(descent(0.1), status="target")
    gone = replace(descent(0.1, 1), status="diverged", final_loss=math.inf)
    assert contenders.rank([there, gone])[0] == math.inf
    assert contenders.rank([there, there])[0] < contenders.rank([descent(0.1)])[0]


def test_labels_tell_apart_only_what_differs() -> None:
    made = [
        descent(),
        descent(optimizer="adam", options={"beta1": 0.5, "epsilon": 1e-8}),
        descent(optimizer="adam", options={"beta1": 0.9, "epsilon": 1e-8}, schedule="cosine"),
        descent(optimizer="x" * 90),
    ]
    found = contenders.in_order(map(contenders.contender, made))
    names = list(contenders.labels(found).values())
    assert names[:3] == ["gd", "adam (beta1=0.5, constant)", "adam (beta1=0.9, cosine)"]
    assert len(names[3]) <= contenders.LONGEST
    looks = list(styles_of(found).values())
    assert looks[1].colour == looks[2].colour == palette.KNOWN["adam"].colour
    assert (looks[1].dash, looks[1].filled) != (looks[2].dash, looks[2].filled)
    races = [
        contenders.conditions(d) for d in (made[0], replace(made[0], backend="jax", how="optax"))
    ]
    assert list(contenders.race_names(races).values()) == ["bowl, numpy", "bowl, jax"]
    assert list(contenders.race_names(races[:1]).values()) == ["bowl"]


def test_sensitivity_of_descent_on_a_bowl() -> None:
    # Beyond 2 / 10 descent diverges: |1 - 10 r| > 1.
    rates = (0.01, 0.1, 0.15, 0.3, 1.0)
    made = [descent(rate, seed, 400) for rate in rates for seed in range(5)]
    found = sensitivity(made, heights_at_end(made))
    assert found is not None
    assert found.diverged.tolist() == [0, 0, 0, 1, 1]
    assert found.best == 2  # shrinks by 0.85 a step, the one before it by 0.9
    # After 400 steps both are at 0 to rounding.
    assert found.good == (1, 2)
    assert np.isinf(found.losses.middle[3:]).all()
    firsts = [float(path(0.1, seed, 0)[0] ** 2 @ [1, 10]) / 2 for seed in range(5)]
    assert found.first == pytest.approx(sorted(firsts)[2])
    assert sensitivity(made[:5], heights_at_end(made)) is None
    part = [d if d.seed else replace(d, status="diverged") for d in made if d.rate in (0.01, 0.1)]
    partly = sensitivity(part, heights_at_end(part))
    assert partly is not None
    assert partly.diverged.tolist() == [0.2, 0.2]


def test_the_good_band_is_within_a_tenth_of_the_way_on_the_axis() -> None:
    log, linear = (Height(True, scale, 1e-12, 100.0) for scale in (True, False))
    # From 1 down to 1e-10 are ten decades: within a tenth is up to 1e-9.
    assert good_band(np.array([1e-3, 0.9e-9, 1e-10, 1e-9, 1.1e-9]), 2, 1.0, log) == (1, 3)
    assert good_band(np.array([0.2, 0.09, 0.0, 0.11, 0.0]), 2, 1.0, linear) == (1, 2)
    assert good_band(np.array([2.0, 1.0]), 1, 1.0, linear) is None
    np.testing.assert_allclose(edges(np.array([0.01, 1.0, 10.0])), [1e-3, 0.1, 10**0.5, 10**1.5])


def test_the_axis_suits_the_losses() -> None:
    made = [descent()]
    known = height_of(made, [5.0, 1e-3])
    assert (known.known, known.log, known.bottom) == (True, True, None)
    exact = height_of(made, [5.0, 1e-3, 0.0])
    assert exact.bottom == pytest.approx(1e-4)
    assert exact.low < 1e-4
    profit = height_of([replace(made[0], minimum=None, first_loss=-10.0)], [-10.0, -300.0])
    assert (profit.log, profit.low < -300 < -10 < profit.high) == (False, True)
    entropy = height_of([replace(made[0], minimum=None, first_loss=0.7)], [0.7, 1e-4])
    assert (entropy.known, entropy.log) == (False, True)
    wild = height_of(made, [5.0, 1e200])
    assert wild.high <= 100 * made[0].first_loss
    # 16200 is known to 16200 eps, and no distance from it to less.
    profit_made = replace(made[0], first_loss=-9000.0, minimum=-16200.0)
    assert floor([profit_made]) == pytest.approx(16200 * 2.0**-52)
    assert floor([replace(profit_made, dtype="float32")]) == pytest.approx(16200 * 2.0**-23)


def test_ticks_are_written_short() -> None:
    assert [plain(v) for v in (0, 0.1, 3.16e-4, 1e-6, 20, 1000, 1.5e5)] == [
        *("0", "0.1", "3.16e-4", "1e-6", "20", "1000", "1.5e5")
    ]
    axis = Figure().add_subplot().yaxis
    axis.axes.set_yscale("log")
    for ends, ticks in (
        ((1e-9, 1e3), None),
        ((0.3, 3.5), [0.5, 1, 2]),
        ((1.1, 1.6), [1.2, 1.4, 1.6]),
    ):
        axis.axes.set_ylim(*ends)
        in_decades(axis)
        found = axis.get_majorticklocs()
        seen = [tick for tick in found if ends[0] <= tick <= ends[1] * (1 + 1e-9)]
        assert len(seen) >= 3
        assert ticks is None or set(np.round(seen, 9)) >= set(ticks)
    assert step_ticks(5000) == [0, 1, 10, 100, 1000]
    assert step_ticks(100) == [0, 1, 3, 10, 30, 100]
    assert place(0, 9) == 0
    assert place(np.array([0, 99]), 99).tolist() == [0, 1]


def test_limits_hold_starts_and_ends_but_no_wide_overshoot() -> None:
    made = descent(steps=100)
    assert made.history is not None
    points = np.stack([np.linspace(0, 10, 101), np.linspace(-5, 5, 101)], 1)
    points[50] = (500, 0)
    calm = replace(made, history=replace(made.history, path=points))
    (x0, x1), (y0, y1) = limits([calm])
    # The core is 0 to 10; what is beyond may double it; then 12 % on either side.
    assert (x0, x1) == pytest.approx((-0.12 * 15, 15 + 0.12 * 15))
    assert (y0, y1) == pytest.approx((-5 - 1.2, 5 + 1.2))
    wild = replace(calm, status="diverged")
    # Of what diverged the start alone, (0, -5), and the minimum.
    (x0, x1), (y0, y1) = limits([wild], [(3.0, 7.0)])
    assert (x0, x1) == pytest.approx((-0.36, 3.36))
    assert (y0, y1) == pytest.approx((-5 - 1.44, 7 + 1.44))
    still = replace(made, history=replace(made.history, path=np.ones((3, 2))))
    (x0, x1), _ = limits([still])
    assert x0 < 1 < x1
    nothing = replace(made, history=replace(made.history, path=np.full((3, 2), np.nan)))
    with pytest.raises(NothingToDraw):
        limits([nothing])


def test_paths_of_one_start_are_drawn_together() -> None:
    made = [descent(rate, seed) for rate in (0.05, 0.1) for seed in (3, 4)]
    made += [descent(0.15, 4, optimizer="adam"), descent(0.15, 5, optimizer="lion")]
    found = planar([*made, network()])
    assert list(found) == ["bowl"]
    assert [(d.optimizer, d.seed, d.rate) for d in found["bowl"]] == [
        ("gd", 4, 0.1),
        ("adam", 4, 0.15),
    ]


def test_contours_are_spaced_by_factors_above_the_lowest_point() -> None:
    x = np.linspace(-1, 1, 81)
    z = 1e4 * (x[:, None] ** 2 + x**2) - 7
    found = levels(z)
    steps = np.diff(np.log(found - z.min()))
    np.testing.assert_allclose(steps, steps[0])
    assert found[-1] == pytest.approx(z.max())
    assert len(levels(np.full((3, 3), np.nan))) == 0
    assert levels(np.ones((3, 3))).tolist() == [1]
    z[0, 0] = np.inf
    assert np.isfinite(levels(z)).all()


def test_norms_are_sampled_and_held_and_zero_and_nan_survive() -> None:
    made = descent(steps=9)
    assert made.history is not None
    norms = {"a": np.arange(10.0), "b": np.full(10, np.nan)}
    drawn, edge = columns_of(replace(made, history=replace(made.history, norms=norms)))
    assert edge == 10
    assert drawn[0].tolist() == list(range(10))
    assert np.isnan(drawn[1]).all()
    # On the long axis step 0 lasts until log(2) / log(edge + 1) of the width.
    steps = np.array([0.0, 1.0, 1000.0])
    long = replace(made.history, steps=steps, norms={"a": np.array([2.0, 0.0, 4.0])})
    drawn, edge = columns_of(replace(made, history=long))
    until = math.log(2) / math.log(1002)
    assert drawn.shape == (1, 160)
    assert (drawn[0, : int(until * 160)] == 2).all()
    assert (drawn[0, int(until * 160) + 1 : -1] == 0).all()
    assert drawn[0, -1] == 4


def _channels(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


# Linear RGB as seen with full colour vision, protanopia and deuteranopia (Machado et al. 2009).
VISION = (
    np.eye(3),
    np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
)


def _seen(colour: str, vision: np.ndarray) -> np.ndarray:
    r, g, b = np.clip(vision @ _channels(colour), 0, 1)
    cones = np.cbrt(
        [
            0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b,
            0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b,
            0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b,
        ]
    )
    to_lab = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return np.array(to_lab) @ cones


def _apart(one: str, other: str) -> float:
    return min(float(np.linalg.norm(_seen(one, v) - _seen(other, v))) for v in VISION)


EVERYDAY = {"gd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw", "lion", "lbfgs"}
"""Those that are compared most often."""


def test_optimisers_can_be_told_apart() -> None:
    styles = palette.KNOWN
    for name, look in styles.items():
        luminance = _channels(look.colour) @ [0.2126, 0.7152, 0.0722]
        assert 1.05 / (luminance + 0.05) >= 3.0, name
        for other in styles:
            least = 0.09 if {name, other} <= EVERYDAY else 0.06
            if other != name:
                assert _apart(look.colour, styles[other].colour) >= least, (name, other)
    assert len({(look.marker, look.filled) for look in styles.values()}) == len(styles)
    ours = {look.colour for look in styles.values()} | set(palette.COLOURS)
    assert not ours & {look.colour for look in BACKENDS.values()}
    assert set(styles) >= EVERYDAY


def test_an_unknown_optimiser_has_a_style_of_its_name() -> None:
    assert palette.style("mine") == palette.style("mine")
    assert not palette.style("mine").filled
    variants = [palette.style("adam", n) for n in range(5)]
    assert len({str(v.dash) for v in variants}) == 5
    assert len({v.colour for v in variants}) == 1
