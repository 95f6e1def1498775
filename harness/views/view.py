"""A view: its controls, and the frame for each setting of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradparity.harness.views.controls import Control, read
from gradparity.results.pages.charts import Frame


@dataclass(frozen=True, slots=True)
class Preset:
    """A setting worth seeing: values of controls, the others at their defaults."""

    title: str
    sentence: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class View:
    """name: in addresses; tab: on its button. lead: what it asks, in a sentence or two.

    asks: what a reader may predict first: the first part of a frame's `answer`.
    compute: values of all controls, as `read` gives them -> frame; deterministic.
    """

    name: str
    tab: str
    title: str
    lead: str
    controls: Sequence[Control]
    compute: Callable[[Mapping[str, Any]], Frame]
    presets: Sequence[Preset] = ()
    asks: str = ""

    def frame(self, given: Mapping[str, Any]) -> Frame:
        """The frame for these values. Raises InputError for what no control may be."""
        with np.errstate(all="ignore"):  # what diverges is drawn as far as it is finite
            return self.compute(read(self.controls, given))

    def told(self) -> dict[str, Any]:
        """What a page must know of the view before the first frame."""
        names = ("name", "tab", "title", "lead", "controls", "presets", "asks")
        return {name: getattr(self, name) for name in names}
