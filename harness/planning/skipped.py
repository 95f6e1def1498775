"""Why a backend is not asked for an answer."""

from __future__ import annotations

from dataclasses import dataclass

from gradparity.backends import DTYPES, Backend, DeviceBackend, LowBackend, ProbingBackend
from gradparity.problems import Problem


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why there is no answer, and none was to be expected.

    status: "unavailable" or "unsupported"; reason: one line.
    """

    status: str
    reason: str


def why_skipped(
    backend: Backend, problem: Problem, operator: str, device: str, dtype: str = "float64"
) -> Skipped | None:
    """Why a backend does not answer; None if it may.

    Raises InputError for a backend that cannot be asked.
    """
    for status, reason in (
        ("unavailable", backend.unavailable()),
        ("unavailable", _elsewhere(backend, device)),
        ("unsupported", backend.unsupported(problem, operator)),
        ("unsupported", without_dtype(backend, dtype)),
    ):
        if reason is not None:
            return Skipped(status, reason)
    return None


def without_dtype(backend: Backend, dtype: str) -> str | None:
    """Why a backend does not compute in a dtype; None if it does."""
    low = backend.low_dtypes if isinstance(backend, LowBackend) else ()
    if dtype in (*DTYPES, *low):
        return None
    return f"{backend.name} computes in {' and '.join((*DTYPES[::-1], *low))} alone, not in {dtype}"


def _elsewhere(backend: Backend, device: str) -> str | None:
    """Why a backend does not compute on this device; None if it does."""
    devices = backend.devices if isinstance(backend, DeviceBackend) else ("cpu",)
    if device in devices:
        # The CPU is always there, and asking would import the library.
        if device != "cpu" and isinstance(backend, ProbingBackend):
            return backend.absent(device)
        return None
    return f"{backend.name} computes on {' or '.join(devices)} alone"
