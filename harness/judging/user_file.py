"""A user's problem, tried once before it is judged, so that a mistake is one clear line."""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.judging.answers import malformed
from gradparity.problems import InputError, Instance, Problem
from gradparity.problems.namespace import NUMPY
from gradparity.problems.problem import ByHand


def check(problem: Problem, file: str, seed: int) -> None:
    """Draw the smallest size and evaluate the loss and the hand-written gradient on NumPy.

    Raises InputError, one line that names the file, the problem and the thing, if something cannot
    be evaluated or has the wrong form. Whether the gradient is right is the judge's business.
    """
    where = f"{file}: {problem.name}"
    if not problem.sizes:
        raise InputError(f'{where}: sizes is empty; give it at least {{"tiny": {{}}}}')
    size = next(iter(problem.sizes))
    instance = _drawn(problem, size, seed, where)
    before = _copied(instance)
    value = _evaluated(problem, instance, where)
    _finite_scalar(value, f"{where}: the loss")
    _unchanged(instance, before, f"{where}: the loss")
    again = _evaluated(problem, instance, where)
    _finite_scalar(again, f"{where}: the loss, called a second time,")
    if again != value:
        raise InputError(
            f"{where}: the loss is not deterministic: two calls at the same point gave "
            f"{float(value):.17g} and {float(again):.17g}"
        )
    for name, gradient in problem.by_hand.items():
        if not isinstance(gradient, str):
            what = "the gradient" if problem.gradient is gradient else f"the gradient {name!r}"
            _check_gradient(gradient, instance, f"{where}: {what}")
            _unchanged(instance, before, f"{where}: {what}")


def _evaluated(problem: Problem, instance: Instance, where: str) -> Any:
    try:
        return problem.loss(NUMPY, instance.params, instance.data)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error
    except MemoryError:
        raise  # not the file's mistake: its cells will say so
    except Exception as error:
        if isinstance(error, ValueError) and "truth value of an array" in str(error):
            told = "an array is neither true nor false; write xp.where(x > 0, a, b)"
            raise InputError(f"{where}: {told}") from error
        raise InputError(f"{where}: the loss raises {_told(error)}") from error


def _drawn(problem: Problem, size: str, seed: int, where: str) -> Instance:
    try:
        instance = problem.instance(size, seed)
    except MemoryError:
        raise
    except Exception as error:
        raise InputError(f"{where}: draw({size!r}) raises {_told(error)}") from error
    if not instance.params:
        raise InputError(f"{where}: draw gives no parameters")
    for name, array in instance.params.items():
        if array.dtype != np.float64:
            raise InputError(f"{where}: parameter {name} is {array.dtype}, should be float64")
        if array.size == 0:
            raise InputError(f"{where}: parameter {name} is empty, of shape {array.shape}")
    for kind, arrays in (("parameter", instance.params), ("data", instance.data)):
        for name, array in arrays.items():
            if array.dtype.kind == "f" and not np.all(np.isfinite(array)):
                raise InputError(f"{where}: {kind} {name} has NaN or infinity in it")
    return instance


def _check_gradient(gradient: ByHand, instance: Instance, where: str) -> None:
    try:
        answer = gradient(instance.params, instance.data)
    except MemoryError:
        raise
    except Exception as error:
        raise InputError(f"{where} raises {_told(error)}") from error
    if not (isinstance(answer, tuple) and len(answer) == 2 and isinstance(answer[1], dict)):
        raise InputError(
            f"{where} returns {type(answer).__name__}, should return (value, {{parameter: array}})"
        )
    value, slopes = answer
    _finite_scalar(value, f"{where}'s value")
    arrays = {name: np.asarray(array) for name, array in slopes.items()}
    fault = malformed(Answer(np.float64(value), arrays), "gradient", instance, "float64")
    if fault is not None:
        raise InputError(f"{where}: {fault}")
    for name, array in arrays.items():
        if not np.all(np.isfinite(array)):
            index = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
            shown = f"[{','.join(map(str, index))}]" if index else ""
            raise InputError(f"{where} of {name}{shown} is {array[index]}")


def _finite_scalar(value: Any, what: str) -> None:
    array = np.asarray(value)
    if array.shape != ():
        raise InputError(f"{what} has shape {array.shape}, should be a scalar; sum or average it")
    if array.dtype.kind != "f":
        raise InputError(f"{what} is {array.dtype}, should be a real floating number")
    if not np.isfinite(array):
        raise InputError(f"{what} is {array} at the point drawn with the smallest size")


def _copied(instance: Instance) -> Instance:
    return Instance(
        {name: array.copy() for name, array in instance.params.items()},
        {name: array.copy() for name, array in instance.data.items()},
    )


def _unchanged(instance: Instance, before: Instance, what: str) -> None:
    for now, then in ((instance.params, before.params), (instance.data, before.data)):
        for name, array in then.items():
            if not np.array_equal(now[name], array):
                raise InputError(f"{what} changes its argument {name}; work on a copy")


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
