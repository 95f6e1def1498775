from __future__ import annotations

import contextlib
import io
import struct
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from gradparity.backends.optimizers.catalogue import find
from gradparity.results.pictures.looks import RC, STYLES, Output, drawing
from gradparity.results.races.rates import heights_at_end, sensitivity
from gradparity.results.records.descent import Descent, History
from gradparity.results.records.errors import NothingToDraw
from gradparity.results.training_pictures.boundary_picture import Boundary, boundary_figure
from gradparity.results.training_pictures.curve_picture import DrawnCurve, curves_figure
from gradparity.results.training_pictures.landscapes import Grid, equals, limits, planar
from gradparity.results.training_pictures.loss_picture import loss_figure
from gradparity.results.training_pictures.norm_picture import NONE, ZERO, norm_figure
from gradparity.results.training_pictures.path_picture import path_figure
from gradparity.results.training_pictures.pictures import draw_all
from gradparity.results.training_pictures.profile_picture import profile_figure
from gradparity.results.training_pictures.rate_picture import DIVERGED, GOOD, rate_figure
from gradparity.results.training_pictures.surface_picture import surface_figure
from tests.results.descents import CURVATURES, descent, failed, network, path

RATES = (0.02, 0.1, 0.15, 0.3, 0.9)
SEEDS = range(3)
BOWL = [descent(rate, seed, 300) for rate in RATES for seed in SEEDS]
BOWL += [replace(d, optimizer="adam") for d in BOWL if d.rate != 0.9]
NETWORK = [network(seed, name) for seed in SEEDS for name in ("gd", "momentum")]


def grids(descents: list[Descent]) -> dict[str, Grid]:
    found = {}
    for problem, paths in planar(descents).items():
        (x0, x1), (y0, y1) = limits(paths, [(0.0, 0.0)])
        x, y = np.linspace(x0, x1, 40), np.linspace(y0, y1, 30)
        z = (CURVATURES[0] * x**2 + CURVATURES[1] * y[:, None] ** 2) / 2
        found[problem] = Grid(x, y, z, [(0.0, 0.0)], ("left", "right"))
    return found


def words(figure: Figure) -> str:
    texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    texts += [text for legend in figure.legends for text in legend.get_texts()]
    texts += [axes.title for axes in figure.axes]
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    labels = [label for axes in figure.axes for label in (axes.get_xlabel(), axes.get_ylabel())]
    return "\n".join([*(text.get_text() for text in texts), *titles, *labels])


def zones(axes: Axes, colour: str) -> list[tuple[float, float]]:
    """From where to where patches of a colour reach."""
    patches = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    found = [patch for patch in patches if to_hex(patch.get_facecolor()) == colour.lower()]
    return [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in found]


def test_all_pictures_are_valid_and_the_same_every_time(tmp_path: Path) -> None:
    everything = [*BOWL, *NETWORK]
    before = dict(mpl.rcParams)
    first = draw_all(everything, tmp_path / "a" / "b", grids(everything))
    second = draw_all(everything, tmp_path / "c", grids(everything))
    assert dict(mpl.rcParams) == before
    assert set(first.skipped) == {"boundaries", "curves", "held-out"}
    names = ("loss", "rates", "profiles", "paths", "surfaces", "norms")
    assert [p.name for p in first.paths] == [
        f"{n}.{kind}" for n in names for kind in ("svg", "png")
    ]
    for one, other in zip(first.paths, second.paths, strict=True):
        content = one.read_bytes()
        assert content == other.read_bytes(), one.name
        if one.suffix == ".png":
            width, height = struct.unpack(">II", content[16:24])
            assert content.startswith(b"\x89PNG\r\n\x1a\n")
            assert 600 < width < 2000
            assert height > 300
        else:
            assert ET.parse(io.BytesIO(content)).getroot().tag == "{http://www.w3.org/2000/svg}svg"
            assert b"<dc:date>" not in content


