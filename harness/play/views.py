"""The views, in the order in which they teach; then the claims."""

from __future__ import annotations

from gradparity.harness.claims import live
from gradparity.harness.views import descent, flow, slope, steepest, xor
from gradparity.harness.views.view import View

TEACHING: dict[str, View] = {
    view.name: view for view in (slope.VIEW, steepest.VIEW, flow.VIEW, descent.VIEW, xor.VIEW)
}

VIEWS: dict[str, View] = {**TEACHING, live.VIEW.name: live.VIEW}
