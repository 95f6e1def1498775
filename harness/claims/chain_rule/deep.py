"""Claims 6 and 7: through fifty layers gradients vanish or explode, and what helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gradparity.backends import Training
from gradparity.harness.claims.chain_rule.chains import (
    ACTIVATIONS,
    CASES,
    DEEP,
    DEPTH,
    WIDTH,
    Deep,
    Norms,
    norms,
    scalar_chain,
)
from gradparity.harness.claims.chain_rule.quarter import arrives
from gradparity.harness.claims.tools.answers import agreement, prepared
from gradparity.harness.claims.tools.experiment import Claim, Extent, Observed
from gradparity.harness.claims.tools.intervals import exact, geometric, mean
from gradparity.harness.claims.tools.moving import over
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import NUMPY
from gradparity.results.pages.charts import Axis, Chart, Frame, Polyline
from gradparity.results.records.claim import Claimed, Figure, Theory

REMEDIES = ("ReLU, He", "residual tanh, branches by 1/√L", "residual tanh")
TRAINED = ("deep-sigmoid", "deep-relu", "deep-residual")
COLOURS = ("a", "b", "c", "d", "e", "f", "ink")


def mean_field(deep: Deep, depth: int = DEPTH) -> float:
    """√E ‖∂a₁‖²/‖∂a_L‖² in the limit of wide layers.

    z_l is normal of variance q_l = n Var(w) E[φ²] (a residual state adds up: E[a²] grows by
    s² E φ²), and backwards ‖g_{l-1}‖² = n Var(w) E[φ′(z_l)²] ‖g_l‖², or 1 + s² of it through a
    residual branch, for fresh weights make the cross terms 0 in the mean. A ReLU has E φ′² = ½
    exactly, whatever q is: He's start keeps 1, Xavier's loses √2 a layer, at any width.
    Source: Poole et al. (2016), Schoenholz et al. (2017), Deep information propagation.
    """
    phi, slope = ACTIVATIONS[deep.activation]
    places = np.linspace(-9.0, 9.0, 6001)  # φ′(√q z) is narrow where q is large: no Gauss nodes
    weights = np.exp(-0.5 * places**2)
    weights /= weights.sum()
    gain = deep.scale**2 * (2.0 if deep.start == "he" else 1.0)
    branch, state, total = deep.branch(depth), 1.0, 1.0
    for layer in range(depth):
        q = gain * state
        if deep.activation == "relu":
            second, squared = 0.5 * q, 0.5
        else:
            z = np.sqrt(q) * places
            second = float(weights @ np.asarray(phi(NUMPY, z)) ** 2)
            squared = float(weights @ np.asarray(slope(z)) ** 2)
        factor = gain * squared
        if layer:  # the first layer leads to the inputs, beyond ∂a₁
            total *= factor if branch is None else 1.0 + branch**2 * factor
        state = second if branch is None else state + branch**2 * second
    return float(np.sqrt(total))


def ratios(deep: Deep, seeds: Sequence[int]) -> tuple[Any, Any]:
    """‖∂a₁‖/‖∂a_L‖ and ‖δ₁‖/‖δ_L‖, δ by z, of each seed."""
    found = [norms(deep, seed) for seed in seeds]
    by_state = np.array([one.by_state[0] / one.by_state[-1] for one in found])
    return by_state, np.array([one.by_input[0] / one.by_input[-1] for one in found])


def deep(extent: Extent) -> Observed:
    """The ratio is a product of 49 factors, so that anything but 1 becomes extreme.

    The scalar chain's factor is w/4 exactly, hence (w/4)⁵⁰. Of wide layers see `mean_field`: it
    gives the root mean square over seeds, up to terms of order 1/width a layer, fifty of which
    are the slack. Seeds scatter by factors: a ratio's logarithm has a standard deviation of about
    √(depth/width), so that the geometric mean lies below the root mean square.
    """
    figures = []
    chains = {1.0: "7.8886e-31", 4.0: "1", 8.0: "1.1259e15"}
    arrived = [arrives(DEPTH, list(chains), name) for name in extent.backends]
    for place, (weight, words) in enumerate(chains.items()):
        every = [one[place] for one in arrived]
        stated = (weight / 4.0) ** DEPTH
        figures.append(
            Figure(
                f"what arrives through a scalar chain of {DEPTH} sigmoids with w = {weight:g}",
                *exact(every[int(np.argmax(np.abs(np.array(every) - stated)))]),
                claimed=Claimed(words, 0.9999 * float(words), 1.0001 * float(words)),
                theory=Theory(stated, "(w/4)⁵⁰"),
                slack=1e-12,
            )
        )
    seeds = extent.seeds(16, 200)
    drawn = {one.name: ratios(one, seeds) for one in DEEP}
    for one in DEEP:
        by_state, by_input = drawn[one.name]
        figures.append(_figure("‖∂a₁‖/‖∂a₅₀‖", one, by_state))
        figures.append(_figure("‖δ₁‖/‖δ₅₀‖", one, by_input))
        figures.append(_mean_square(one, by_state))
    figures += [agreement(*scalar_chain(DEPTH, 8.0), extent.backends)]
    names = ("deep-sigmoid", "deep-tanh", "deep-relu", "deep-residual")
    figures += [
        agreement(name, PROBLEMS[name].instance("tiny", 0), extent.backends)
        for name in names[: extent.of(1, 4)]
    ]
    middle = {name: geometric(one[0])[0] for name, one in drawn.items()}
    sentence = (
        f"Of ‖∂a‖ at layer {DEPTH}, layer 1 of a width of {WIDTH} has {middle[DEEP[0].name]:.0e} "
        f"with sigmoids, {middle['ReLU, Xavier']:.0e} with ReLU from Xavier's start, "
        f"{middle['ReLU, He']:.2g} from He's, and {middle[DEEP[-1].name]:.0e} from 16/n."
    )
    return Observed(sentence, figures, _chart([norms(one, 0) for one in DEEP], DEPTH))


def _figure(what: str, one: Deep, found: Any) -> Figure:
    return Figure(
        f"{what}, {one.name}: width {WIDTH}, {CASES} cases; seeds from {found.min():.1e} "
        f"to {found.max():.1e}",
        *geometric(found),
        seeds=len(found),
        claimed=Claimed(one.words, one.low, one.high, ours=one.words.startswith("~")),
    )


def _mean_square(one: Deep, found: Any) -> Figure:
    middle, low, high = mean(found**2)
    return Figure(
        f"root mean square of ‖∂a₁‖/‖∂a₅₀‖, {one.name}",
        float(np.sqrt(middle)),
        float(np.sqrt(max(low, 0.0))),
        float(np.sqrt(high)),
        seeds=len(found),
        theory=Theory(mean_field(one), "mean field, wide layers"),
        slack=0.25,
    )


def remedies(extent: Extent) -> Observed:
    """With He's start a ReLU layer keeps the gradient's mean square exactly: 2/n · n · ½ = 1.

    A residual branch only adds: ‖g‖² grows by 1 + s² E φ′² a layer, (1 + c/L)^L ≤ e^c for
    s = 1/√L, without end for s = 1. Whether the remedies help is seen by training: the loss of two
    half circles starts near ln 2, that of knowing nothing.
    """
    seeds = extent.seeds(16, 200)
    figures = []
    drawn = {}
    for one in DEEP:
        if one.name in REMEDIES:
            drawn[one.name] = ratios(one, seeds)[0]
            figures.append(
                Figure(
                    f"‖∂a₁‖/‖∂a₅₀‖, {one.name}",
                    *geometric(drawn[one.name]),
                    seeds=len(seeds),
                    claimed=Claimed(
                        "neither vanishes nor explodes: .1 to 10", 0.1, 10.0, ours=True
                    ),
                )
            )
            figures.append(_mean_square(one, drawn[one.name]))
    trained = {}
    for name in TRAINED:
        losses = [descended(name, seed, extent.of(200, 500)) for seed in extent.seeds(4, 10)]
        trained[name] = geometric(losses)
        words = "stays at ln 2: above .68" if name == "deep-sigmoid" else "learns: below .35"
        low, high = (0.68, np.inf) if name == "deep-sigmoid" else (-np.inf, 0.35)
        figures.append(
            Figure(
                f"loss of {name} (small) after {extent.of(200, 500)} steps of Adam at 1e-3",
                *trained[name],
                seeds=len(losses),
                claimed=Claimed(words, low, high, ours=True),
            )
        )
    figures.append(
        agreement("deep-relu", PROBLEMS["deep-relu"].instance("tiny", 0), extent.backends)
    )
    shown = ", ".join(f"{name} {geometric(one)[0]:.2g}" for name, one in drawn.items())
    sentence = (
        f"Layer 1 has of layer 50's gradient: {shown}. After training, fifty layers of sigmoids "
        f"are at {trained['deep-sigmoid'][0]:.2f}, ReLU from He's start at "
        f"{trained['deep-relu'][0]:.2g}, residual ones at {trained['deep-residual'][0]:.2g}."
    )
    return Observed(sentence, figures)


def descended(name: str, seed: int, steps: int) -> float:
    """The loss of a deep problem, small, after so many steps of Adam by the tape."""
    instance = PROBLEMS[name].instance("small", seed)
    loss = prepared(name, instance, "tape")
    step = loss.training_step(Training("adam"))
    state, batch = step.start(instance.params), step.batch(instance.data)
    for _ in range(steps):
        state, report = step.run(state, batch, 1e-3)
    return step.report(report)[0]


def _chart(found: Sequence[Norms], depth: int) -> Chart:
    layers = np.arange(1, depth + 1)
    return Chart(
        "deep",
        f"Through {depth} layers only some wirings keep the gradient",
        Axis("layer", whole=True),
        Axis("‖∂a‖, that of the last layer being 1", scale="log"),
        [
            Polyline(layers, one.by_state / one.by_state[-1], deep.name, colour)
            for one, deep, colour in zip(found, DEEP, COLOURS, strict=True)
        ],
    )


def _frame(given: Mapping[str, Any]) -> Frame:
    depth = int(given["depth"])
    found = [norms(one, 0, depth) for one in DEEP]
    last = {
        one.name: float(x.by_state[0] / x.by_state[-1]) for one, x in zip(DEEP, found, strict=True)
    }
    return Frame(
        f"Through {depth} layers arrives, of 1: {last[DEEP[0].name]:.1e} with sigmoids, "
        f"{last['ReLU, He']:.2g} with ReLU from He's start, {last[DEEP[4].name]:.2g} with residual "
        "branches.",
        (_chart(found, depth),),
        numbers=last,
    )


SIX = Claim(
    6,
    "In 50 layers gradients vanish or explode: (w/4)⁵⁰ in a scalar chain, and ‖∂a₁‖/‖∂a₅₀‖ of nets "
    "64 wide from 4e-32 to 1e23, by activation and start.",
    deep,
    problems=("deep-sigmoid", "deep-tanh", "deep-relu", "deep-residual"),
    backends=("numpy", "tape", "jax", "torch"),
    view=View(
        "claim-6",
        "Claim 6",
        "What arrives at the first layer?",
        "Add layers: lines are straight, since each layer multiplies by about the same.",
        (Number("depth", "Layers", 2, 60, 50, whole=True, stops=(2, 5, 10, 20, 30, 40, 50, 60)),),
        _frame,
    ),
)


def _helped(depth: float) -> Mapping[str, float]:
    """‖∂a₁‖/‖∂a_L‖ of one draw, of the remedies and of what they mend."""
    found = {one.name: norms(one, 0, int(depth)).by_state for one in DEEP[:-1]}
    return {name: float(x[0] / x[-1]) for name, x in found.items()}


SEVEN_VIEW = over(
    7,
    "What do the remedies keep?",
    "Networks 64 wide, one draw each. Add layers.",
    Number("depth", "Layers", 2, 60, 50, whole=True, stops=(2, 5, 10, 20, 30, 40, 50, 60)),
    _helped,
    Axis("‖∂a₁‖, that of the last layer being 1", scale="log"),
    lambda depth, seen: (
        f"Through {depth:.0f} layers of ReLU arrives {seen['ReLU, Xavier']:.1e} from Xavier's "
        f"start, {seen['ReLU, He']:.2g} from He's; of tanh {seen['tanh, Xavier']:.2g}, with "
        f"residual branches by 1/√L {seen[REMEDIES[1]]:.2g}."
    ),
)

SEVEN = Claim(
    7,
    "The remedies for vanishing and exploding gradients: ReLU with He's start, and residual "
    "connections.",
    remedies,
    problems=TRAINED,
    optimizers=("adam",),
    backends=("numpy", "tape", "jax", "torch"),
    view=SEVEN_VIEW,
)