def test_what_cannot_be_drawn_is_skipped_with_a_reason(tmp_path: Path) -> None:
    drawn = draw_all([descent()], tmp_path)
    assert [path.name for path in drawn.paths] == ["loss.svg", "loss.png"]
    assert drawn.skipped == {
        "rates": "no optimiser was tried at two rates",
        "profiles": "profiles compare two optimisers at least",
        "paths": "no problem has both paths and a grid",
        "surfaces": "no problem with a lowest point has both paths and a grid",
        "boundaries": "no problem of the catalogue has two classes in the plane",
        "curves": "no problem has one variable",
        "held-out": "no problem answers cases",
        "norms": "no descent has the norms of several parameters",
    }
    assert draw_all([], tmp_path).paths == []
    assert set(draw_all([failed("newton")], tmp_path).skipped) == {"loss", *drawn.skipped}
    for figure in (loss_figure, rate_figure, profile_figure, norm_figure):
        with pytest.raises(NothingToDraw):
            figure([])


def test_many_races_go_into_several_files(tmp_path: Path) -> None:
    made = [descent(problem=f"bowl-{i}") for i in range(8)]
    names = [path.name for path in draw_all(made, tmp_path).paths if path.suffix == ".png"]
    assert names == ["loss.png", "loss-2.png"]


def test_losses_pass_through_the_medians_of_the_best_rate() -> None:
    figure = loss_figure([d for d in BOWL if d.optimizer == "gd"])
    steps, time = figure.axes
    line = next(
        line for line in steps.lines if line.get_color() == "#193040" and len(line.get_xdata()) > 2
    )
    x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
    # Of the rates, 0.15 shrinks fastest: by 0.85 a step.
    losses = np.median([path(0.15, seed, 300) ** 2 @ CURVATURES / 2 for seed in SEEDS], axis=0)
    exact = losses[x.astype(int)]
    seen = exact > 1e-13
    np.testing.assert_allclose(y[seen], exact[seen], rtol=1e-12)
    assert seen.sum() > 50
    assert steps.get_yscale() == time.get_yscale() == "log"
    assert steps.get_ylabel() == "loss − minimum"
    assert time.get_xlabel() == "wall time in steps"
    said = words(figure)
    assert "gd on bowl" in said
    assert "Median of 3 seeds" in said
    assert "best of the rates" in said
    assert "0: no more than rounding" in said


def test_without_times_the_panel_is_left_out_and_said() -> None:
    untimed = [replace(d, history=replace(d.history, seconds=None)) for d in BOWL if d.history]
    figure = loss_figure(untimed)
    assert len(figure.axes) == 1
    assert "Time was not measured." in words(figure)
    some = loss_figure([*untimed, *(replace(d, problem="other") for d in BOWL)])
    assert len(some.axes) == 4
    assert "time was not measured" in words(some)


def test_what_diverged_or_failed_is_named_and_crossed() -> None:
    made = [descent(0.9, seed, 300) for seed in SEEDS] + [descent(0.1, 0), failed("newton")]
    made += [replace(descent(0.1, seed), optimizer="adam") for seed in SEEDS]
    lost = [replace(d, optimizer="momentum") for d in made[:1]]
    lost += [replace(descent(0.9, s, 3), optimizer="momentum") for s in (1, 2)]
    figure = loss_figure([*made[:3], *lost, *made[4:]])
    said = words(figure)
    assert "all 3 diverged: gd" in said
    assert "1 of 3 diverged: momentum" in said
    assert "unsupported: newton" in said
    assert "\ndiverged" in said  # the legend's
    # The band of momentum ends where its one lost seed, of three, is lost.
    bands = {to_hex(b.get_facecolor()[0]): b.get_paths() for b in figure.axes[0].collections}
    (band,) = bands["#1f5cce"]
    assert band.vertices[:, 0].max() == lost[0].steps
    assert "until a quarter diverged" in said
    crosses = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert {line.get_color() for line in crosses} == {"#193040", "#1F5CCE"}
    top = figure.axes[0].get_ylim()[1]
    assert all(0 < line.get_ydata()[0] <= top for line in crosses)


