"""Findings in words: for a person, and in JSON's types for a program."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from gradparity.harness.findings.causes import ADVICE
from gradparity.harness.findings.finding import EPS, Diagnosis, Finding, HeldConstant, WorstNumber
from gradparity.results.records.statuses import INACCURATE, MEANINGS

_VALUE = "The value of the loss itself is not that of the problem."


def component(parameter: str, index: Sequence[int] | None) -> str:
    """Write a component: "w1[2,7]", "price" for a scalar, "value"; "w1[?]" without an index."""
    inside = "?" if index is None else ",".join(map(str, index))
    return (f"{parameter}[{inside}]" if inside else parameter) or "value"


def told_apart(first: float, second: float) -> tuple[str, str]:
    """Write two numbers with as many digits, six or more, as show that they differ."""
    for digits in range(6, 18):
        texts = f"{first:.{digits}g}", f"{second:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def listed(names: Iterable[Any]) -> str:
    """Write "a", "a and b" or "a, b and c"."""
    texts = [str(name) for name in names]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def sentence(found: Finding) -> str:
    """Write "w1[2,7]: 0.013121, should be 0.013125 (u = 2.1e+11, bound 64): formula"."""
    if found.status == "ok":
        both = (("float64", found.u64), ("float32", found.u32))
        figures = ", ".join(f"{u:.2g} in {dtype}" for dtype, u in both if u is not None)
        return "; ".join([f"u = {figures}, bound {found.bound:.3g}: ok", *remarks(found)])
    return "; ".join([f"{number(found)}: {found.status}", *remarks(found)])


def agreement(found: Finding) -> str:
    """Write "agrees to 1e-11": the error of the worst number, relative to its scale."""
    return f"agrees to {found.error(found.dtype):.1g}"


def number(found: Finding) -> str:
    """Write "w1[2,7]: 0.013121, should be 0.013125 (u = 2.1e+11, bound 64)", or what is missing."""
    if found.misshapen is not None:
        wrong = found.misshapen
        fault = "is missing" if wrong.found is None else f"has shape {wrong.found}"
        should = "" if wrong.found is None else f", should be {wrong.should}"
        return f"the {wrong.parameter or 'value'} {fault}{should}"
    worst = _worst(found)
    return f"{component(worst.parameter, worst.index)}: {figures(found)}"


def figures(found: Finding) -> str:
    """Write "0.013121, should be 0.013125 (u = 2.1e+11, bound 64)", of the worst number."""
    worst = _worst(found)
    if worst.true is None:
        return f"{worst.got}, should be a finite number"
    got, true = told_apart(worst.got, worst.true)
    return f"{got}, should be {true} ({_size(found, worst.u)})"


def _worst(found: Finding) -> WorstNumber:
    assert found.worst is not None, "what is not misshapen has a worst number"
    return found.worst


def _size(found: Finding, u: float) -> str:
    if not found.relative:
        size = "not finite" if math.isinf(u) else f"u = {u:.1e}"
        return f"{size} in {found.dtype}, bound {found.bound:.3g}"
    if math.isinf(u):
        return "not finite" if _worst(found).parameter else "the loss itself"
    eps = EPS[found.dtype]
    return f"error {u * eps:.1e}, bound {found.bound * eps:.1e}"


def held_constant(held: Iterable[HeldConstant]) -> str:
    """Write "detach, of shape (3,), which depends on w and b"; several one after the other."""
    return listed(
        f"{x.operation}, of shape {x.shape}, which depends on {listed(x.parameters)}" for x in held
    )


def remarks(found: Finding) -> list[str]:
    """Return what is to be added to a verdict."""
    held = [f"held constant: {held_constant(found.held)}"] if found.held else []
    alone = [f"in float64 alone: {found.alone}"] if found.alone else []
    return [*_of_verdict(found), *alone, *held]


def _of_verdict(found: Finding) -> list[str]:
    if found.kink is not None:
        low, high = found.kink
        return [f"at a kink, where anything from {low:.6g} to {high:.6g} is legitimate"]
    if found.status == "dtype-leak":
        return ["bitwise the float32 answer"]
    if found.status == "inaccurate":
        return [agreement(found)] + ([] if found.asked is None else [f"asked {found.asked:g}"])
    if found.unsure and not found.relative and not found.alone:
        return [f"judged in {found.dtype} alone"]
    return []


def why(found: Finding) -> str:
    """Write what is behind a verdict, in a sentence or two; "" if nothing can be said."""
    if found.status == "ok":
        return ""
    if found.status == "inaccurate" and found.coarse:
        return f"{MEANINGS[found.status]} Here: {found.coarse}."
    if found.status != "formula":
        return MEANINGS[found.status]
    if found.wrong_value:
        return _VALUE
    if found.diagnosis is None:
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
    """Write the sentence, what is behind it and the command that shows it, each on its line."""
    if found.status == "ok":
        return ""
    return "\n".join(filter(None, (sentence(found), why(found), command)))


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
    told_too = {"finding": "" if found.status == "ok" else sentence(found), "why": why(found)}
    return {**plain(asdict(found)), "right": found.right, **told_too}
