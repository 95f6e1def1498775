"""Answers on their way from a worker to the judge: checked for form, then written to a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gradparity.backends import Answer, Operator
from gradparity.problems import Arrays, Instance
from gradparity.results.records.member_names import member_name, named_by


def malformed(answer: Answer, operator: Operator, instance: Instance, dtype: str) -> str | None:
    """What is wrong with the names, shapes and dtypes of an answer; None if nothing is."""
    if operator in ("value", "gradient", "jvp"):
        value = np.asarray(answer.value)
        if value.shape != ():
            return f"the loss has shape {value.shape}, should be a scalar"
        if value.dtype != dtype:
            return f"the loss is {value.dtype}, should be {dtype}"
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
        if array.dtype != dtype:
            return f"{what} is {array.dtype}, should be {dtype}"
    return None


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
