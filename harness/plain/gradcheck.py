"""`gradcheck` and `gradgradcheck`: torch's own calls, with our judge instead of differences.

    from gradparity import gradcheck  # instead of: from torch.autograd import gradcheck

Source: https://docs.pytorch.org/docs/stable/notes/gradcheck.html.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import combinations
from typing import Any

from gradparity.harness.plain.caller import raised
from gradparity.harness.plain.check import check
from gradparity.harness.plain.complex_parameters import RealParts
from gradparity.harness.plain.constant_loss import ConstantLossError
from gradparity.harness.plain.cotangents import TOLERANCE, cotangents, ignored, some
from gradparity.harness.plain.outcome import GradientError
from gradparity.problems import Arrays, InputError
from gradparity.problems.arguments import expect
from gradparity.problems.errors import unknown

_BATCHES = "the backward is not run under vmap; a batch of cotangents is judged one by one"
UNUSED = {
    **dict.fromkeys(("eps", "atol", "rtol", "nondet_tol"), TOLERANCE),
    "check_grad_dtypes": "each derivative is judged in float64 and in float32",
    "check_batched_grad": _BATCHES,
    "check_batched_forward_grad": _BATCHES,
    "fast_mode": "random cotangents are the way here; every=True takes each entry of the results",
    "masked": "sparse inputs are not judged; give their values as a strided tensor",
    "gen_non_contig_grad_outputs": "cotangents are contiguous; give grad_outputs of another layout",
}
"""The arguments of torch's own that have no meaning here, and why."""

_FEW = 3
"""Inputs of which every combination is differentiated; of more, single ones and all."""


def gradcheck(
    func: Callable[..., Any],
    inputs: Any,
    *,
    eps: float | None = None,
    atol: float | None = None,
    rtol: float | None = None,
    raise_exception: bool = True,
    nondet_tol: float | None = None,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
    every: bool = False,
    seed: int = 0,
) -> bool:
    """True if the derivatives of `func(*inputs)` are right; called as `torch.autograd.gradcheck`.

    inputs: a tensor or a sequence; those that require a gradient are judged, at float32 values, for
        every combination of them that a backward may be asked for.
    func: returns a tensor or several; complex ones are judged by their parts, and so are complex
        inputs.
    raise_exception: False returns False for what is wrong. check_undefined_grad: whether a backward
        must take None for results that nobody uses. check_forward_ad, check_backward_ad: which
        derivatives are judged. every: each entry of the results, instead of random cotangents.
    What else torch's has is not used, for the reason that `UNUSED` gives and a warning says once.

    Raises: GradientError, an AssertionError, if a derivative is wrong. InputError if it cannot be
    judged, and where a backward does not take None.
    """
    __tracebackhide__ = True
    expect(gradcheck, locals())
    asked = locals()
    ignored({name: asked[name] for name in UNUSED if name in asked}, UNUSED)
    given, func = _several(inputs), _with_real_results(func)
    judged = [i for i, x in enumerate(given) if getattr(x, "requires_grad", False)]
    some(judged, "none of the inputs requires a gradient; say requires_grad=True")
    _shapes(func, given)
    try:
        if check_backward_ad:
            for chosen in _combinations(judged):
                _judged(func, given, chosen, every, seed, forward=False)
            if check_undefined_grad:
                _undefined(func, given, judged)
                for one in _single(func, given):  # whose other results get None
                    _judged(one, given, judged, every, seed, forward=False)
        if check_forward_ad:
            _judged(func, given, judged, every, seed, forward=True)
    except GradientError:
        if raise_exception:
            raise
        return False
    return True


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Any,
    grad_outputs: Any = None,
    *,
    gen_non_contig_grad_outputs: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    seed: int = 0,
    **options: Any,
) -> bool:
    """True if the second derivatives are right; called as `torch.autograd.gradgradcheck`.

    The gradient of `func`, as its backward computes it, is a function of the inputs and of
    grad_outputs (left out: random ones), and that function is given to `gradcheck` with `options`.
    """
    __tracebackhide__ = True
    import torch

    expect(gradgradcheck, locals())
    for name in options:
        if name not in (known := gradcheck.__kwdefaults__ or {}):
            raise unknown("option", name, known)
    ignored({"gen_non_contig_grad_outputs": gen_non_contig_grad_outputs}, UNUSED)
    given = _several(inputs)
    judged = [i for i, x in enumerate(given) if getattr(x, "requires_grad", False)]
    some(judged, "none of the inputs requires a gradient; say requires_grad=True")
    func = _with_real_results(func)
    if grad_outputs is None:
        (drawn, *_) = cotangents(_shapes(func, given), False, seed + 1)
        cotangent = [torch.tensor(u, dtype=torch.float64, requires_grad=True) for u in drawn]
    else:
        given_outputs = _with_real_results(lambda: grad_outputs)()
        cotangent = [x.detach().clone().requires_grad_(True) for x in given_outputs]

    def first(*arguments: Any) -> Any:
        own, grads = arguments[: len(given)], arguments[len(given) :]
        # Inputs that are constants here are still differentiated by.
        own = tuple(
            x.detach().clone().requires_grad_(True) if i in judged and not x.requires_grad else x
            for i, x in enumerate(own)
        )
        results = _results(func(*own))
        slopes = torch.autograd.grad(
            results,
            [own[i] for i in judged],
            [g.to(r.dtype) for g, r in zip(grads, results, strict=True)],
            create_graph=True,
            allow_unused=True,
        )
        return tuple(x for x in slopes if x is not None)

    return gradcheck(
        first,
        (*given, *cotangent),
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        seed=seed,
        **options,
    )


