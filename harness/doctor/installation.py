"""Which gradparity is examined, and whether there is another on the path."""

from __future__ import annotations

from gradparity.harness.doctor.observation import Observation, judged
from gradparity.harness.terminal.installed import HERE, OWN, warning


def observations() -> list[Observation]:
    """Return the version that runs; it could be better where there are two."""
    told = warning()
    return [judged("gradparity", f"{OWN} in {HERE}", told is None, told or "", version=OWN)]
