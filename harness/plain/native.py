"""What NumPy, JAX and torch do each in their own way for a plain function: arrays and gradients."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from gradparity.harness.plain.steps.translation import LOW, Translation
from gradparity.harness.plain.steps.users_rules import Rules
from gradparity.harness.plain.trees import leaves_of, rebuilt
from gradparity.problems import Array, Arrays, InputError
from gradparity.problems.errors import unknown

PlainFunction = Callable[..., Any]
"""loss(params, *args), or gradient(params, *args)."""


Translated = Callable[[Callable[[Arrays], Any], Arrays, str, Mapping[str, str]], Translation]
"""See `Native.translated`."""


@dataclass(frozen=True, slots=True)
class Native:
    """A library, as a plain function sees it.

    name: of the library. array: (NumPy array, dtype) -> an array of its own. within: dtype -> the
    context in which functions run. translated: (loss of leaves, point, dtype, dtypes of leaves that
    have another) -> what
    `harness/plain/steps/translation.py` says; NumPy is run in float64 alone. gradient:
    loss -> (params, *args) -> (value, gradient), by its automatic differentiation; None without
    one. followed: loss -> the loss as automatic differentiation calls it, for one that asks for
    derivatives itself. coarse: (loss of leaves, point) -> what in it is known to be of low
    accuracy, in words, and the relative error that it explains; None if nothing is. refuse_low:
    (loss of leaves, point): raises InputError if it rounds to bfloat16 or float16,
    in NumPy to decimals as well. watching: the same library, where Widened is raised by what makes
    float64 of float32. ending: function -> the function, with loops of the library's that end.
    compiled: loss of leaves -> the same, quick where it is called many times.
    rules: what users' own rules are found by; None where there are none. underived:
    (loss of leaves, point) -> the functions in it of which the library has no derivative.
    """

    name: str
    array: Callable[[Any, str], Array]
    within: Callable[[str], AbstractContextManager[Any]]
    translated: Translated
    gradient: Callable[[PlainFunction], PlainFunction] | None = None
    followed: Callable[[PlainFunction], PlainFunction] = lambda loss: loss
    coarse: Callable[[Callable[[Arrays], Any], Arrays], tuple[str, float] | None] = (
        lambda loss, params: None
    )
    refuse_low: Callable[[Callable[[Arrays], Any], Arrays], None] = lambda loss, params: None
    watching: Callable[[Native], Native] = lambda home: home
    ending: Callable[[PlainFunction], PlainFunction] = lambda function: function
    compiled: Callable[[Callable[[Arrays], Any]], Callable[[Arrays], Any]] = lambda loss: loss
    rules: Rules | None = None
    underived: Callable[[Callable[[Arrays], Any], Arrays], list[str]] = lambda loss, params: []


def native(name: str | None, leaves: Iterable[Any]) -> Native:
    """The library of this name, or the one whose arrays are among the leaves; else NumPy.

    Raises: InputError for an unknown name, and where JAX and torch arrays stand side by side.
    """
    if name is None:
        found = {kind for leaf in leaves if (kind := library_of(leaf)) in ("jax", "torch")}
        if len(found) > 1:
            raise InputError("params holds JAX and torch arrays; say library='jax' or 'torch'")
        name = found.pop() if found else "numpy"
    makers = {"numpy": _numpy, "jax": _jax, "torch": _torch}
    if name not in makers:
        raise unknown("library", name, makers)
    return makers[name]()


def library_of(x: Any) -> str | None:
    """Whose array this is: "numpy", "jax" or "torch"; None if it is none.

    Neither JAX nor torch is imported for it: where there is such an array, the library is there.
    """
    if isinstance(x, np.ndarray | np.generic):
        return "numpy"
    if (torch := sys.modules.get("torch")) is not None and isinstance(x, torch.Tensor):
        return "torch"
    if (jax := sys.modules.get("jax")) is not None and isinstance(x, jax.Array):
        return "jax"
    return None


def numpy_of(x: Any) -> Array:
    """An array of any of the libraries, or a number, as a NumPy array of its own memory."""
    return np.array(seen(x))


def seen(x: Any) -> Array:
    """The same as a NumPy array that may share its memory; bfloat16 in float32, which holds it."""
    if library_of(x) == "torch":
        x = x.detach().cpu()
        x = x if str(x.layout) == "torch.strided" else x.to_dense()
        x = x.float().numpy() if str(x.dtype) == "torch.bfloat16" else x.resolve_conj().numpy()
    array = np.asarray(x)
    return array.astype(np.float32) if array.dtype.name == "bfloat16" else array


def dtype_of(x: Any) -> str:
    """The dtype's name: "float64", "bfloat16"; that of a Python number is NumPy's."""
    return str(getattr(x, "dtype", None) or np.asarray(x).dtype).removeprefix("torch.")


WIDTHS = ("float32", "float64", "complex64", "complex128")
"""The dtypes that go over into that of a run."""


def in_width(own: str, dtype: str) -> str:
    """The dtype of `WIDTHS` that an array of dtype `own` has in a run of `dtype`."""
    wide = "complex128" if dtype == "float64" else "complex64"
    return wide if own.startswith("complex") else dtype


def passed(args: Any, dtype: str) -> Any:
    """Arguments with fresh copies of their float32 and float64 arrays in `dtype`, others as is.

    In bfloat16 and float16 all are as they are.
    """
    if dtype in LOW:
        return args
    if isinstance(args, dict):
        return {key: passed(x, dtype) for key, x in args.items()}
    if isinstance(args, tuple | list) and not hasattr(args, "_fields"):
        return type(args)(passed(x, dtype) for x in args)
    kind = library_of(args)
    if kind == "torch":
        torch = sys.modules["torch"]
        with torch._C.DisableTorchFunction():  # nobody reads it from outside: see `Closures`
            if (own := dtype_of(args)) not in WIDTHS:
                return args
            return args.detach().to(getattr(torch, in_width(own, dtype)), copy=True)
    if kind is None or (own := dtype_of(args)) not in WIDTHS:
        return args
    if kind == "jax" and own == in_width(own, dtype):  # nobody can change it
        return args
    return args.astype(in_width(own, dtype))


def _numpy() -> Native:
    def refuse_low(loss: Callable[[Arrays], Any], params: Arrays) -> None:
        from gradparity.harness.plain.from_numpy.precision import refuse_low

        refuse_low(loss, params)

    def translated(
        loss: Callable[[Arrays], Any], params: Arrays, dtype: str, own: Mapping[str, str]
    ) -> Translation:
        from gradparity.harness.plain.from_numpy.loss import translated

        return translated(loss, params, dtype)

    def coarse(loss: Callable[[Arrays], Any], params: Arrays) -> tuple[str, float] | None:
        from gradparity.harness.plain.from_numpy.loss import deciding
        from gradparity.harness.plain.solvers import stopped_early

        return stopped_early(partial(deciding, loss, params), params)

    def watching(home: Native) -> Native:
        from gradparity.harness.plain.from_numpy.widening import single

        return replace(home, array=single)

    return Native(
        "numpy",
        lambda x, dtype: np.array(x, dtype),
        lambda dtype: nullcontext(),
        translated,
        coarse=coarse,
        refuse_low=refuse_low,
        watching=watching,
    )


def _jax() -> Native:
    import jax

    from gradparity.harness.plain.from_jax.differentiation import compiled_at_first, compiled_once
    from gradparity.harness.plain.from_jax.ending import ending
    from gradparity.harness.plain.from_jax.precision import refuse_low
    from gradparity.harness.plain.from_jax.users_rules import used, weighed

    def coarse(loss: Callable[[Arrays], Any], params: Arrays) -> tuple[str, float] | None:
        from gradparity.harness.plain.from_jax.accuracy import coarse

        return coarse(loss, params)

    def translated(
        loss: Callable[[Arrays], Any], params: Arrays, dtype: str, own: Mapping[str, str]
    ) -> Translation:
        from gradparity.harness.plain.from_jax.loss import translated

        return translated(loss, params, dtype, own)

    def gradient(loss: PlainFunction) -> PlainFunction:
        run = compiled_once()

        def differentiated(params: Any, *args: Any) -> Any:
            # By leaf: what a tree holds besides arrays is no argument of a JAX function.
            by_leaf = jax.value_and_grad(lambda leaves: loss(rebuilt(params, leaves), *args))
            value, found = run(by_leaf, leaves_of(params))
            return value, rebuilt(params, found)

        return differentiated

    return Native(
        "jax",
        lambda x, dtype: jax.numpy.asarray(x, dtype=dtype),
        lambda dtype: jax.enable_x64(dtype == "float64"),
        translated,
        gradient,
        coarse=coarse,
        refuse_low=refuse_low,
        ending=ending,
        compiled=compiled_at_first,
        rules=Rules(used, weighed),
    )


def _torch() -> Native:
    import torch

    from gradparity.harness.plain.from_torch.closures import Closures
    from gradparity.harness.plain.from_torch.precision import refuse_low
    from gradparity.harness.plain.from_torch.underived import underived
    from gradparity.harness.plain.from_torch.users_rules import used, weighed

    def coarse(loss: Callable[[Arrays], Any], params: Arrays) -> tuple[str, float] | None:
        from gradparity.harness.plain.from_torch.accuracy import coarse
        from gradparity.harness.plain.from_torch.comparisons import deciding
        from gradparity.harness.plain.solvers import stopped_early

        known = coarse(loss, params)
        return known or stopped_early(partial(deciding, loss, params), params)

    def array(x: Array, dtype: str) -> Array:
        wide = "float32" if dtype == "bfloat16" else dtype
        return torch.tensor(np.asarray(x, wide), dtype=getattr(torch, dtype))

    def translated(
        loss: Callable[[Arrays], Any], params: Arrays, dtype: str, own: Mapping[str, str]
    ) -> Translation:
        from gradparity.harness.plain.from_torch.loss import translated

        return translated(loss, params, dtype, own)

    def followed(loss: PlainFunction) -> PlainFunction:
        def called(params: Any, *args: Any) -> Any:
            for leaf in leaves_of(params).values():
                leaf.requires_grad_(True)
            return loss(params, *args)

        return called

    def gradient(loss: PlainFunction) -> PlainFunction:
        def differentiated(params: Any, *args: Any) -> Any:
            leaves = leaves_of(params)
            value = followed(loss)(params, *args)
            if not isinstance(value, torch.Tensor):
                kind = type(value).__name__
                raise InputError(f"the loss is a {kind}, no tensor to differentiate; drop .item()")
            slopes: Any = [None] * len(leaves)
            if value.requires_grad:
                slopes = torch.autograd.grad(value, list(leaves.values()), allow_unused=True)
            found = {
                path: torch.zeros_like(leaf) if slope is None else slope.to_dense()
                for (path, leaf), slope in zip(leaves.items(), slopes, strict=True)
            }
            return value, rebuilt(params, found)

        return differentiated

    @contextmanager
    def watched(dtype: str) -> Iterator[None]:
        from gradparity.harness.plain.from_torch.widening import Widening

        with Closures(dtype), Widening():
            yield

    return Native(
        *("torch", array, Closures, translated, gradient, followed, coarse, refuse_low),
        watching=lambda home: replace(home, within=watched),
        rules=Rules(used, weighed),
        underived=underived,
    )