def test_the_divergent_zone_is_where_seeds_diverged() -> None:
    figure = rate_figure([d for d in BOWL if d.optimizer == "gd"])
    axes, _ = figure.axes
    (first, last) = zones(axes, DIVERGED)
    # From the first rate that diverged on; between it and the last that did not, nobody knows.
    assert first == pytest.approx((0.3, 0.9))
    assert last[0] == pytest.approx(0.9)
    hatched = [patch for patch in axes.patches if patch.get_hatch()]
    (unknown,) = [patch.get_path().get_extents(patch.get_patch_transform()) for patch in hatched]
    assert (unknown.x0, unknown.x1) == pytest.approx((0.15, 0.3))
    (good,) = zones(axes, GOOD)
    assert good == pytest.approx((0.1, 0.15), rel=0.1)
    said = words(figure)
    assert "gd on bowl: best 0.15, good 0.1–0.15" in said
    assert "all diverged" in said
    assert "half of the seeds" not in said
    adam = rate_figure([d for d in BOWL if d.optimizer == "adam" and (d.rate or 0) < 0.2])
    assert zones(adam.axes[0], DIVERGED) == []
    lost = [replace(d, status="diverged") if d.seed == 0 else d for d in BOWL]
    assert "half of the seeds" in words(rate_figure(lost))
    assert "Every rate diverged" in words(rate_figure([d for d in BOWL if (d.rate or 0) > 0.2]))


def test_profiles_show_the_shares_that_were_solved() -> None:
    # Of three seeds adam solves one only: its other two stop at their start.
    slow = [replace(descent(0.1, s, 300 if s == 0 else 0), optimizer="adam") for s in SEEDS]
    made = [*slow, *(d for d in BOWL if d.optimizer == "gd")]
    figure = profile_figure(made, taus=[1e-3])
    assert "gd solves most: 3 of 3; next adam, 1" in words(figure)
    assert "3 instances of 1 problem, numpy float64" in words(figure)
    last = {
        to_hex(line.get_color()): np.asarray(line.get_ydata())[-1]
        for line in figure.axes[-1].lines
        if len(line.get_xdata()) > 1
    }
    assert last == {"#193040": 1, "#ba220f": pytest.approx(1 / 3)}
    for what in ("evaluations", "wall time", "data profile"):
        assert f"τ = 0.001: {what}" in words(figure)
    assert "Tried too little: lion" in words(
        profile_figure([*made, descent(optimizer="lion", seed=9)])
    )
    untimed = [replace(d, history=replace(d.history, seconds=None)) for d in made if d.history]
    assert "Time was not measured." in words(profile_figure(untimed))
    with pytest.raises(NothingToDraw, match="time was not measured"):
        profile_figure(untimed, costs=["seconds"])


def test_paths_start_and_end_where_they_did() -> None:
    made = [descent(0.1, 1, 40), descent(0.15, 1, 40, optimizer="adam")]
    figure = path_figure(made, grids(made))
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("left", "right")
    for colour, rate in (("#193040", 0.1), ("#BA220F", 0.15)):
        line = next(line for line in axes.lines if line.get_color() == colour)
        points = path(rate, 1, 40)
        np.testing.assert_allclose(line.get_xydata()[[0, -1]], points[[0, -1]])
    assert "start" in words(figure)
    assert "minimum" in words(figure)
    lost = [*made, replace(descent(0.9, 1, 400), optimizer="momentum")]
    said = words(path_figure(lost, grids(lost)))
    assert "diverged: momentum" in said


