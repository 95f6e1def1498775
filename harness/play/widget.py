"""The widget of a view. Needs anywidget: `notebook.py` says so where it is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import anywidget
import traitlets

from gradparity.harness.play.computer import Reply, answer, refusal
from gradparity.harness.views.view import View
from gradparity.problems.extras import explained
from gradparity.results.pages.bundle import plotly, script, shadow_style
from gradparity.results.pages.encoding import encoded


class ViewWidget(anywidget.AnyWidget):
    """Shows views; asked {"ask": number, "view", "values"}, it sends {"to", "ok", "text"} back.

    held: JSON of what the script must know before the first frame.
    """

    _esm = script("widget")
    held = traitlets.Unicode().tag(sync=True)

    def __init__(self, views: Sequence[View], values: Mapping[str, Any]) -> None:
        told = {"views": [one.told() for one in views], "values": values, "style": shadow_style()}
        super().__init__(held=encoded(told))
        self.on_msg(self._asked)

    def _asked(self, widget: Any, question: Any, buffers: Any) -> None:
        told = self._reply(question)
        self.send({"to": question.get("ask"), "ok": told.status == 200, "text": told.text})

    def _reply(self, question: Mapping[str, Any]) -> Reply:
        if question.get("plotly"):
            try:
                return Reply(200, plotly())
            except ModuleNotFoundError as error:
                return refusal(404, explained(error) or str(error))
        return answer(str(question.get("view")), question.get("values") or {})
