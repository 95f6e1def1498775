"""The widget of a view. Needs anywidget: `notebook.py` says so where it is missing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anywidget
import traitlets

from gradparity.harness.play.computer import Reply, refusal
from gradparity.problems.extras import explained
from gradparity.results.pages.bundle import plotly, script, shadow_style
from gradparity.results.pages.encoding import encoded


class ViewWidget(anywidget.AnyWidget):
    """Shows views; asked {"ask": number, "view", "values"}, it sends {"to", "ok", "text"} back.

    held: JSON of what the script must know before the first frame.
    """

    _esm = script("widget")
    held = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        views: Sequence[Mapping[str, Any]],
        values: Mapping[str, Any],
        ask: Callable[[str, Mapping[str, Any]], Reply],
    ) -> None:
        """views: what `View.told` tells of each; values: of the first one's controls."""
        told = {"views": views, "values": values, "style": shadow_style()}
        super().__init__(held=encoded(told))
        self._ask = ask
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
        return self._ask(str(question.get("view")), question.get("values") or {})
