"""The views of a report, in their order: each is made from the material, or None without any."""

from __future__ import annotations

from collections.abc import Callable

from gradparity.harness.report.claims_view import claims_view
from gradparity.harness.report.conventions_view import conventions_view
from gradparity.harness.report.gate_view import gate_view
from gradparity.harness.report.history_view import history_view
from gradparity.harness.report.landscape_view import landscape_view
from gradparity.harness.report.material.material import Material
from gradparity.harness.report.material.stored_view import StoredView
from gradparity.harness.report.parity_view import parity_view
from gradparity.harness.report.problems_view import problems_view
from gradparity.harness.report.races.paths_view import paths_view
from gradparity.harness.report.races.rates_view import rates_view
from gradparity.harness.report.size_view import size_view
from gradparity.harness.report.timing_view import timing_view
from gradparity.harness.report.verdict_view import verdict_view

MAKERS: tuple[Callable[[Material], StoredView | None], ...] = (
    verdict_view,
    parity_view,
    timing_view,
    size_view,
    paths_view,
    rates_view,
    landscape_view,
    claims_view,
    problems_view,
    gate_view,
    conventions_view,
    history_view,
)


def views_of(material: Material) -> list[StoredView]:
    """Return the views that there is something to show in."""
    made = (maker(material) for maker in MAKERS)
    return [view for view in made if view is not None]
