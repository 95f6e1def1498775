"""Why a backend is not asked for an answer."""

from __future__ import annotations

from dataclasses import dataclass

from gradparity.backends import Backend, DeviceBackend, ProbingBackend
from gradparity.problems import Problem


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why there is no answer, and none was to be expected.

    status: "unavailable" or "unsupported"; reason: one line.
    """

    status: str
    reason: str


def why_skipped(backend: Backend, problem: Problem, operator: str, device: str) -> Skipped | None:
    """Why a backend does not answer; None if it may.

    Raises InputError for a backend that cannot be asked.
    """
    for status, reason in (
        ("unavailable", backend.unavailable()),
        ("unavailable", _elsewhere(backend, device)),
        ("unsupported", backend.unsupported(problem, operator)),
    ):
        if reason is not None:
            return Skipped(status, reason)
    return None


def _elsewhere(backend: Backend, device: str) -> str | None:
    """Why a backend does not compute on this device; None if it does."""
    devices = backend.devices if isinstance(backend, DeviceBackend) else ("cpu",)
    if device in devices:
        # The CPU is always there, and asking would import the library.
        if device != "cpu" and isinstance(backend, ProbingBackend):
            return backend.absent(device)
        return None
    return f"{backend.name} computes on {' or '.join(devices)} alone"
