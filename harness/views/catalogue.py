"""The views, in the order in which they teach."""

from __future__ import annotations

from gradparity.harness.views import descent, flow, slope, steepest, xor
from gradparity.harness.views.view import View

VIEWS: dict[str, View] = {
    view.name: view for view in (slope.VIEW, steepest.VIEW, flow.VIEW, descent.VIEW, xor.VIEW)
}