def test_norms_of_zero_and_of_no_number_are_shown_apart() -> None:
    (made,) = [network(steps=20)]
    assert made.history is not None
    norms = {name: norm.copy() for name, norm in made.history.norms.items()}
    norms["x"][5:9] = 0
    norms["y"][20] = np.nan
    figure = norm_figure([replace(made, history=replace(made.history, norms=norms))])
    axes = figure.axes[0]
    assert zones(axes, ZERO) == [pytest.approx((5 / 21, 9 / 21))]
    assert zones(axes, NONE) == [pytest.approx((20 / 21, 1))]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["x", "y"]
    assert "exactly 0" in words(figure)
    assert "NaN, or not computed" in words(figure)
    assert "exactly 0" not in words(norm_figure([made]))


def test_who_uses_no_gradient_has_no_norms() -> None:
    made = network(optimizer="spsa")
    assert made.history is not None
    norms = {n: np.where(made.history.steps > 0, np.nan, 1.0) for n in made.history.norms}
    made = replace(made, history=replace(made.history, norms=norms))
    with pytest.raises(NothingToDraw):
        norm_figure([made])
    assert "spsa" not in words(norm_figure([made, network()]))


def _changed(**series: np.ndarray) -> Descent:
    made = network(steps=2, parameters=3)
    assert made.history is not None
    return replace(
        made,
        first_loss=float(series["losses"][0]),
        final_loss=float(series["losses"][-1]),
        history=replace(made.history, **series),
    )


EDGES = {
    "one seed": [descent()],
    "one iterate": [descent(steps=0), network(steps=0)],
    "two seeds": [descent(), descent(seed=1)],
    "all diverged": [d for d in BOWL if d.status == "diverged"],
    "losses of 0": [_changed(losses=np.zeros(3)), descent(minimum=0.0, first_loss=0.0)],
    "negative": [
        replace(d, minimum=None) for d in (_changed(losses=np.array([-5.0, -90.0, -9e6])),)
    ],
    "below the minimum": [descent(minimum=1.0)],
    "constant": [_changed(losses=np.full(3, 0.25))],
    "NaN at once": [replace(_changed(losses=np.full(3, np.nan)), status="diverged")],
    "huge": [replace(_changed(losses=np.array([1.0, 1e150, 1e308])), status="diverged")],
    "norms of 0": [_changed(losses=np.ones(3), norms={"a": np.zeros(3), "b": np.zeros(3)})],
    "no norms": [_changed(losses=np.ones(3), norms={n: np.full(3, np.nan) for n in "ab"})],
    "no time passes": [_changed(losses=np.ones(3), seconds=np.zeros(3))],
    "long names": [
        replace(
            made,
            problem="a problem with a remarkably long name, which goes on and on and on",
            optimizer=f"company.of.mine.optimizers.experimental.number_{i}_of_them$_$",
            options={"epsilon": 1e-8, "beta": i},
        )
        for i in range(12)
        for made in (descent(0.1, 0), descent(0.9, 0, 300), descent(0.05, 1))
    ],
    "two backends": [replace(d, backend=b, how=b) for d in BOWL for b in ("numpy", "torch")],
    "no rate": [descent(rate=0.1, schedule="constant"), replace(descent(), rate=None)],
    "batches": [descent(batch=4), descent(batch=8, optimizer="adam")],
    "ended at once": [
        descent(),
        replace(
            _changed(losses=np.ones(3)),
            final_loss=None,
            history=History(*(np.empty(0) for _ in range(4)), {"x": np.empty(0), "y": np.empty(0)}),
        ),
    ],
    "float32": [descent(dtype="float32")],
}


@pytest.mark.parametrize("name", EDGES)
def test_odd_descents_can_be_drawn(name: str) -> None:
    made = EDGES[name]
    drawn = []
    with mpl.rc_context(RC | {"text.parse_math": False}):
        for figure in (loss_figure, rate_figure, profile_figure, norm_figure):
            with contextlib.suppress(NothingToDraw):
                drawn.append(figure(made))
        if planes := grids([d for d in made if d.history and d.history.path is not None]):
            drawn.append(path_figure(made, planes))
        for picture in drawn:
            picture.draw_without_rendering()
    assert drawn


