"""Bugs planted in right gradients: in all problems of the catalogue, and in gradients by hand.

A planted bug is counted if it changes something, by arithmetic that no judge takes part in: some
component changes by more than 8 eps of itself plus 8 eps of the largest of its parameter, in
longdouble. Two bugs that give the same numbers cannot be told apart by anyone, so that the causes
of either name both: of two components, for one, rolled is reversed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gradparity.backends.numpy_tape.engine.derivatives import value_and_gradient
from gradparity.harness.judging.diagnosis.evidence.evidence import in_longdouble
from gradparity.problems import Instance
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.marketing.adstock import PROBLEMS as MARKETING
from gradparity.problems.networks.learners import PROBLEMS as NETWORKS
from gradparity.problems.science.catalogue import PROBLEMS as SCIENCE
from gradparity.problems.systems.catalogue import PROBLEMS as SYSTEMS
from tests.backends.numpy_backprop.numpy_answers import answered
from tests.studies.mistaken_backprop import MISTAKES, MODELS
from tests.studies.tampering import TAMPERINGS, WITH_THETA

EPS = np.finfo(np.float64).eps


@dataclass(frozen=True, eq=False)
class Planted:
    """One bug. accepted: the causes that name it; None if it has none (noise). shared: whether another
    bug with the same numbers has added causes to them.

    true: the right gradient, longdouble. scale: what rounding allows.
    """

    kind: str
    problem: str
    instance: Instance
    loss: Callable[..., Any]
    got: dict[str, Any]
    narrow: dict[str, Any] | None
    true: dict[str, Any]
    scale: dict[str, Any]
    accepted: frozenset[str] | None
    shared: bool = False


def truth(loss, instance, seed=0):
    """The gradient in longdouble, and 64 eps times the size that rounding of the inputs gives."""
    params, data = in_longdouble(instance.params), in_longdouble(instance.data)
    true = value_and_gradient(loss, params, data)[1]
    true = {name: np.array(g) for name, g in true.items()}
    rng = np.random.default_rng([seed, 7])
    moved = np.longdouble(1e-9)

    def move(arrays):
        return {
            k: x * (1 + moved * rng.choice((-1.0, 1.0), x.shape)) if x.dtype.kind == "f" else x
            for k, x in arrays.items()
        }

    squares = {name: np.zeros_like(g) for name, g in true.items()}
    for _ in range(2):
        near = value_and_gradient(loss, move(params), move(data))[1]
        for name, g in true.items():
            squares[name] = squares[name] + ((near[name] - g) / moved) ** 2 / 2
    scale = {}
    for name, g in true.items():
        spread = np.minimum(np.sqrt(squares[name]), 1e3 * np.max(np.abs(g), initial=0))
        scale[name] = 64 * EPS * (np.abs(g) + spread + 1e-3 * np.max(np.abs(g), initial=0))
    return true, scale


def changes(right, wrong):
    """Whether a component changes by more than rounding; see above."""
    for name, g in right.items():
        g, other = np.asarray(g, np.longdouble), np.asarray(wrong[name], np.longdouble)
        allowed = 8 * EPS * (np.abs(g) + np.max(np.abs(g), initial=0))
        if np.any(~(np.abs(g - other) <= allowed)):
            return True
    return False


def tampered(problem, size, seed, counted=changes) -> Iterator[Planted]:
    """Every kind of tampering with the hand-written gradient of a problem of the catalogue."""
    found = PROBLEMS[problem]
    instance = found.instance(size, seed)
    true, scale = truth(found.loss, instance, seed)
    right = answered(problem, "gradient", instance).derivative
    short = answered(problem, "gradient", instance, "float32").derivative
    rng = np.random.default_rng([seed, 3])
    name = list(right)[int(rng.integers(len(right)))]
    if any(np.any(np.abs(right[k] - true[k]) > scale[k]) for k in true):
        return  # a right answer must be right before it is spoilt
    for kind, accepted, got, narrow in _kinds(right, short, name, instance, seed):
        if got is not None and counted(right, got):
            yield Planted(
                kind,
                problem,
                instance,
                found.loss,
                got,
                narrow,
                true,
                scale,
                accepted and frozenset(accepted),
            )


def _kinds(right, short, name, instance, seed):
    theta = instance.params[name]
    for kind, (accepted, tamper) in TAMPERINGS.items():
        both = [
            _replaced(g, name, tamper(np.asarray(g[name]), np.random.default_rng(seed)))
            for g in (right, short)
        ]
        yield kind, accepted, *both
    for kind, (accepted, tamper) in WITH_THETA.items():
        both = [
            _replaced(g, name, tamper(np.asarray(g[name]), np.asarray(theta)))
            for g in (right, short)
        ]
        yield kind, accepted, *both
    lengths = [x.shape[0] for x in instance.data.values() if np.ndim(x)]
    for what, factor in _lengths(lengths[0] if lengths else np.size(theta)):
        both = [
            _replaced(g, name, np.asarray(g[name] * g[name].dtype.type(factor)))
            for g in (right, short)
        ]
        yield what, {"factor"}, *both
    norm = np.sqrt(sum(np.sum(np.square(g)) for g in right.values()))
    for kind, factor, accepted in (
        ("whole zero", 0.0, {"parameter-missing"}),
        ("whole sign", -1.0, {"sign"}),
        ("whole factor 2", 2.0, {"factor"}),
        ("whole factor 0.1", 0.1, {"factor"}),
        ("whole normalised", 1 / norm, {"factor"}),
    ):
        both = [
            {k: np.asarray(x * x.dtype.type(factor)) for k, x in g.items()} for g in (right, short)
        ]
        yield kind, accepted, *both
    decayed = [
        {k: np.asarray(x + instance.params[k].astype(x.dtype) / 128) for k, x in g.items()}
        for g in (right, short)
    ]
    yield "whole θ added", {"term-added"}, *decayed
    rounded = {k: x.astype(np.float32).astype(np.float64) for k, x in right.items()}
    yield "whole float32", {"precision"}, rounded, short
    for other, g in right.items():
        if other != name and np.shape(g) == np.shape(right[name]):
            both = [{**g, name: g[other], other: g[name]} for g in (right, short)]
            yield "two parameters exchanged", {"swapped"}, *both
    yield (
        "the float32 answer",
        {"precision"},
        {k: x.astype(np.float64) for k, x in short.items()},
        short,
    )


def _lengths(n):
    if n > 2:
        yield "sum for mean", n
        yield "mean for sum", 1 / n
        yield "unbiased", n / (n - 1)
        yield "root", n**0.5


def _replaced(g, name, array):
    return None if array is None else {**g, name: np.asarray(array)}


def recomputed(problem, size, seed, counted=changes) -> Iterator[Planted]:
    """The gradient of a problem of the catalogue elsewhere: at a stale point, of some cases."""
    found = PROBLEMS[problem]
    instance = found.instance(size, seed)
    true, scale = truth(found.loss, instance, seed)

    def gradient(params, data):
        g = value_and_gradient(found.loss, params, data)[1]
        return {k: np.array(x) for k, x in g.items()}

    params, data = instance.params, instance.data
    kinds = [
        ("at zeros", {"stale"}, {k: 0 * x for k, x in params.items()}, data),
        ("at minus θ", {"stale"}, {k: -x for k, x in params.items()}, data),
    ]
    if "y" in found.cases:  # and their targets
        n = len(data["y"])

        def cases(which):
            return params, {k: x[which] if np.ndim(x) else x for k, x in data.items()}

        kinds += [
            ("first half alone", {"cases"}, *cases(slice(0, n // 2))),
            ("first case alone", {"cases"}, *cases(slice(0, 1))),
            ("last case alone", {"cases"}, *cases(slice(n - 1, n))),
            ("without the last case", {"cases"}, *cases(slice(0, n - 1))),
            ("targets shifted", {"off-by-one"}, params, {**data, "y": np.roll(data["y"], 1)}),
            ("targets reversed", {"permuted"}, params, {**data, "y": data["y"][::-1]}),
        ]
    with np.errstate(all="ignore"):
        for kind, accepted, *elsewhere in kinds:
            got = gradient(*elsewhere)
            # In longdouble, so that no bug is made of rounding: reversed, XOR's targets are the same.
            exact = gradient(*map(in_longdouble, elsewhere))
            if all(np.all(np.isfinite(x)) for x in got.values()) and counted(true, exact):
                yield Planted(
                    kind, problem, instance, found.loss, got, None, true, scale, frozenset(accepted)
                )


def mistaken(model, size, seed, counted=changes) -> Iterator[Planted]:
    """Every mistake of a gradient written out by hand."""
    problem, backprop = MODELS[model]
    instance = problem.instance(size, seed)
    true, scale = truth(problem.loss, instance, seed)
    right = backprop(instance.params, instance.data)
    short = {k: x.astype(np.float32) for k, x in instance.params.items()}
    for mistake, accepted in MISTAKES[model].items():
        got = backprop(instance.params, instance.data, mistake)
        narrow = backprop(short, instance.data, mistake)
        if counted(right, got):
            yield Planted(
                mistake,
                model,
                instance,
                problem.loss,
                got,
                narrow,
                true,
                scale,
                frozenset(accepted),
            )


def joined(bugs):
    """The same bugs; those that give the same numbers accept each other's causes."""
    for bug in bugs:
        if bug.accepted is not None:
            same = [b.accepted for b in bugs if b.accepted and not changes(bug.got, b.got)]
            every = bug.accepted.union(*same)
            bug = replace(bug, accepted=every, shared=every != bug.accepted)
        yield bug


def instances(seeds, sizes):
    """(problem or model, size, seed) of all that bugs are planted in.

    Problems without a size are left out. Those of science, networks, systems and marketing are of
    size tiny and seed 1 alone: the field's checkers, which take differences, are at one of them for
    up to a minute.
    """
    for seed in seeds:
        for size in sizes:
            for name, problem in PROBLEMS.items():
                once = name in SCIENCE | NETWORKS | SYSTEMS | MARKETING
                if size in problem.sizes and (not once or (size, seed) == ("tiny", 1)):
                    yield name, size, seed
            for name in MODELS:
                yield name, size, seed


def planted_in(name, size, seed, counted=changes):
    """Every planted bug of an instance, a list. counted: counted(right, wrong), which are kept."""
    if name in MODELS:
        return list(mistaken(name, size, seed, counted))
    args = name, size, seed, counted
    return list(joined([*tampered(*args), *recomputed(*args)]))


def planted(size, seed, counted=changes) -> Iterator[Planted]:
    """Every planted bug of this size and seed; see `instances`."""
    for name, *_ in instances((seed,), (size,)):
        yield from planted_in(name, size, seed, counted)
