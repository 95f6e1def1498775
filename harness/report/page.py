"""The page of a report, with all that it shows inside."""

from __future__ import annotations

from gradparity.harness.report.course import course
from gradparity.problems.extras import needed
from gradparity.results.pages.bundle import page, plotly
from gradparity.results.pages.encoding import encoded


def report_page(solids: bool = True) -> str:
    """The HTML of a report of the course's views.

    solids: whether Plotly's script is in it, for surfaces in three dimensions. Raises InputError
    with the line to type where they are asked for and Plotly is missing.
    """
    views, frames = course(solids)
    packs = {"frames": encoded(frames)}
    if solids:
        with needed():
            packs["plotly"] = plotly()
    return page("gradparity: the course", {"views": views}, packs=packs)
