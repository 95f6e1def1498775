"""Findings in words: for a person, and in JSON's types for a program."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from gradparity.harness.findings.causes import ADVICE
from gradparity.harness.findings.finding import Diagnosis, Finding, HeldConstant
from gradparity.harness.findings.notation import listed, repeated
from gradparity.results.records.statuses import INACCURATE, MEANINGS

_VALUE = "The value of the loss itself is not that of the problem."


def held_constant(held: Iterable[HeldConstant]) -> str:
    """Write "detach, of shape (3,), which depends on w and b"; several one after the other."""
    return repeated(held)


def sentence(found: Finding) -> str:
    """Write "w1[2,7]: 0.013121, should be 0.013125 (u = 2.1e+11, bound 64): formula"."""
    if found.status == "ok":
        figures = ", ".join(f"{u:.2g} in {dtype}" for dtype, u in found.figure.items())
        return "; ".join([f"u = {figures}, bound {found.bound:.3g}: ok", *found.remarks])
    return "; ".join([f"{found.bias or found.place}: {found.status}", *found.remarks])


def why(found: Finding) -> str:
    """Write what is behind a verdict, in a sentence or two; "" if nothing can be said."""
    if found.status == "ok":
        return ""
    if found.lost:
        return (
            f"No digit of the gradient of {listed(found.lost)} is determined by the loss in "
            f"{found.dtype}: rounding a parameter moves the loss by more than its size. Whether "
            "the formula is right cannot be said here; judge it where less is lost, as after fewer "
            "steps."
        )
    if found.status == "inaccurate" and found.coarse:
        return f"{MEANINGS[found.status]} Here: {found.coarse}."
    if found.bias and found.status == "formula":
        return "The mathematics is wrong: rounding does not take many numbers to one side."
    if found.status == "nonfinite" and found.diagnosis is not None:
        return f"{MEANINGS[found.status]} {told(found.diagnosis)}"
    if found.status != "formula":
        return MEANINGS[found.status]
    if found.wrong_value:
        return _VALUE
    if found.diagnosis is None or found.bias:
        return ""
    right = f" Right: {', '.join(found.diagnosis.right)}." if found.diagnosis.right else ""
    return told(found.diagnosis) + right


def advice(found: Finding) -> str:
    """Write what to do about a wrong formula, in a sentence; "" if nothing is known."""
    return "" if found.diagnosis is None else ADVICE[found.diagnosis.cause.key]


def told(diagnosis: Diagnosis) -> str:
    """Write the causes: the first in full, the others by name."""
    first, *others = diagnosis.causes
    sentences = [first.sentence]
    if diagnosis.unexplained:
        verb = "is" if len(diagnosis.unexplained) == 1 else "are"
        rest = listed(diagnosis.unexplained)
        sentences = ["in part:", first.sentence, f"{rest} {verb} wrong as well."]
    elif others:
        rest = listed(f"{cause.parameter} ({cause.key})" for cause in others)
        sentences.append(f"Wrong as well: {rest}.")
    if diagnosis.ran_out is not None:
        sentences.append(
            f"The search for a cause was given up after {diagnosis.ran_out:g} s: "
            "seconds=... or --seconds gives it more."
        )
    return " ".join(sentences)


def reason(found: Finding, command: str = "") -> str:
    """Write the sentence, why, what to do and the command that shows it, each on its line."""
    if found.status == "ok":
        return ""
    return "\n".join(filter(None, (sentence(found), why(found), advice(found), command)))


def accusation(who: str, problem: str, operator: str, found: Finding) -> str:
    """Write "tape is wrong on mlp/w1[2,7]: ..., should be ... (...): formula"."""
    word = "right" if found.right else "inaccurate" if found.status in INACCURATE else "wrong"
    what = "" if operator == "gradient" else f" ({operator})"
    joint = ": " if found.status == "ok" or found.worst is None else "/"
    return f"{who} is {word} on {problem}{what}{joint}{sentence(found)}"


def plain(value: Any) -> Any:
    """Return data in JSON's types: what is not finite is None, tuples are lists."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: plain(member) for key, member in value.items()}
    return [plain(member) for member in value] if isinstance(value, list | tuple) else value


def document(found: Finding) -> dict[str, Any]:
    """Return the finding and its words in JSON's types."""
    line = "" if found.status == "ok" else sentence(found)
    words = {"finding": line, "why": why(found), "advice": advice(found)}
    return {**plain(asdict(found)), "right": found.right, **words}
