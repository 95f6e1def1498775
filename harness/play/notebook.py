"""A view in a notebook: the page's script as a widget, frames from the kernel."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from gradparity.harness.landscapes.plain_loss import problem_of_plain
from gradparity.harness.planning.lookup import catalogue
from gradparity.harness.planning.made import DEFAULT_FOLDER, kept, problem_of
from gradparity.harness.play.computer import Computer, Target, answer
from gradparity.harness.play.views import VIEWS
from gradparity.harness.views.controls import read
from gradparity.problems import Arrays, InputError, Problem
from gradparity.problems.extras import needed
from gradparity.problems.python_file import is_file
from gradparity.problems.user_files import unknown_target

if TYPE_CHECKING:
    from gradparity.harness.play.widget import ViewWidget


def play(
    target: str | Problem | Callable[..., Any] | None = None,
    params: Arrays | None = None,
    data: Arrays | None = None,
    /,
    *,
    size: str | None = None,
    seconds: float = 20.0,
    **values: Any,
) -> ViewWidget:
    """A live view under a notebook's cell: move a slider, and Python answers.

        gp.play("descent", rate=0.19)
        gp.play("rosenbrock"), gp.play("my_loss.py::valley"), gp.play(problem)
        gp.play(lambda x, y: (x - 1) ** 2 + 10 * (y - x**2) ** 2)
        gp.play(loss, {"w": np.ones(3)}, {"X": X, "y": y})  # loss(xp, params, data)

    target: a view, "slope", "steepest", "flow", "descent" or "xor"; without one, all, with a button
    for each. Or a problem, by name, as a `Problem`, in a file (`FILE::NAME` says which), or a
    function: f(x, y) of NumPy, or a loss followed by its params and data. Of two variables its
    surface is shown, of more a slice. size: of the problem, its smallest without one.
    seconds: the most that one answer of a problem may take; it runs in a process of its own.
    values: of the view's controls, the others at their defaults. Raises InputError for what does
    not exist, for a value that a control may not have, and where anywidget is missing.
    """
    if target is None or (isinstance(target, str) and target in VIEWS):
        views = list(VIEWS.values()) if target is None else [VIEWS[str(target)]]
        read(views[0].controls, values)
        with needed():
            from gradparity.harness.play.widget import ViewWidget
        return ViewWidget([view.told() for view in views], values, partial(answer, VIEWS))
    computer = Computer(seconds, Target(_named(target, params, data), size))
    try:
        own = computer.told()[0]
        read(own["controls"], values)
        with needed():
            from gradparity.harness.play.widget import ViewWidget
    except BaseException:
        computer.close()
        raise
    widget = ViewWidget([own], values, computer.ask)
    weakref.finalize(widget, computer.close)
    return widget


def _named(target: Any, params: Arrays | None, data: Arrays | None) -> str:
    """The target as another process finds it; what was made in Python is kept in a file."""
    if isinstance(target, str):
        if is_file(target) or target in catalogue():
            return target
        raise unknown_target("view or problem", target, [*VIEWS, *catalogue()])
    if isinstance(target, Problem):
        ours = catalogue().get(target.name) is target
        return target.name if ours else kept(target, DEFAULT_FOLDER)
    if not callable(target):
        raise InputError(
            f"play: a {type(target).__name__} is no view, problem, file or function; "
            'for example gp.play("descent") or gp.play(lambda x, y: x**2 + y**2)'
        )
    if params is None:
        return kept(problem_of_plain(target), DEFAULT_FOLDER)
    if not isinstance(params, Mapping):
        raise InputError("play: the params of a loss are arrays by name: {'w': np.ones(3)}")
    return kept(problem_of(target, params, data), DEFAULT_FOLDER)
