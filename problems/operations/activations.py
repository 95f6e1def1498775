"""What networks put between their layers; each formula is stable, smooth where the function is.

A piece that is chosen by a comparison is a `where`, so that the derivative at the kink is that of
the branch taken there, which each docstring states.

Sources: the papers named below; torch.nn.functional and jax.nn for names and arguments.
"""

from __future__ import annotations

from typing import Any

from gradparity.problems.operations.family import Family, by_name


def softplus(xp: Any, x: Any) -> Any:
    """ln(1 + e^x), elementwise, without overflow; derivative sigmoid(x)."""
    return xp.logaddexp(x, xp.zeros_like(x))


def sigmoid(xp: Any, x: Any) -> Any:
    """1 / (1 + e^-x), elementwise, as exp(-softplus(-x)).

    Never overflows, and keeps its digits where it is nearly 0; ½(1 + tanh(x/2)) would not.
    """
    return xp.exp(-softplus(xp, -x))


def relu(xp: Any, x: Any) -> Any:
    """max(x, 0), elementwise; the derivative at 0 is 0, the convention of torch and JAX."""
    return xp.where(x > 0, x, xp.zeros_like(x))


FAMILY = Family("activations", composites=by_name(softplus, sigmoid, relu))
