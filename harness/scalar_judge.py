"""The judge of one number: the value of a loss, or its slope along the direction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from harness.array_judge import DOUBTFUL, relative
from harness.verdict import Finding


class ScalarJudge:
    """Findings on one number: per label, its relative error.

    name: "" for the value. true: what it should be. sensitivity: returns S of it, asked for where
    an error is unusual without it. floor: added to every scale, what underflow may lose.
    """

    def __init__(
        self,
        name: str,
        answers: dict[str, Any],
        true: Any,
        sensitivity: Callable[[], Any],
        bound: float,
        floor: float,
    ) -> None:
        self.name = name
        self._got = {label: np.longdouble(got) for label, got in answers.items()}
        self._scales = {}
        self.findings = {}
        for label, got in self._got.items():
            scale = abs(true) + floor
            if relative(got, true, scale) > DOUBTFUL * bound:
                scale = scale + sensitivity()
            self._scales[label] = scale
            self.findings[label] = Finding(float(relative(got, true, scale)), name, 0, got, true)

    def located(self, label: str) -> Finding:
        """Return the finding for `label`: a number is a place of its own."""
        return self.findings[label]

    def pair(self, first: str, second: str) -> tuple[float, int]:
        """Return the relative difference of two answers, and the flat index, 0."""
        scale = max(self._scales[first], self._scales[second])
        return float(relative(self._got[first], self._got[second], scale)), 0
