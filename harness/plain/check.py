"""`check`: is the gradient of a plain function right? For other people's tests.

    gp.check(loss, params, gradient=by_hand)

No tolerance is asked for: the bound is that of the judge.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.findings.finding import Cause, Diagnosis, Finding, HeldConstant
from gradparity.harness.findings.words import held_constant
from gradparity.harness.judging import differences
from gradparity.harness.judging.diagnosis.evidence.deadline import SECONDS
from gradparity.harness.judging.one_thread import one_thread
from gradparity.harness.plain.caller import Caller
from gradparity.harness.plain.judging import judged, judged_apart
from gradparity.harness.plain.modules import Output, as_loss, is_module
from gradparity.harness.plain.native import (
    Native,
    PlainFunction,
    dtype_of,
    library_of,
    native,
    numpy_of,
    passed,
)
from gradparity.harness.plain.outcome import GradientError, known_coarse, settled
from gradparity.harness.plain.single import judged_alone
from gradparity.harness.plain.steps.translation import LEAVING, Translation, Untranslatable
from gradparity.harness.plain.trees import leaves_of, rebuilt
from gradparity.problems import Arrays, InputError
from gradparity.problems.arguments import expect
from gradparity.problems.errors import unknown


def check(
    function: Any,
    params: Any,
    /,
    *,
    loss: Output | None = None,
    gradient: PlainFunction | None = None,
    args: tuple[Any, ...] = (),
    library: str | None = None,
    seed: int = 0,
    constants: Collection[str] | None = (),
    seconds: float = SECONDS,
    strict: bool = False,
    accuracy: float | None = None,
) -> Finding:
    """What is found of the gradient of `function(params, *args)`, a loss, if it is right.

    With a torch module, or with `loss`, the first two are a model and its input (several: a tuple):

        gp.check(module, x, loss=torch.nn.functional.cross_entropy, args=(labels,))

    judges loss(model(x), *args) for all parameters of the model. Otherwise
    params: an array, or dicts, lists and tuples of arrays, of NumPy, JAX or torch; each is rounded
        to float32 values first, so that float64 and float32 see the same point.
    gradient: gradient(params, *args) -> a tree of the form of params, or (value, tree), in arrays
        of any library. Left out: what JAX or torch make of the loss, their users' own rules
        included.
    args: passed on; their float32 and float64 arrays in the dtype of the run.
    library: "numpy", "jax" or "torch", where the leaves do not say it. seed: of the judge.
    constants: what a torch loss means to hold constant although it leaves torch, of `LEAVING`;
        otherwise a gradient that lacks what passes through .item() or NumPy is wrong. None: one
        that lacks what passes through detach or stop_gradient is wrong, too.
    seconds: how long, after the verdict, the cause of a wrong gradient is looked for.
    strict: whether a right formula that loses digits (`unstable`, `low-precision`, `inaccurate`)
        is an error; otherwise it passes with a GradientWarning.
    accuracy: the relative error that is meant to pass, as of a solver that stops at it; what agrees
        to it and not to rounding is `inaccurate`, and passes without a warning.

    Raises: GradientError, an AssertionError, if it is wrong. InputError if it cannot be judged: a
    loss that is NaN, random or no scalar, a gradient of another form, arguments that are changed.
    """
    # Hides this frame in pytest's traceback, and below all that is ours.
    __tracebackhide__ = True
    try:
        expect(check, locals())
        for name, number in (("seed", seed), ("seconds", seconds)):
            if not number >= 0:
                raise InputError(f"check: {name} is {number}, should be 0 or more")
        if loss is not None or is_module(function):
            function, params, args = as_loss(function, params, loss, args, seed)
        with one_thread():
            found = _checked(function, params, gradient, args, library, seed, constants, seconds)
        return settled(found, strict, accuracy)
    except (GradientError, InputError) as error:
        raise error.with_traceback(None) from error.__cause__


def _checked(
    loss: PlainFunction,
    params: Any,
    gradient: PlainFunction | None,
    args: tuple[Any, ...],
    library: str | None,
    seed: int,
    constants: Collection[str] | None,
    seconds: float,
) -> Finding:
    for name in constants or ():
        if name not in LEAVING:
            raise unknown("constant", name, LEAVING)
    given = leaves_of(params)
    home = native(library, given.values())
    point = {path: _leaf(path, x) for path, x in given.items()}
    automatic = gradient is None
    if gradient is None:
        if home.gradient is None:
            raise InputError(
                "a NumPy loss has no gradient of its own; pass gradient=..., a function of the "
                "same arguments that returns a tree of the form of params"
            )
        gradient, loss = home.gradient(loss), home.followed(loss)

    double = Caller(home, params, point, args, "float64")
    try:
        value = double.loss(loss, once=automatic)
        if np.isfinite(value):
            answers = {"float64": _answer(*double.gradient(gradient), value, "float64")}
    except InputError as error:
        return _alone(home, loss, gradient, params, point, args, seed, constants, seconds, error)
    if not np.isfinite(value):
        raise InputError(_nonfinite(value, loss, params, point, args, home))
    try:
        translation = home.translated(_flat(loss, params, args), point, "float64")
        narrow = Caller(home, params, point, args, "float32")
        single = _in_float32(narrow, None if automatic else loss, gradient)
        alone = single if isinstance(single, str) else ""
        answers |= {} if isinstance(single, str) else {"float32": single}
        if translation.draws and not alone:
            own = home.translated(_flat(loss, params, args, "float32"), point, "float32")
            both = {"float64": translation, "float32": own}
            found = judged_apart(both, point, answers, seed, seconds)
        else:
            found = judged(translation, point, answers, seed, seconds)
        if found.status == "low-precision" and not _single_data(translation):
            # It saw other data, rounded to float32: that is no fault of its own.
            del answers["float32"]
            alone = "its data are no float32 numbers"
            found = judged(translation, point, answers, seed, seconds)
        found = replace(found, held=translation.held + translation.lost, alone=alone or found.alone)
        if lost := translation.without(constants):
            reason = Untranslatable(
                f"{home.name} does not follow the loss by {held_constant(lost)}"
            )
            beside = (home, loss, params, point, args, answers["float64"], seed, reason)
            found = _without_lost(_by_differences(*beside), found, lost)
    except Untranslatable as error:
        found = _by_differences(home, loss, params, point, args, answers["float64"], seed, error)
    return known_coarse(found, partial(home.coarse, _flat(loss, params, args), point))


def _leaf(path: str, x: Any) -> Any:
    """A leaf as a float64 array of float32 values."""
    if library_of(x) is None and not isinstance(x, float):
        kind = type(x).__name__
        instead = "write a float" if isinstance(x, int) else "params holds arrays and floats"
        raise InputError(f"parameter {path} is of type {kind}; {instead}")
    if (dtype := dtype_of(x)) not in ("float64", "float32"):
        raise InputError(f"parameter {path} is {dtype}, should be float64 or float32")
    array = numpy_of(x)
    if array.size == 0:
        raise InputError(f"parameter {path} is empty, of shape {array.shape}")
    with np.errstate(over="ignore"):
        rounded = np.asarray(array, np.float32, order="C").astype(np.float64)
    if not np.isfinite(rounded).all():
        raise InputError(f"parameter {path} has NaN or infinity in it, in float32")
    return rounded


def _answer(value: Any, gradient: Arrays, loss: Any, dtype: str) -> Answer:
    found = loss if value is None else value
    return Answer(np.array(found, dtype), {p: np.array(x, dtype) for p, x in gradient.items()})


def _flat(
    loss: PlainFunction, params: Any, args: tuple[Any, ...], dtype: str = "float64"
) -> Callable[[Arrays], Any]:
    """The loss as a function of one dict of leaves."""
    return lambda leaves: loss(rebuilt(params, leaves), *passed(args, dtype))


def _single_data(translation: Translation) -> bool:
    """Whether float32 sees the same numbers as float64 does."""
    read = [x for x in translation.data.values() if np.asarray(x).dtype.kind == "f"]
    with np.errstate(over="ignore"):
        return all(np.array_equal(np.asarray(x, np.float32), x, equal_nan=True) for x in read)


def _in_float32(
    caller: Caller, loss: PlainFunction | None, gradient: PlainFunction
) -> Answer | str:
    """The answer in float32; why there is none where the functions leave it or its range.

    loss: None where the gradient returns its value.
    """
    try:
        value = None if loss is None else caller.loss(loss)
        own, found = caller.gradient(gradient)
        value = own if loss is None else value
    except InputError:
        return "it does not run in float32"
    computed = [value if own is None else own, *found.values()]
    if any(np.asarray(x).dtype != np.float32 for x in computed):
        return "it computes in float64 whatever it is given"
    if value is None or not np.isfinite(value):
        return f"the loss is {value} in float32"
    return _answer(own, found, value, "float32")


def _alone(
    home: Native,
    loss: PlainFunction,
    gradient: PlainFunction,
    params: Any,
    point: Arrays,
    args: tuple[Any, ...],
    seed: int,
    constants: Collection[str] | None,
    seconds: float,
    error: InputError,
) -> Finding:
    """What is found in float32, where float64 raises `error`; that, if float32 does not run."""

    def answered(point: Arrays) -> Answer:
        answer = _in_float32(Caller(home, params, point, args, "float32"), loss, gradient)
        if isinstance(answer, str):
            raise error
        return answer

    def translated(point: Arrays) -> Translation:
        return home.translated(_flat(loss, params, args, "float32"), point, "float32")

    if home.name == "numpy" or error.__cause__ is None:
        raise error
    return judged_alone(answered, translated, point, seed, constants, seconds, error)


def _by_differences(
    home: Native,
    loss: PlainFunction,
    params: Any,
    point: Arrays,
    args: tuple[Any, ...],
    answer: Answer,
    seed: int,
    reason: Untranslatable,
) -> Finding:
    """What is found by the loss alone, in the most precise arithmetic in which it runs."""
    plain = _flat(loss, params, args)
    home.refuse_low(plain, point)

    def evaluated(dtype: str, leaves: Arrays) -> Any:
        with home.within("float64"):
            own = {path: home.array(x, dtype) for path, x in leaves.items()}
            return numpy_of(plain(own))

    precisions = ["longdouble", "float64"] if home.name == "numpy" else ["float64"]
    for precision in precisions:
        try:
            found = differences.judged(
                partial(evaluated, precision), point, answer, precision, seed
            )
        except InputError:
            raise
        except Exception:  # np.linalg knows no longdouble, and so do others
            if precision == precisions[-1]:
                raise
            continue
        return replace(found, oracle=f"{found.oracle}; {reason}")
    raise AssertionError("one of the precisions returns or raises")


def _without_lost(found: Finding, of_steps: Finding, lost: Sequence[HeldConstant]) -> Finding:
    """The finding about the loss itself, with the cause if its steps alone have this gradient."""
    if found.right or not of_steps.right:
        return found
    cause = Cause("term-missing", f"It lacks what passes through {held_constant(lost)}.")
    return replace(found, diagnosis=Diagnosis((cause,)), held=of_steps.held)


def _nonfinite(
    value: Any, loss: PlainFunction, params: Any, point: Mapping[str, Any], args: Any, home: Native
) -> str:
    told = f"the loss is {value} at this point; move the point into the loss's domain"
    try:
        home.translated(_flat(loss, params, args), dict(point), "float64")
    except Untranslatable:
        return told
    except InputError as error:
        return str(error)
    return told
