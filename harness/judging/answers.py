"""Answers on their way from a worker to the judge: checked for form, then written to a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gradparity.backends import Answer, Operator
from gradparity.problems import Array, Arrays, Instance
from gradparity.problems.special.short_floats import rounded
from gradparity.results.records.member_names import member_name, named_by


def malformed(answer: Answer, operator: Operator, instance: Instance, dtype: str) -> str | None:
    """What is wrong with the names, shapes and dtypes of an answer; None if nothing is."""
    held = "float32" if dtype == "bfloat16" else dtype
    if operator in ("value", "gradient", "jvp"):
        value = np.asarray(answer.value)
        if value.shape != ():
            return f"the loss has shape {value.shape}, should be a scalar"
        if (other := _another(value, held, dtype)) is not None:
            return f"the loss {other}"
    shapes = _shapes(operator, instance)
    missing = sorted(set(shapes) - set(answer.derivative))
    surplus = sorted(set(answer.derivative) - set(shapes))
    if missing or surplus:
        lacking = f"lacks {', '.join(missing)}" if missing else ""
        having = f"has {', '.join(surplus)}, which is no parameter" if surplus else ""
        return f"the {operator} {' and '.join(filter(None, (lacking, having)))}"
    for name, shape in shapes.items():
        array = np.asarray(answer.derivative[name])
        what = f"the {operator} of {name}" if operator in ("gradient", "hvp") else f"the {name}"
        if len(array.shape) != len(shape) or any(
            want not in (None, got) for want, got in zip(shape, array.shape, strict=True)
        ):
            shown = str(shape).replace("None", "m")
            return f"{what} has shape {array.shape}, should be {shown}"
        if (other := _another(array, held, dtype)) is not None:
            return f"{what} {other}"
    return None


def _another(x: Array, held: str, dtype: str) -> str | None:
    """Why an array is not of a dtype, which one of `held` may hold; None if it is."""
    if x.dtype != held:
        return f"is {x.dtype}, should be {dtype}"
    if held == dtype:
        return None
    other = x[(rounded(x, dtype) != x) & np.isfinite(x)]
    return f"holds {other.flat[0]}, should be {dtype}" if other.size else None


def _shapes(operator: Operator, instance: Instance) -> dict[str, tuple[int | None, ...]]:
    """The shapes of an operator's derivative; None for a length that the loss alone knows."""
    count = instance.parameters
    if operator in ("gradient", "hvp"):
        return {name: np.shape(array) for name, array in instance.params.items()}
    shapes: dict[str, tuple[int | None, ...]] = {
        "jvp": (),
        "hessian": (count, count),
        "jacobian": (None, count),
    }
    return {operator: shapes[operator]} if operator in shapes else {}


def by_name(answer: Answer) -> Arrays:
    """Return the arrays of an answer by name, its value, if there is one, under ""."""
    value = {} if answer.value is None else {"": np.asarray(answer.value)}
    return {**value, **{name: np.asarray(x) for name, x in answer.derivative.items()}}


def save(answer: Answer, path: Path) -> None:
    """Write an answer to `path`, an .npz file."""
    arrays = by_name(answer).items()
    np.savez(path, **{f"d_{member_name(name)}" if name else "value": x for name, x in arrays})


def read(path: Path) -> Answer:
    """The answer that `save` wrote."""
    with np.load(path) as file:
        names = [name for name in file.files if name != "value"]
        return Answer(
            file["value"] if "value" in file.files else None,
            {named_by(name.removeprefix("d_")): file[name] for name in names},
        )