def _several(x: Any) -> tuple[Any, ...]:
    return tuple(x) if isinstance(x, list | tuple) else (x,)


def _with_real_results(func: Callable[..., Any]) -> Callable[..., Any]:
    """The function, with complex results as real ones of one axis more."""

    def real(y: Any) -> Any:
        import torch

        return torch.view_as_real(y.resolve_conj()) if getattr(y, "is_complex", bool)() else y

    return lambda *given: tuple(real(y) for y in _several(func(*given)))


def _results(x: Any) -> list[Any]:
    """The results that have derivatives."""
    found = [y for y in _several(x) if getattr(y, "requires_grad", False)]
    some(found, "no result depends on an input that requires a gradient")
    return found


def _shapes(func: Callable[..., Any], given: Sequence[Any]) -> list[tuple[int, ...]]:
    """The shapes of the results. Raises: InputError where the function itself raises."""
    import torch

    with torch.enable_grad():
        try:
            found = func(*given)
        except Exception as error:
            raise InputError(f"the function raises {raised(error)}") from error
        return [tuple(y.shape) for y in _results(found)]


def _single(func: Callable[..., Any], given: Sequence[Any]) -> list[Callable[..., Any]]:
    """Of a function with several results, one with each of them alone."""
    import torch

    with torch.enable_grad():
        found = _several(func(*given))
    which = [k for k, y in enumerate(found) if getattr(y, "requires_grad", False)]
    alone = [lambda *x, k=k: _several(func(*x))[k] for k in which]
    return alone if len(alone) > 1 else []


def _combinations(judged: list[int]) -> list[list[int]]:
    """All inputs first, then what else a backward may be asked for."""
    sizes = range(len(judged) - 1, 0, -1) if len(judged) <= _FEW else (1,)
    parts = [list(part) for size in sizes for part in combinations(judged, size)]
    return [judged, *(part for part in parts if part != judged)]


def _judged(
    func: Callable[..., Any],
    given: Sequence[Any],
    chosen: list[int],
    every: bool,
    seed: int,
    forward: bool,
) -> None:
    """Judge the derivatives by the chosen inputs; the others are constants."""
    __tracebackhide__ = True
    import torch

    params = {f"inputs[{i}]": given[i].detach() for i in chosen}

    def called(leaves: Arrays) -> tuple[Any, ...]:
        fixed = (x.detach() if isinstance(x, torch.Tensor) else x for x in given)
        return _several(func(*(leaves.get(f"inputs[{i}]", x) for i, x in enumerate(fixed))))

    live = {name: x.clone().requires_grad_(True) for name, x in params.items()}
    with torch.enable_grad():
        found = called(live)
    which = [k for k, y in enumerate(found) if getattr(y, "requires_grad", False)]
    shapes = [tuple(found[k].shape) for k in which]
    for drawn in cotangents(shapes, every, seed) if which else ():

        def loss(leaves: Arrays, drawn: list[Any] = drawn) -> Any:
            results = called(leaves)
            parts = [
                (torch.as_tensor(u).to(results[k].dtype) * results[k]).sum()
                for k, u in zip(which, drawn, strict=True)
            ]
            return sum(parts[1:], parts[0])

        whole, own = loss, params
        if (parts := RealParts.of(params, None)) is not None:
            whole, own = parts.loss(loss), parts.params
        with suppress(ConstantLossError):  # the derivative of a linear function is one
            own_gradient = _forward(whole) if forward else None
            check(whole, own, gradient=own_gradient, seed=seed, constants=None)


def _forward(loss: Callable[[Arrays], Any]) -> Callable[[Arrays], Arrays]:
    """The gradient of a loss by forward differentiation, entry by entry."""
    from torch.autograd import forward_ad

    from gradparity.backends.torch_autograd.namespace import library

    torch, _ = library()  # which has forward mode loaded, without torch's own warnings

    def gradient(leaves: Arrays) -> Arrays:
        found = {name: torch.zeros_like(x) for name, x in leaves.items()}
        for name, x in leaves.items():
            for i in range(x.numel()):
                direction = torch.zeros_like(x)
                direction.view(-1)[i] = 1
                with forward_ad.dual_level():
                    moved = {**leaves, name: forward_ad.make_dual(x, direction)}  # type: ignore[no-untyped-call]
                    dual = forward_ad.unpack_dual(loss(moved))  # type: ignore[no-untyped-call]
                    slope = dual.tangent
                if slope is not None:
                    found[name].view(-1)[i] = slope
        return found

    return gradient


def _undefined(func: Callable[..., Any], given: Sequence[Any], judged: list[int]) -> None:
    """InputError where a backward does not take None, or makes a gradient of nothing."""
    import torch

    with torch.enable_grad():
        results = _results(func(*given))
        undefined: Any = torch._C._functions.UndefinedGrad()
        cases = [[undefined(y) for y in results]]
        if len(results) > 1:
            cases += [
                [undefined(y) if i == k else y for i, y in enumerate(results)]
                for k in range(len(results))
            ]
    for case in cases:
        try:
            found = torch.autograd.grad(
                case,
                [given[i] for i in judged],
                [torch.zeros_like(y) for y in case],
                allow_unused=True,
                retain_graph=True,
            )
        except Exception as error:
            raise InputError(
                f"a backward does not take None, which it gets for a result that is not used: "
                f"{raised(error)}; write `if g is None`, or say check_undefined_grad=False"
            ) from error
        if any(x is not None and bool((x != 0).any()) for x in found):
            raise InputError("a backward makes a gradient that is not zero of undefined gradients")
