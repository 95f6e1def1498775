"""A gradient whose parameters are bfloat16 or float16, judged in that dtype.

The function runs on the numbers as they are given, closures and arguments included. Its steps are
read off from that run, and the truth is theirs in extended precision, at these numbers. Where the
function also takes float32, its answer there tells formula from arithmetic: an error of 1 % is
within rounding in bfloat16, and far beyond it in float32.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.findings.finding import EPS, Diagnosis, Finding
from gradparity.harness.findings.notation import listed
from gradparity.harness.findings.words import held_constant
from gradparity.harness.judging.biases.bias import biases
from gradparity.harness.judging.biases.errors import SignedErrors
from gradparity.harness.judging.biases.words import cause_of
from gradparity.harness.judging.low_precision import beside_float32, judge_low, signed
from gradparity.harness.plain.float32_answer import in_float32
from gradparity.harness.plain.judging import truth_of
from gradparity.harness.plain.native import dtype_of, library_of
from gradparity.harness.plain.plain_gradient import PlainGradient
from gradparity.harness.plain.single import judged_alone
from gradparity.harness.plain.steps.translation import LOW, Untranslatable
from gradparity.problems import Arrays, InputError
from gradparity.problems.special.short_floats import rounded

_BESIDE = 0.25
"""How far points beside are, relative to each number: many eps of any dtype."""


def judged_low(asked: PlainGradient, seed: int, seconds: float) -> Finding:
    """What is found of a gradient whose parameters are of `asked.low`, or some of them.

    Raises: InputError if the loss cannot be read off: its differences in a low dtype say nothing.
    """
    caller = asked.caller(asked.low)
    own = None if asked.automatic else caller.loss(asked.loss)
    value, gradient = caller.gradient(asked.gradient)
    answer = Answer(np.asarray(own if value is None else value), gradient)
    try:
        translation = asked.translated(asked.low)
        truth = truth_of(translation, asked.point, seed)
    except Untranslatable as error:
        raise InputError(f"in {asked.low} it cannot be judged: {error}") from error
    found, errors = judge_low(truth, answer, asked.low)
    if errors is not None and found.status in ("ok", "low-precision", "formula"):
        found = with_biases(found, signed(errors), partial(_beside_point, asked, seed))
    wide = in_wide(asked, seed, seconds)
    found = replace(found, alone=wide) if isinstance(wide, str) else beside_float32(found, wide)
    told = [f"the gradient of {path} is {dtype}" for path, dtype in caller.answered.items()]
    ranged = "; ".join(filter(None, [found.ranged, listed(told)]))
    oracle = f"{truth.oracle}, of {translation.how}; u in eps of {asked.low}, {EPS[asked.low]:g}"
    return replace(found, ranged=ranged, oracle=oracle)


def with_biases(
    found: Finding, errors: Sequence[SignedErrors], fresh: Callable[[], Iterator[Any]]
) -> Finding:
    """The finding, `formula` where many numbers are off together.

    `low-precision` where they are by less than the rounding of one, as by truncation.
    """
    seen = biases(errors, fresh)
    if not seen:
        return found
    shapes = {e.parameter: e.true.shape for e in errors}
    causes = [cause_of(x, shapes[x.hypothesis.parameter], found.dtype) for x in seen]
    told = causes[0].sentence.removesuffix(".")
    arithmetic = found.status == "ok" and all(cause.key == "truncated" for cause in causes)
    status = "low-precision" if arithmetic else "formula"
    return replace(found, status=status, bias=told, diagnosis=Diagnosis(tuple(causes)))


def _beside_point(asked: PlainGradient, seed: int) -> Iterator[list[SignedErrors]]:
    """The errors at points beside, whose numbers are rounded elsewhere."""
    rng = np.random.default_rng((seed, 10))
    while True:
        point = {path: _moved(x, asked.own[path], rng) for path, x in asked.point.items()}
        value, gradient = asked.caller(asked.low, point).gradient(asked.gradient)
        truth = truth_of(asked.translated(asked.low, point), point, seed)
        answer = Answer(np.asarray(truth.exact[""] if value is None else value), gradient)
        _, errors = judge_low(truth, answer, asked.low)
        assert errors is not None, "it has the shapes that it had at the point"
        yield signed(errors)


def _moved(x: Any, dtype: str, rng: np.random.Generator) -> Any:
    return rounded(x * (1 + _BESIDE * rng.uniform(-1, 1, np.shape(x))), dtype)


def in_wide(asked: PlainGradient, seed: int, seconds: float) -> Finding | str:
    """What is found of the same function in float32; why nothing is, where it takes no such."""
    wide = replace(asked, low="", own={}, args=widened(asked.args, asked))
    try:
        wide.home.refuse_low(wide.flat("float32"), wide.point)
    except Exception as error:
        rounds = isinstance(error, InputError) and "rounds to" in str(error)
        return "it rounds to less in float32, too" if rounds else "it does not run in float32"

    def answered(point: Arrays) -> Answer:
        answer = in_float32(wide, point)
        if isinstance(answer, str):
            raise InputError(answer)
        return answer

    try:
        lost = wide.translated("float32").without(wide.constants)
    except InputError as error:
        return str(error)
    if lost:
        raise InputError(
            f"no derivative passes through {held_constant(lost)}; what that costs cannot be seen "
            f"in {asked.low}: check it in float32, or say constants=[...] if it is meant"
        )
    try:
        return judged_alone(answered, wide, seed, seconds, InputError("it does not run in float64"))
    except InputError as error:
        return str(error)


def widened(args: Any, asked: PlainGradient) -> Any:
    """Arguments with their bfloat16 and float16 arrays in float32."""
    if isinstance(args, Mapping):
        return {key: widened(x, asked) for key, x in args.items()}
    if isinstance(args, tuple | list) and not hasattr(args, "_fields"):
        return type(args)(widened(x, asked) for x in args)
    if library_of(args) is None or dtype_of(args) not in LOW:
        return args
    return args.float() if library_of(args) == "torch" else args.astype("float32")
