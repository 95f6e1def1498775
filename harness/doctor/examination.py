"""The whole examination, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gradparity.backends.catalogue import DEFAULTS
from gradparity.harness.doctor import clock, installation, memory, processor
from gradparity.harness.doctor.noise import noise
from gradparity.harness.doctor.observation import Observation
from gradparity.harness.doctor.threads import threads
from gradparity.problems.errors import InputError


def examine(
    seconds: float, say: Callable[[str], None], backends: Sequence[str] = DEFAULTS
) -> list[Observation]:
    """Return every observation; `say` is told what takes time. seconds: for the noise.

    Raises: InputError for seconds that are none.
    """
    if not 0 < seconds <= 3600:
        raise InputError(f"seconds is {seconds:g}; it should be more than 0, and at most 3600")
    found = [
        *installation.observations(),
        *processor.observations(),
        *memory.observations(),
        *clock.observations(),
    ]
    say(f"threads of {', '.join(backends)}: a few seconds each ...")
    found += threads(backends)
    say(f"noise between two equals: {seconds:g} s ...")
    return found + noise(seconds)
