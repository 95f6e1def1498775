"""Torch's calls of complex tensors, written out in real ones: see `steps/complex_pairs.py`.

A complex tensor is recorded as an array with one more axis, of its real and its imaginary part, as
it lies in memory. So what torch calls a view needs no rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch

from gradparity.harness.plain.from_torch.recorder import Given, Recorder, TorchRule
from gradparity.harness.plain.steps import complex_pairs
from gradparity.harness.plain.steps.complex_pairs import Pair
from gradparity.harness.plain.steps.fourier import transformed
from gradparity.problems import Array
from gradparity.problems.namespace import Namespace


def _pair(r: Recorder, x: Any) -> Pair:
    """The parts of a tensor or a number, as operands or constant arrays."""
    if not isinstance(x, torch.Tensor):
        number = np.asarray(x)
        return Pair(number.real * 1.0, number.imag * 1.0, number)
    value = x.detach().resolve_conj().resolve_neg().numpy()
    if not r.moves(x):
        r.recording.imaginary(value.imag)
        return Pair(value.real * 1.0, value.imag * 1.0, value)
    if not x.is_complex():
        return Pair(r.operand(x), np.zeros(x.shape), value)
    whole = r.operand(x)
    re, im = (r.step(lambda xp, z, i=i: z[..., i], whole) for i in (0, 1))
    return Pair(re, r.step(lambda xp, y: -y, im) if x.is_conj() else im, value)


def _joined(r: Recorder, parts: Iterable[Any], out: Any) -> Any:
    """A complex tensor of its parts, both spread to its shape."""
    shape = tuple(out.shape)

    def rule(xp: Namespace, a: Array, b: Array) -> Array:
        both = [xp.broadcast_to(a, shape), xp.broadcast_to(b, shape)]
        return xp.stack(both, axis=-1)

    return r.step(rule, *parts, whole=True)


def _of_one(function: Callable[..., Any]) -> TorchRule:
    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        found = function(r.step, _pair(r, a["self"]))
        return _joined(r, found, outs[0]) if isinstance(found, tuple) else found

    return rule


def _of_two(function: Callable[..., Any], first: str = "self", second: str = "other") -> TorchRule:
    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        return _joined(r, function(r.step, _pair(r, a[first]), _pair(r, a[second])), outs[0])

    return rule


def _added(sign: int) -> TorchRule:
    def rule(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
        factor, x, y = sign * a.get("alpha", 1), _pair(r, a["self"]), _pair(r, a["other"])
        parts = (
            r.step(lambda xp, u, v: u + factor * v, u, v) for u, v in ((x.re, y.re), (x.im, y.im))
        )
        return _joined(r, parts, outs[0])

    return rule


def _multiplied(conjugate: bool = False) -> Callable[..., Any]:
    def product(apply: Any, x: Pair, y: Pair) -> Any:
        if conjugate:
            im = -x.im if isinstance(x.im, np.ndarray) else apply(lambda xp, v: -v, x.im)
            x = Pair(x.re, im, x.value)
        return complex_pairs.product(apply, lambda xp, u, v: xp.matmul(u, v), x, y)

    return product


def _power(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    n = a["exponent"]
    if not isinstance(n, int | float):
        return NotImplemented
    if n != int(n):
        return _of_one(complex_pairs.function("pow", n))(r, a, outs)
    return _joined(r, complex_pairs.power(r.step, _pair(r, a["self"]), int(n)), outs[0])


def _copied(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    x = _pair(r, a["self"])
    return _joined(r, (x.re, x.im), outs[0]) if outs[0].is_complex() else x.re


def _made(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    return _joined(r, (a["real"], a["imag"]), outs[0])


def _polar(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    given = a["abs"], a["angle"]
    re = r.step(lambda xp, x, y: x * xp.cos(y), *given)
    return _joined(r, (re, r.step(lambda xp, x, y: x * xp.sin(y), *given)), outs[0])


def _transform(r: Recorder, a: Given, outs: Sequence[Any], kind: str, lengths: Any) -> Any:
    x, axes = a["self"], [d % a["self"].ndim for d in a["dim"]]
    pair = _pair(r, x) if x.is_complex() else Pair(r.operand(x), None, x.detach().numpy())
    re, im = transformed(r.step, pair, kind, axes, lengths)
    # Torch's normalization: 0 none, 1 by the root of the length, 2 by the length; ours is np.fft's.
    total = math.prod(lengths)
    scale = total ** -(a["normalization"] / 2) * (total if kind in ("ifft", "irfft") else 1)
    if scale != 1:
        re, im = (
            None if part is None else r.step(lambda xp, z: z * scale, part) for part in (re, im)
        )
    return re if im is None else _joined(r, (re, im), outs[0])


def _real_forward(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    lengths = [a["self"].shape[d] for d in a["dim"]]
    return _transform(r, a, outs, "rfft" if a["onesided"] else "fft", lengths)


def _complex(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    lengths = [a["self"].shape[d] for d in a["dim"]]
    return _transform(r, a, outs, "fft" if a["forward"] else "ifft", lengths)


def _real_back(r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    return _transform(r, a, outs, "irfft", [outs[0].shape[d] for d in a["dim"]])


def of_parts(rule: TorchRule, r: Recorder, a: Given, outs: Sequence[Any]) -> Any:
    """A call that does the same to the real and the imaginary part, by its rule for real ones."""

    def part(x: Any, which: str) -> Any:
        if isinstance(x, list | tuple):
            return [part(one, which) for one in x]
        if not isinstance(x, torch.Tensor) or not (x.is_complex() or x.is_floating_point()):
            return x
        operand = getattr(_pair(r, x), which)
        if isinstance(operand, np.ndarray):
            return torch.from_numpy(operand)
        stand_in = torch.empty(x.shape, dtype=torch.float64)
        r.storages.made(stand_in, operand, smooth=False)
        kept.append(stand_in)
        return stand_in

    kept: list[Any] = []
    out = torch.empty(outs[0].shape, dtype=torch.float64)
    found = [rule(r, {key: part(x, w) for key, x in a.items()}, [out]) for w in ("re", "im")]
    return NotImplemented if NotImplemented in found else _joined(r, found, outs[0])


COMPLEX: dict[str, TorchRule] = {
    "_fft_r2c": _real_forward,
    "_fft_c2c": _complex,
    "_fft_c2r": _real_back,
    "add": _added(1),
    "sub": _added(-1),
    "mul": _of_two(lambda apply, x, y: complex_pairs.product(apply, complex_pairs.times, x, y)),
    "div": _of_two(complex_pairs.quotient),
    "abs": _of_one(complex_pairs.magnitude),
    "angle": _of_one(complex_pairs.angle),
    "exp": _of_one(complex_pairs.exponential),
    "log": _of_one(complex_pairs.logarithm),
    **{name: _of_one(complex_pairs.function(name)) for name in complex_pairs.FUNCTIONS},
    "sgn": _of_one(complex_pairs.sign),
    "neg": _of_one(lambda apply, x: tuple(apply(lambda xp, v: -v, v) for v in (x.re, x.im))),
    "clone": _of_one(lambda apply, x: (x.re, x.im)),
    "_to_copy": _copied,
    "copy": lambda r, a, outs: _copied(r, {"self": a["src"]}, outs),
    "reciprocal": _of_one(lambda apply, x: complex_pairs.power(apply, x, -1)),
    "pow": _power,
    "complex": _made,
    "polar": _polar,
    "dot": _of_two(_multiplied(), "self", "tensor"),
    "vdot": _of_two(_multiplied(conjugate=True)),
    "mm": _of_two(_multiplied(), "self", "mat2"),
    "bmm": _of_two(_multiplied(), "self", "mat2"),
    "mv": _of_two(_multiplied(), "self", "vec"),
}
"""The calls that need more than their rule for real tensors, part by part."""

EACH = (
    *("sum", "mean", "roll", "cat", "stack", "constant_pad_nd", "flip", "index", "cumsum", "where"),
    *("index_select", "gather", "index_put", "repeat", "tril", "triu", "diagonal_copy"),
)
"""The calls that do the same to both parts."""
