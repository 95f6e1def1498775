"""A term left out or too many: the difference is a multiple of a known array."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradparity.harness.findings.finding import Cause
from gradparity.harness.findings.notation import listed
from gradparity.harness.judging.diagnosis.evidence.evidence import EPS, Context, Evidence
from gradparity.harness.judging.diagnosis.evidence.figures import CHANCE, figure, short_number
from gradparity.problems import Array


def whole_term(context: Context) -> Cause | None:
    """Return the cause if the difference of all wrong parameters is one multiple of f(θ).

    A parameter that is right must not have such a term, unless it is zero there.
    """
    parts = context.wrong
    for text, function in _own("θ"):
        found = _multiple(parts, [function(e.theta) for e in parts])
        if found is not None and (cause := _told(found, text, parts, context)) is not None:
            return cause
    return None


def term(e: Evidence, context: Context, chance: float = CHANCE) -> Cause | None:
    """Return the cause if the difference is a multiple of a known array of the same shape.

    chance: with which a single component is a known multiple without meaning it.
    """
    for text, basis in _bases(e, context):
        found = _multiple([e], [basis])
        if found is not None and (cause := _told(found, text, [e], context, chance)) is not None:
            return cause
    return None


def _own(name: str) -> list[tuple[str, Any]]:
    return [
        (name, lambda x: x),
        ("1", np.ones_like),
        (f"sign({name})", np.sign),
        (f"{name}²", np.square),
        (f"{name}³", lambda x: x * x * x),
    ]


def _bases(e: Evidence, context: Context) -> Iterator[tuple[str, Array]]:
    for text, function in _own(e.name):
        yield text, function(e.theta)
    for name, other in context.every.items():
        if other is not e and other.true.shape == e.true.shape:
            yield f"the gradient of {name}", other.true
            yield name, other.theta
    for name, x in context.data.items():
        if x.shape == e.true.shape and x.dtype.kind == "f":
            yield name, x


def _multiple(parts: list[Evidence], bases: list[Array]) -> tuple[Any, Any, int] | None:
    """The λ with got - true = λ basis, its doubt, and the number of components that show it."""
    basis = np.concatenate([np.ravel(b) for b in bases])
    got, true, scale = (
        np.concatenate([np.ravel(getattr(e, w)) for e in parts]) for w in ("got", "true", "scale")
    )
    noise = scale + 4 * EPS * np.abs(got) + 1e-300
    # Every function of equal numbers is a multiple of every other one.
    if basis.size > 1 and np.ptp(basis) == 0 and not np.all(basis == 1):
        return None
    seen = np.isfinite(basis) & np.isfinite(got)
    if not seen.all() or not basis.any():
        return None
    best = int(np.argmax(np.abs(basis) / noise))
    factor = (got[best] - true[best]) / basis[best]
    doubt = noise[best] / abs(basis[best])
    if np.any(np.abs(got - true - factor * basis) > noise + np.abs(basis) * doubt):
        return None
    return factor, doubt, int((np.abs(factor * basis) > 10 * noise).sum())


def _told(
    found: tuple[Any, Any, int],
    text: str,
    parts: list[Evidence],
    context: Context,
    chance: float = CHANCE,
) -> Cause | None:
    factor, doubt, count = found
    # That several components agree is less of a chance already.
    known = _known(abs(factor), doubt, context, max(chance, 1e-4 if count > 1 else 0))
    # A single component is always some multiple; then the factor must be one that is known.
    if not count or (count < 2 and not known) or abs(factor) <= doubt:
        return None
    names = listed(e.name for e in parts)
    verb = "lacks" if len(parts) == 1 else "lack"
    if factor > 0:
        verb = "has" if len(parts) == 1 else "have"
    size = figure(known[0] if known else abs(factor))
    what = size if text == "1" else f"{size}·{text}"
    from_ = f" ({known[1]})" if known and known[1] else ""
    own = parts[0].name if len(parts) == 1 else "θ"
    the = "the" if known else "which may be the"
    penalties = {
        own: f", {the} term of an L2 penalty",
        f"sign({own})": f", {the} term of an L1 penalty",
    }
    # Where all entries are of one size, every function of them is a multiple of every other one.
    sizes = np.concatenate([np.ravel(np.abs(e.theta)) for e in parts])
    kind = penalties.get(text, "") if np.ptp(sizes) > 0 or (known and known[1]) else ""
    key, how = ("term-added", "a term too many") if factor > 0 else ("term-missing", "the term")
    parameter = parts[0].name if len(parts) == 1 else ""
    meant = bool(known and known[1])
    spread = np.ptp(sizes) > 0 and known is not None
    sure = (spread or meant or text == "1") and (count > 1 or chance <= CHANCE or meant)
    if not sure:
        verb = "may lack" if factor < 0 else "may have"
    return Cause(
        key,
        f"{names} {verb} {how} {what}{from_}{kind}; without that difference all is right.",
        parameter,
        sure=sure,
    )


def _known(factor: Any, doubt: Any, context: Context, chance: float) -> tuple[Any, str] | None:
    """A datum (or its double, half, or mean over the cases) or a round number that λ equals."""
    near = 4 * doubt + 8 * EPS * factor
    for name, x in context.data.items():
        if x.ndim == 0 and x.dtype.kind == "f":
            for times, text in ((1, name), (2, f"2 {name}"), (0.5, f"½ {name}")):
                if abs(factor - times * abs(x)) <= near:
                    return factor, text
    short = short_number(factor, doubt, chance)
    return None if short is None else (short, "")
