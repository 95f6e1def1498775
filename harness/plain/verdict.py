"""What is found of a plain gradient, by the best means that its loss allows.

The steps of the loss are read off and judged in extended precision. What cannot be read off is
judged by differences of the loss; what does not run in float64 by float32 alone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.findings.finding import EPS, Cause, Diagnosis, Finding, HeldConstant
from gradparity.harness.findings.notation import listed
from gradparity.harness.findings.words import held_constant
from gradparity.harness.judging import differences
from gradparity.harness.plain.constant_loss import refuse_constant
from gradparity.harness.plain.float32_answer import answer_of, in_float32
from gradparity.harness.plain.judging import judged, judged_apart
from gradparity.harness.plain.low import judged_low
from gradparity.harness.plain.narrowed import judged_narrowed
from gradparity.harness.plain.native import numpy_of
from gradparity.harness.plain.outcome import known_coarse
from gradparity.harness.plain.plain_gradient import PlainGradient
from gradparity.harness.plain.single import judged_alone
from gradparity.harness.plain.steps.translation import Translation, Untranslatable
from gradparity.harness.plain.upstream import with_rules
from gradparity.problems import Arrays, InputError

WITHIN = 64
"""How many times as many roundings the float64 answer may be off as the float32 one."""


def verdict(asked: PlainGradient, seed: int, seconds: float) -> Finding:
    """What is found, right or wrong; seconds: how long a cause is looked for.

    Raises: InputError if it cannot be judged.
    """
    return upheld(asked, _of_loss(asked, seed, seconds), seed)


def upheld(asked: PlainGradient, found: Finding, seed: int) -> Finding:
    """The finding about `asked`; `formula` where a rule in its loss is right by chance."""
    return with_rules(asked, found, partial(_of_loss, seed=seed, seconds=0.0), seed)


def _of_loss(asked: PlainGradient, seed: int, seconds: float) -> Finding:
    """What is found of the gradient of this very loss."""
    if asked.low:
        return judged_low(asked, seed, seconds)
    start = time.perf_counter()
    try:
        answer = _in_float64(asked)
    except InputError as error:
        if asked.home.name == "numpy" or error.__cause__ is None:
            raise
        return judged_alone(partial(_alone, asked, error), asked, seed, seconds, error)
    took = time.perf_counter() - start
    try:
        translation = asked.translated("float64")
        found = _by_steps(asked, translation, answer, took, seed, seconds)
        if lost := translation.without(asked.constants):
            reason = Untranslatable(
                f"{asked.home.name} does not follow the loss by {held_constant(lost)}"
            )
            found = _without_lost(_by_differences(asked, answer, seed, reason), found, lost)
    except Untranslatable as error:
        found = _by_differences(asked, answer, seed, error)
        refuse_constant(asked, found, error)
    found = _with_underived(asked, _with_branches(asked, found))
    return known_coarse(found, partial(asked.home.coarse, asked.flat(), asked.point))


def _by_steps(
    asked: PlainGradient,
    translation: Translation,
    wide: Answer,
    took: float,
    seed: int,
    seconds: float,
) -> Finding:
    """What is found beside the steps of the loss, in both dtypes where it runs in both.

    took: how long `wide` took, in seconds.
    """
    narrow = in_float32(asked, took=took)
    if isinstance(narrow, str):
        alone, answers = narrow, {"float64": wide}
    else:
        alone, answers = "", {"float64": wide, "float32": narrow}
    if translation.narrows:
        found = judged_narrowed(
            asked, translation, answers, partial(_answered, asked), seed, seconds
        )
    elif translation.draws and not alone:
        both = {"float64": translation, "float32": asked.translated("float32")}
        found = judged_apart(both, asked.point, answers, seed, seconds)
    else:
        found = judged(translation, asked.point, answers, seed, seconds)
        if found.dtype == "float32" and not found.right:
            found = _by_own_branches(asked, translation, answers, found, seed)
    if (
        found.status == "low-precision"
        and not translation.narrows
        and not _single_data(translation)
    ):
        # It saw other data, rounded to float32: that is no fault of its own.
        alone = "its data are no float32 numbers"
        found = judged(translation, asked.point, {"float64": wide}, seed, seconds)
    return replace(found, held=translation.held + translation.lost, alone=alone or found.alone)


def _by_own_branches(
    asked: PlainGradient,
    translation: Translation,
    answers: Mapping[str, Answer],
    found: Finding,
    seed: int,
) -> Finding:
    """The finding; that of each dtype beside its own steps, if float32 takes other branches."""
    try:
        narrow = asked.translated("float32")
        own = judged(narrow, asked.point, {"float32": answers["float32"]}, seed, 0.0)
    except Untranslatable:
        return found
    if not own.right and _same_size(own, found):
        return found
    both = {"float64": translation, "float32": narrow}
    why = "the branches that it takes"
    return judged_apart(both, asked.point, answers, seed, 0.0, why)


def _same_size(some: Finding, other: Finding) -> bool:
    """Whether float32 is as far off in both: beside the steps of the same branches it is."""
    if some.u32 is None or other.u32 is None:
        return True
    return other.u32 / 2 < some.u32 < other.u32 * 2


def _in_float64(asked: PlainGradient, point: Arrays | None = None) -> Answer:
    """The answer in float64. Raises: InputError if there is none, or the loss is not finite."""
    caller = asked.caller("float64", point)
    if asked.automatic:
        try:
            value, gradient = caller.gradient(asked.gradient)
        except InputError:
            caller.loss(asked.loss, once=True)  # which may be what is at fault
            raise
        own = value
    else:
        own = caller.loss(asked.loss)
        if np.isfinite(own):
            value, gradient = caller.gradient(asked.gradient)
    if not np.isfinite(own):
        raise InputError(_nonfinite(own, asked))
    return answer_of(value, gradient, own, "float64")


def _answered(asked: PlainGradient, dtype: str, point: Arrays) -> Answer:
    """The answer in a dtype at a point. Raises: InputError where there is none."""
    answer = _in_float64(asked, point) if dtype == "float64" else in_float32(asked, point)
    if isinstance(answer, str):
        raise InputError(answer)
    return answer


def _alone(asked: PlainGradient, error: InputError, point: Arrays) -> Answer:
    """The answer in float32 at a point; `error`, for which there is none in float64, without."""
    answer = in_float32(asked, point)
    if isinstance(answer, str):
        raise error
    return answer


def _single_data(translation: Translation) -> bool:
    """Whether float32 sees the same numbers as float64 does."""
    read = [x for x in translation.data.values() if np.asarray(x).dtype.kind == "f"]
    with np.errstate(over="ignore"):
        return all(np.array_equal(np.asarray(x, np.float32), x, equal_nan=True) for x in read)


def _by_differences(
    asked: PlainGradient, answer: Answer, seed: int, reason: Untranslatable
) -> Finding:
    """What is found by the loss alone, in the most precise arithmetic in which it runs."""
    home, plain = asked.home, asked.flat()
    home.refuse_low(plain, asked.point)
    plain = home.compiled(plain)

    def evaluated(dtype: str, leaves: Arrays) -> Any:
        with home.within("float64"):
            own = {path: home.array(x, dtype) for path, x in leaves.items()}
            return numpy_of(plain(own))

    precisions = ["longdouble", "float64"] if home.name == "numpy" else ["float64"]
    for precision in precisions:
        try:
            found = differences.judged(
                partial(evaluated, precision), asked.point, answer, precision, seed
            )
        except InputError as error:
            raise InputError(f"{error} ({reason})") from error
        except Exception:  # np.linalg knows no longdouble, and so do others
            if precision == precisions[-1]:
                raise
            continue
        return _as_arithmetic(asked, replace(found, oracle=f"{found.oracle}; {reason}"))
    raise AssertionError("one of the precisions returns or raises")


def _as_arithmetic(asked: PlainGradient, found: Finding) -> Finding:
    """`unstable` where float32 is as many roundings off as float64: no wrong formula is."""
    worst = found.worst
    if found.status != "formula" or worst is None or worst.index is None or worst.true is None:
        return found
    narrow = in_float32(asked) if worst.parameter else ""
    if isinstance(narrow, str):
        return found
    off = abs(float(narrow.derivative[worst.parameter][worst.index]) - worst.true)
    scale = abs(worst.got - worst.true) / (worst.u * EPS["float64"])
    u32 = off / scale / EPS["float32"]
    if not WITHIN < worst.u <= WITHIN * u32:
        return found
    return replace(found, status="unstable", u32=u32, diagnosis=None)


def _with_branches(asked: PlainGradient, found: Finding) -> Finding:
    """The finding, with what a library's own NaN comes from where the loss is smooth."""
    worst = found.worst
    if not asked.automatic or found.status != "nonfinite" or not found.relative:
        return found
    if worst is None or not worst.parameter or np.isfinite(worst.got):
        return found
    library = asked.home.name.replace("jax", "JAX")
    told = (
        "The loss has a slope there, and the chain rule loses it: 0 · ∞ is NaN. "
        f"{library} differentiates the side of a where that is not taken, too: in "
        "where(x > 0, sqrt(x), 0) write sqrt(where(x > 0, x, 1)); a norm or a root whose square is "
        "used does the same at 0."
    )
    return replace(found, diagnosis=Diagnosis((Cause("nonfinite", told, sure=False),)))


def _with_underived(asked: PlainGradient, found: Finding) -> Finding:
    """The finding, with the functions that the library has no derivative of."""
    if not asked.automatic or found.status != "formula":
        return found
    names = asked.home.underived(asked.flat(), asked.point)
    if not names:
        return found
    told = (
        f"{asked.home.name} has no derivative of {listed(names)}, and says nothing: "
        "what passes through is taken for a constant."
    )
    return replace(found, diagnosis=Diagnosis((Cause("term-missing", told, sure=False),)))


def _without_lost(found: Finding, of_steps: Finding, lost: Sequence[HeldConstant]) -> Finding:
    """The finding about the loss itself, with the cause if its steps alone have this gradient."""
    if found.right or not of_steps.right:
        return found
    cause = Cause("term-missing", f"It lacks what passes through {held_constant(lost)}.")
    return replace(found, diagnosis=Diagnosis((cause,)), held=of_steps.held)


def _nonfinite(value: Any, asked: PlainGradient) -> str:
    told = f"the loss is {value} at this point; move the point into the loss's domain"
    try:
        asked.translated("float64")
    except Untranslatable:
        return told
    except InputError as error:
        return str(error)
    return told
