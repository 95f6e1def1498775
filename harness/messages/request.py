"""What a request to a worker is, and the two answers that any may get: done, and refused.

Arrays travel beside the lines, in files of NumPy's that a request names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

A = TypeVar("A")


class Request(Generic[A]):
    """A request whose answer is an `A`.

    begins: whether it begins something that depends on nothing that its worker did before.
    """

    __slots__ = ()
    begins = False


@dataclass(frozen=True, slots=True)
class Done:
    """What was asked for is done; there is nothing to tell."""


OTHER_VERSION = "other version"
"""The status of a request that a worker's gradparity does not know, or knows otherwise."""

SPOILED = "spoiled"
"""The status of a request that is for another worker: what this one served has changed it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request failed. status: what becomes of its cell; reason: one line for a person."""

    status: str
    reason: str