def test_labels_of_a_crowd_neither_overlap_nor_leave_the_picture() -> None:
    with mpl.rc_context(RC | {"text.parse_math": False}):
        figure = loss_figure(EDGES["long names"])
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)
        (legend,) = figure.legends
        boxes = [text.get_window_extent(renderer) for text in legend.get_texts()]
        boxes += [text.get_window_extent(renderer) for text in figure.texts]
        whole = figure.bbox
        for i, box in enumerate(boxes):
            assert whole.x0 <= box.x0
            assert box.x1 <= whole.x1
            assert not any(box.overlaps(other) for other in boxes[:i])
        lowest = min(box.y0 for box in boxes)
        for axes in figure.axes:
            assert axes.title.get_window_extent(renderer).y1 < lowest
            assert axes._left_title.get_window_extent(renderer).y1 < lowest


def test_paths_of_one_variable_are_drawn_on_their_curve() -> None:
    x = np.array([[3.0], [1.0], [0.5], [0.1]])
    history = History(np.arange(4.0), x[:, 0] ** 2, np.arange(4.0) + 1, path=x)
    made = replace(descent(problem="valley"), steps=3, parameters=1, history=history)
    at = np.linspace(-1.0, 4.0, 501)
    curve = DrawnCurve(at, at**2, ("x", "loss"), "valley", [0.0])
    figure = curves_figure([made], {"valley": curve})
    (axes,) = figure.axes
    tangents = [
        np.asarray(line.get_xydata())
        for line in axes.lines
        if to_hex(line.get_color()) == "#e08a1e"
    ]
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in tangents]
    assert slopes[0] == pytest.approx(6.0, rel=1e-3)
    assert slopes[1] == pytest.approx(2.0, rel=1e-3)
    assert {text.get_text() for text in axes.texts} >= {"0", "1", "3"}
    with pytest.raises(NothingToDraw):
        curves_figure([descent()], {})


def test_all_four_minima_of_himmelblau_are_marked() -> None:
    x, y = np.linspace(-5.0, 5.0, 160), np.linspace(-5.0, 5.0, 160)
    u, v = np.meshgrid(x, y)
    z = (u**2 + v - 11) ** 2 + (u + v**2 - 7) ** 2
    further = sorted(map(tuple, equals(x, y, z, [np.array([3.0, 2.0])])))
    wanted = [(-3.779310, -3.283186), (-2.805118, 3.131313), (3.584428, -1.848127)]
    assert np.allclose(further, wanted, atol=0.05)
    rastrigin = 20 + u**2 - 10 * np.cos(2 * np.pi * u) + v**2 - 10 * np.cos(2 * np.pi * v)
    assert equals(x, y, rastrigin, [np.zeros(2)]) == []


def test_the_headlines_of_one_race_agree() -> None:
    """Whoever is named as winner by the losses is named so by the profiles, with the same count."""
    slow = [replace(descent(0.1, s, 300 if s == 0 else 0), optimizer="adam") for s in SEEDS]
    made = [*slow, *(d for d in BOWL if d.optimizer == "gd")]
    loss, profiles = words(loss_figure(made)), words(profile_figure(made))
    assert loss.splitlines()[0].startswith("gd solves most on bowl: 3 of 3; next adam, 1")
    assert profiles.splitlines()[0] == "gd solves most: 3 of 3; next adam, 1"
    assert "adam, rate 0.1: 1 of 3 solved" in loss


def test_the_limit_of_gradient_descent_is_drawn_where_it_is_known() -> None:
    made = [replace(d, end="minimum", highest=40.0) for d in BOWL if d.optimizer == "gd"]
    axes, _ = rate_figure(made).axes
    verticals = [
        line
        for line in axes.lines
        if len(set(line.get_xdata())) == 1 and len(line.get_xdata()) == 2
    ]
    assert [float(line.get_xdata()[0]) for line in verticals] == [2 / 40.0]


