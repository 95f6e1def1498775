"""Torch's special functions; rules as in `rules`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradparity.harness.plain.from_torch.recorder import Given, Recorder, TorchRule
from gradparity.problems import Array
from gradparity.problems.namespace import Namespace


def _of_one(name: str) -> TorchRule:
    return lambda r, a, outs: r.step(lambda xp, x: getattr(xp, name)(x), a["self"])


def _of_two(name: str) -> TorchRule:
    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        return r.step(lambda xp, x, y: getattr(xp, name)(x, y), a["self"], a["other"])

    return rule


def _polygamma(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    n = a["n"]
    if n == 1:  # its trigamma, see `accuracy.py`
        r.recording.good_to = 1e-9
    return r.step(lambda xp, x: xp.digamma(x) if n == 0 else xp.polygamma(n, x), a["self"])


def _logit(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """logit, of x kept within eps of its ends where eps is given."""
    eps = a.get("eps")

    def logit(xp: Namespace, x: Array) -> Array:
        inside = x if eps is None else xp.minimum(xp.maximum(x, eps), 1 - eps)
        return xp.log(inside / (1 - inside))  # as torch computes it

    return r.step(logit, a["self"])


def _scaled(name: str) -> Callable[[Namespace, Array], Array]:
    """I_n itself, of its scaled form."""
    return lambda xp, x: getattr(xp, name)(x) * xp.exp(xp.abs(x))


SPECIAL: dict[str, TorchRule] = {
    **{f"special_{name}": _of_one(name) for name in ("i0e", "i1e", "log_ndtr", "ndtr")},
    "xlogy": _of_two("xlogy"),
    "special_xlog1py": _of_two("xlog1py"),
    "igamma": _of_two("gammainc"),
    "igammac": _of_two("gammaincc"),
    "polygamma": _polygamma,
    "logit": _logit,
    "i0": lambda r, a, outs: r.step(_scaled("i0e"), a["self"]),
    "special_i1": lambda r, a, outs: r.step(_scaled("i1e"), a["self"]),
}
"""Functions that torch does not take apart."""
