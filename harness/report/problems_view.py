"""The problems that the course begins with, each beside its closed form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gradparity.backends import Setting
from gradparity.backends.catalogue import load
from gradparity.harness.play.views import VIEWS
from gradparity.harness.report.material.material import Material
from gradparity.harness.report.material.stored_view import StoredView, selection, stored
from gradparity.harness.training.descents.objective import CountedObjective
from gradparity.harness.training.descents.prepared_cache import PreparedLoss
from gradparity.harness.views.paths import prepared_cache
from gradparity.problems import Instance
from gradparity.problems.catalogue import PROBLEMS
from gradparity.results.pages.charts import Frame, Table

SHOWN: Mapping[str, tuple[str, str, Mapping[str, Any]]] = {
    "price": ("the price of one item", "slope", {"function": "price-linear"}),
    "ad": (
        "a price and its advertising",
        "descent",
        {"surface": "price-root", "second": "none", "rate": 0.1, "beside": "nothing"},
    ),
    "xor": ("XOR, four cases", "xor", {"hidden": 2, "steps": 1000}),
}
"""Control's value -> what it is called, the view that draws it, and its setting."""
KNOWN = ("price-linear", "price-elastic", "price-logit", "price-ad-sqrt", "price-ad-log")


def problems_view(material: Material) -> StoredView | None:
    """Return the view; None beside the course, which has more of the same."""
    if material.teach:
        return None
    closed = _closed_forms()
    return stored(
        "problems",
        "Problems",
        "What are the smallest problems like?",
        "A price, a price with its advertising, XOR. Where a closed form is known, our gradient "
        "is asked there: it should be 0 to rounding.",
        [selection("problem", "Problem", [(key, told) for key, (told, *_) in SHOWN.items()])],
        {(key,): _frame(view, given, closed) for key, (_, view, given) in SHOWN.items()},
    )


def _frame(view: str, given: Mapping[str, Any], closed: Table) -> Frame:
    """The teaching view's frame, without what its own page alone can ask and answer."""
    made = VIEWS[view].frame(given)
    return replace(made, answer=None, challenge=None, tables=[*made.tables, closed])


def _closed_forms() -> Table:
    """Each problem's known optimum for the data of its first instance, and our gradient there."""
    columns: dict[str, list[Any]] = {
        name: [] for name in ("problem", "closed form", "loss there", "norm of the gradient there")
    }
    for name in KNOWN:
        problem = PROBLEMS[name]
        instance = problem.instance("tiny", 0)
        if problem.minimum is None:
            continue
        best = problem.minimum(instance.data)
        if best.params is None:
            continue
        there = Instance(best.params, instance.data)
        loss = PreparedLoss(load("tape"), problem, there, Setting(), prepared_cache())
        objective = CountedObjective(loss)
        slope = objective.gradient(objective.layout.flatten(best.params))[1]
        told = (f"{key} = {float(np.asarray(x)):.6g}" for key, x in best.params.items())
        row = (name, ", ".join(told), float(best.value), float(np.linalg.norm(slope)))
        for column, value in zip(columns.values(), row, strict=True):
            column.append(value)
    return Table("Closed forms, and the tape's gradient there", columns)