@pytest.mark.parametrize("mu", [None, 0.0, 0.5, 0.99])
def test_the_limit_of_momentum_is_where_its_steps_begin_to_grow(mu) -> None:
    """The eigenvalues of a step on ½ λ x², just below the limit and just above."""
    curvature = 40.0
    options = {} if mu is None else {"momentum": mu}
    made = [
        replace(d, optimizer="momentum", options=options, end="minimum", highest=curvature)
        for d in BOWL
        if d.optimizer == "gd"
    ]
    found = sensitivity(made, heights_at_end(made)).limit
    used = find("momentum").options["momentum"] if mu is None else mu
    for rate, grows in ((0.999 * found, False), (1.001 * found, True)):
        step = [[1.0 - rate * curvature, -rate * used], [curvature, used]]  # of (x, b)
        assert (np.abs(np.linalg.eigvals(step)).max() > 1.0) == grows
    decayed = [replace(d, options={"weight_decay": 0.1}) for d in made]
    assert sensitivity(decayed, heights_at_end(decayed)).limit is None


def test_the_best_at_the_end_of_what_was_tried_says_extend() -> None:
    made = [d for d in BOWL if d.optimizer == "gd" and (d.rate or 0) <= 0.1]
    assert "at the edge: extend up" in words(rate_figure(made))


@pytest.mark.parametrize("style", STYLES)
def test_every_style_draws_every_picture(style: str, tmp_path: Path) -> None:
    everything = [*BOWL, *NETWORK]
    drawn = draw_all(everything, tmp_path, grids(everything), output=Output(("png",), style))
    names = dict.fromkeys(path.stem.partition("-")[0] for path in drawn.paths)
    assert len(names) == 6
    assert len(drawn.paths) == (6 if style != "talk" else 7)  # two races have losses: two slides
    for one in drawn.paths:
        assert one.read_bytes().startswith(b"\x89PNG")


def test_a_path_on_a_surface_stands_where_its_record_says() -> None:
    bowl = [d for d in BOWL if d.rate == 0.1 and d.seed == 0]
    with drawing():
        (axes,) = surface_figure(bowl, grids(bowl)).axes
    line = next(line for line in axes.lines if to_hex(line.get_color()) == "#193040")
    x, y, _ = line.get_data_3d()  # type: ignore[attr-defined]
    assert np.column_stack([x, y]) == pytest.approx(path(0.1, 0, 300), abs=1e-12)


def test_a_curved_valley_has_one_minimum() -> None:
    """Rosenbrock's, on a grid so coarse that its floor falls between the points."""
    x, y = np.linspace(-2, 1.8, 160), np.linspace(-1, 3.5, 160)
    z = 100 * (y[:, None] - x**2) ** 2 + (1 - x) ** 2
    assert equals(x, y, z, [np.array([1.0, 1.0])]) == []
    # Two wells of one depth, x^4 - 2 x^2 + y^2, at -1 and 1.
    z = (x**2 - 1) ** 2 + y[:, None] ** 2
    (other,) = equals(x, y, z, [np.array([1.0, 0.0])])
    assert other == pytest.approx([-1.0, 0.0], abs=0.05)


def test_a_boundary_shows_what_is_answered_wrongly() -> None:
    x = np.linspace(-0.5, 1.5, 21)
    found = Boundary(
        *("$x$<b>", "gd", 0.7, x, x, x[None, :] - 0.5 + 0 * x[:, None]),
        cases=[[0, 0], [0, 1], [1, 0], [1, 1]],
        classes=[0, 1, 1, 0],
        answers=[-0.5, -0.5, 0.5, 0.5],
    )
    with drawing():
        figure = boundary_figure([found])
    assert "0 of 1 networks answer every case" in words(figure)
    assert "2 of 4 right, loss 0.7" in words(figure)
    (crossed,) = [line for line in figure.axes[0].lines if line.get_marker() == "x"]
    assert np.asarray(crossed.get_xydata()).tolist() == [[0, 1], [1, 1]]
    assert "$x$<b>" in words(figure)
