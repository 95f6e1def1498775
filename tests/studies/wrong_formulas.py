"""Backward passes of another function than the forward: a mask, a factor, a way back left out.

Each is the gradient of `other`, of float64 numbers, rounded to the dtype: so a kernel would have it
that does all else without an error. `named` are words of which one is to be in the verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from gradparity.problems import Array
from gradparity.problems.special.short_floats import rounded
from tests.studies.right_kernels import RightKernel, Shapes

HEADS: Shapes = [(1, 4, 64, 16)] * 3
SQUARE: Shapes = [(64, 64)]
EPS = 0.1


def causal(q: Any, k: Any, v: Any) -> Any:
    """Torch's own attention to what stands before."""
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def norm(x: Any) -> Any:
    """A layer norm without weights, its eps large enough to matter."""
    return F.layer_norm(x, x.shape[-1:], eps=EPS)


def _attends(
    mask: Callable[[int], Any] = lambda t: torch.ones(t, t, dtype=torch.bool).tril(),
    power: float = -0.5,
    held: bool = False,
) -> Callable[..., Any]:
    def other(q: Any, k: Any, v: Any) -> Any:
        t, d = q.shape[-2:]
        scores = (q @ k.mT * d**power).masked_fill(~mask(t), -torch.inf)
        e = torch.exp(scores - scores.amax(-1, keepdim=True).detach())
        total = e.sum(-1, keepdim=True)
        return e / (total.detach() if held else total) @ v

    return other


def seen(diagonal: int) -> Callable[[int], Any]:
    """The mask whose rows see so many more."""
    return lambda t: torch.ones(t, t, dtype=torch.bool).tril(diagonal)


def less(t: int) -> Any:
    """The mask whose rows see one less; the first row sees itself."""
    mask = seen(-1)(t)
    mask[0, 0] = True
    return mask


def blocks(size: int) -> Callable[[int], Any]:
    """The mask that lets whole blocks pass."""

    def mask(t: int) -> Any:
        at = torch.arange(t) // size
        return at[:, None] >= at[None]

    return mask


def _normed(root: Callable[[Any], Any], mean: Callable[[Any], Any]) -> Callable[..., Any]:
    def other(x: Any) -> Any:
        center = x.mean(-1, keepdim=True)
        y = x - mean(center)
        return y / root((x - center).square().mean(-1, keepdim=True))

    return other


def _right_root(v: Any) -> Any:
    return torch.sqrt(v + EPS)


def _same(x: Any) -> Any:
    return x


KERNELS: dict[str, RightKernel] = {
    "causal attention": RightKernel(causal, HEADS),
    "layer norm": RightKernel(norm, SQUARE),
    "softmax": RightKernel(lambda x: F.softmax(x, -1), SQUARE),
}


@dataclass(frozen=True, slots=True)
class WrongFormula:
    """A kind of mistake: of which kernel, the function that its backward is of, and its words."""

    kind: str
    of: str
    other: Callable[..., Any]
    named: tuple[str, ...]


FORMULAS = [
    WrongFormula("a mask that shows one more", "causal attention", _attends(seen(1)), ("one column more",)),
    WrongFormula("a mask that shows one less", "causal attention", _attends(less), ("one column less",)),
    WrongFormula("no mask", "causal attention", _attends(seen(10_000)), ("the mask is missing",)),
    WrongFormula("a mask of blocks of 16", "causal attention", _attends(blocks(16)), ("whole blocks of 16",)),
    WrongFormula("a mask of blocks of 32", "causal attention", _attends(blocks(32)), ("whole blocks of 32",)),
    WrongFormula("1/√d forgotten", "causal attention", _attends(power=0.0), ("1/√16 is missing",)),
    WrongFormula("1/√d taken twice", "causal attention", _attends(power=-1.0), ("1/√16 is taken twice",)),
    WrongFormula("no way back through the sum", "causal attention", _attends(held=True), ("way back through what a row is divided by",)),
    WrongFormula("no way back through a softmax's sum", "softmax", lambda x: torch.exp(x) / torch.exp(x).sum(-1, keepdim=True).detach(), ("way back through what a row is divided by", "own row", "constant of its own")),
    WrongFormula("a mean held constant", "layer norm", _normed(_right_root, torch.Tensor.detach), ("mean",)),
    WrongFormula("a root held constant", "layer norm", _normed(lambda v: _right_root(v).detach(), _same), ("the root of a row's squares", "own row")),
    WrongFormula("eps outside of a root", "layer norm", _normed(lambda v: torch.sqrt(v) + EPS, _same), ("outside of the root", "times what it should be")),
    WrongFormula("eps forgotten", "layer norm", _normed(torch.sqrt, _same), ("missing under the root", "times what it should be")),
]  # fmt: skip


def jax_kernels() -> dict[str, RightKernel]:
    """The same kernels of JAX, whose formulas the judge reads off from a jaxpr."""
    import jax
    import jax.numpy as jnp

    def attends(q: Any, k: Any, v: Any) -> Any:
        scores = q @ jnp.swapaxes(k, -1, -2) * q.shape[-1] ** -0.5
        mask = jnp.tril(jnp.ones(scores.shape[-2:], bool))
        return jax.nn.softmax(jnp.where(mask, scores, -jnp.inf), -1) @ v

    def normed(x: Any) -> Any:
        center = x - x.mean(-1, keepdims=True)
        return center / jnp.sqrt(jnp.mean(jnp.square(center), -1, keepdims=True) + EPS)

    functions = {
        "causal attention": attends,
        "layer norm": normed,
        "softmax": lambda x: jax.nn.softmax(x, -1),
    }
    return {
        f"{name} (JAX)": RightKernel(f, KERNELS[name].shapes, "jax")
        for name, f in functions.items()
    }


def gradients_of(
    one: WrongFormula, inputs: list[Array], cotangents: list[Array], dtype: str
) -> list[Array]:
    """The gradients of the other function, rounded to the dtype."""
    xs = [torch.tensor(np.asarray(x), dtype=torch.float64, requires_grad=True) for x in inputs]
    (u,) = (torch.tensor(np.asarray(u), dtype=torch.float64) for u in cotangents)
    found = torch.autograd.grad(one.other(*xs), xs, u)
    return [rounded(g.numpy(), dtype) for g in found]
