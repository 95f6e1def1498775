"""JAX's equations of complex arrays, written out in real ones: see `steps/complex_pairs.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradparity.harness.plain.from_jax.rules import RULES
from gradparity.harness.plain.from_jax.walk import JaxprWalk
from gradparity.harness.plain.steps import complex_pairs
from gradparity.harness.plain.steps.complex_pairs import Pair
from gradparity.harness.plain.steps.fourier import transformed
from gradparity.harness.plain.steps.translation import Untranslatable
from gradparity.problems import Array

EACH = (
    *("add", "add_any", "sub", "neg", "reduce_sum", "cumsum", "select_n", "concatenate", "pad"),
    *(
        "broadcast_in_dim",
        "reshape",
        "squeeze",
        "expand_dims",
        "transpose",
        "rev",
        "slice",
        "split",
    ),
    *("gather", "dynamic_slice", "dynamic_update_slice", "scatter", "scatter-add", "scatter_add"),
    *("copy", "copy_p", "stack", "unstack", "tile", "optimization_barrier", "device_put"),
)
"""The primitives that do the same to the real and to the imaginary part."""


def of_pairs(walk: JaxprWalk, eqn: Any, inputs: Sequence[Any]) -> list[Any]:
    """The results of an equation with a complex array in it; a complex one is a `Pair`.

    Raises: Untranslatable, which names a primitive that has no rule for complex arrays.
    """
    name, params = eqn.primitive.name, eqn.params
    given = [
        _pair(walk, x) if np.issubdtype(v.aval.dtype, np.complexfloating) else x
        for x, v in zip(inputs, eqn.invars, strict=True)
    ]
    if name in EACH:
        parts = [
            walk.of_arrays(eqn, [getattr(x, part) if isinstance(x, Pair) else x for x in given])
            for part in ("re", "im")
        ]
        return [_made(walk, *both) for both in zip(*parts, strict=True)]
    if name in _RULES:
        return [_RULES[name](walk, params, *given)]
    raise Untranslatable(f"jax primitive {name!r} of complex numbers")


def _pair(walk: JaxprWalk, x: Any) -> Pair:
    if isinstance(x, Pair):
        return x
    value = np.asarray(walk.value(x))
    walk.recording.imaginary(value.imag)
    return Pair(value.real.astype(np.float64), value.imag.astype(np.float64), value)


def _made(walk: JaxprWalk, re: Any, im: Any) -> Pair:
    return Pair(re, im, np.asarray(walk.value(re)) + 1j * np.asarray(walk.value(im)))


def _product(walk: JaxprWalk, params: Any, x: Pair, y: Pair) -> Pair:
    rule, _ = RULES["dot_general"]

    def multiplied(xp: Any, a: Array, b: Array) -> Array:
        found: Array = rule(xp, a, b, params["dimension_numbers"])
        return found

    return _made(walk, *complex_pairs.product(walk.applied, multiplied, x, y))


def _transform(walk: JaxprWalk, params: Any, x: Any) -> Any:
    kind = str(params["fft_type"]).rpartition(".")[2].lower()
    kind = {"0": "fft", "1": "ifft", "2": "rfft", "3": "irfft"}.get(kind, kind)
    pair = x if isinstance(x, Pair) else Pair(x, None, np.asarray(walk.value(x)))
    lengths, rank = params["fft_lengths"], np.ndim(pair.value)
    axes = range(rank - len(lengths), rank)
    re, im = transformed(walk.applied, pair, kind, axes, lengths)
    return re if im is None else _made(walk, re, im)


def _converted(walk: JaxprWalk, params: Any, x: Any) -> Any:
    to_complex = np.issubdtype(params["new_dtype"], np.complexfloating)
    if isinstance(x, Pair):
        return x if to_complex else x.re
    return _made(walk, x, np.zeros(walk.shape(x)))


def _power(walk: JaxprWalk, params: Any, x: Any, y: Any) -> Pair:
    exponent = np.ravel(np.asarray(y.value if isinstance(y, Pair) else walk.value(y)))
    known = isinstance(x, Pair) and (not isinstance(y, Pair) or isinstance(y.re, np.ndarray))
    if not known or np.any(exponent != exponent[0]) or exponent[0].imag:
        raise Untranslatable("jax primitive 'pow' of complex numbers, but for one constant power")
    return _made(walk, *complex_pairs.function("pow", float(exponent[0].real))(walk.applied, x))


def _function(name: str) -> Any:
    made = complex_pairs.function(name)
    return lambda walk, params, x: _made(walk, *made(walk.applied, x))


_RULES: dict[str, Any] = {
    **{name: _function(name) for name in complex_pairs.FUNCTIONS},
    "pow": _power,
    "complex": lambda walk, params, re, im: _made(walk, re, im),
    "real": lambda walk, params, x: x.re,
    "imag": lambda walk, params, x: x.im,
    "conj": lambda walk, params, x: _conjugate(walk, x),
    "convert_element_type": _converted,
    "abs": lambda walk, params, x: complex_pairs.magnitude(walk.applied, x),
    "mul": lambda walk, params, x, y: _made(
        walk, *complex_pairs.product(walk.applied, complex_pairs.times, x, y)
    ),
    "square": lambda walk, params, x: _made(walk, *complex_pairs.power(walk.applied, x, 2)),
    "div": lambda walk, params, x, y: _made(walk, *complex_pairs.quotient(walk.applied, x, y)),
    "integer_pow": lambda walk, params, x: _made(
        walk, *complex_pairs.power(walk.applied, x, params["y"])
    ),
    "exp": lambda walk, params, x: _made(walk, *complex_pairs.exponential(walk.applied, x)),
    "log": lambda walk, params, x: _made(walk, *complex_pairs.logarithm(walk.applied, x)),
    "sign": lambda walk, params, x: _made(walk, *complex_pairs.sign(walk.applied, x)),
    "dot_general": _product,
    "fft": _transform,
}
"""name -> rule(walk, parameters, *inputs), the complex ones as pairs."""


def _conjugate(walk: JaxprWalk, x: Any) -> Pair:
    pair = x if isinstance(x, Pair) else _made(walk, x, np.zeros(walk.shape(x)))
    return _made(walk, pair.re, walk.applied(lambda xp, y: -y, pair.im))
