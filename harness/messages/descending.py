"""Requests to who trains: a descent from its start to its end, and the loss around it."""

from __future__ import annotations

from dataclasses import dataclass

from gradparity.harness.messages.descent_spec import DescentSpec
from gradparity.harness.messages.request import Done, Request
from gradparity.harness.messages.spec import Question
from gradparity.results.records.descent import Descent


@dataclass(frozen=True, slots=True)
class BeginDescent(Request[Done]):
    """Prepare a descent and stand at its start."""

    begins = True
    spec: DescentSpec


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a descent is: whether it has ended, its steps, its last loss."""

    ended: bool
    steps: int
    loss: float


@dataclass(frozen=True, slots=True)
class AdvanceDescent(Request[Advance]):
    """Make steps for this many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class EndedDescent:
    """The record of a descent; its history is in the file that was named."""

    descent: Descent


@dataclass(frozen=True, slots=True)
class EndDescent(Request[EndedDescent]):
    """End the descent and write its packed history to a file."""

    file: str


@dataclass(frozen=True, slots=True)
class Known:
    """What a picture of paths says of a problem in one or two variables.

    axes: what they are called: "price [€]", or "x[0]" and "x[1]" of one array. height: what its
    loss is called. minimum: a minimiser, flat; () where none is known.
    """

    axes: tuple[str, ...]
    height: str
    minimum: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class FindKnown(Request[Known]):
    """Look at a problem for a picture of paths."""

    begins = True
    question: Question


@dataclass(frozen=True, slots=True)
class EvaluatePlane(Request[Done]):
    """The loss of a problem with two parameters on a plane, into an .npy file.

    sides: the parameters' values along both axes.
    """

    begins = True
    question: Question
    sides: tuple[tuple[float, ...], tuple[float, ...]]
    file: str
