"""The page of a report, with all that it shows inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradparity.harness.report.catalogue import views_of
from gradparity.harness.report.course import course
from gradparity.harness.report.material.material import Material
from gradparity.harness.report.material.stored_view import StoredView
from gradparity.harness.report.static_part import static_runs
from gradparity.problems.extras import needed
from gradparity.results.pages.bundle import page, plotly
from gradparity.results.pages.rendering import rendered
from gradparity.results.pages.sharing import shared


def report_page(
    solids: bool = True, material: Material | None = None, teach: bool = True, nonce: str = ""
) -> str:
    """The HTML of a report: the course's views if it is to teach, then those of the material.

    solids: whether Plotly's script is in it, for surfaces in three dimensions. nonce: of the page's
    policy, where it is served. Raises InputError
    with the line to type where Plotly or Jinja2 is missing.
    """
    material = replace(material or Material(), teach=teach)
    views: Sequence[StoredView] = [*(course(solids) if teach else ()), *views_of(material)]
    packs = {"frames": shared({one.view.name: one.frames for one in views})}
    with needed():
        if solids:
            packs["plotly"] = plotly()
        title = "gradparity: the course" if not material.runs else "gradparity: report"
        body = rendered("report.html.j2", title=title, runs=static_runs(material))
    return page(title, {"views": [one.view.told() for one in views]}, body, nonce, packs)
