"""Frames of stored charts are those of the charts that were stored."""

import json

import numpy as np

from gradparity.results.pages.charts import Axis, Chart, Frame, Polyline
from gradparity.results.pages.encoding import encoded
from gradparity.results.pages.sharing import shared

CHART = Chart(
    *("c", "A line", Axis("x"), Axis("y", scale="log")),
    [Polyline(np.arange(50.0), [1.0, np.nan] * 25, "long"), Polyline([0.0], [1.0], "short")],
)


def test_a_chart_that_was_stored_is_shared_as_it_was():
    stored = json.loads(encoded(CHART))
    told = [shared({"v": {"k": Frame("s", [chart])}}) for chart in (CHART, stored)]
    assert json.loads(told[0]) == json.loads(told[1])
