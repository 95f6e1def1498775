"""A view in a notebook: the page's script as a widget, frames from the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradparity.harness.views.catalogue import VIEWS
from gradparity.harness.views.controls import read
from gradparity.problems.errors import unknown
from gradparity.problems.extras import needed

if TYPE_CHECKING:
    from gradparity.harness.play.widget import ViewWidget


def play(view: str | None = None, /, **values: Any) -> ViewWidget:
    """A live view under a notebook's cell: move a slider, and the kernel answers.

        gp.play("descent", rate=0.19)

    view: "slope", "flow", "descent" or "xor"; without one, all four, with a button for each.
    values: of the view's controls, the others at their defaults. Raises InputError for a view or a
    control that does not exist, for a value that it may not have, and where anywidget is missing.
    """
    if view is not None and view not in VIEWS:
        raise unknown("view", view, VIEWS)
    views = list(VIEWS.values()) if view is None else [VIEWS[view]]
    read(views[0].controls, values)
    with needed():
        from gradparity.harness.play.widget import ViewWidget
    return ViewWidget(views, values)
