"""Rules in the loss of a problem as users of a library write it: right of it by chance."""

from __future__ import annotations

from typing import Any

from gradparity.harness.findings.finding import Finding
from gradparity.harness.plain.native import native
from gradparity.harness.plain.plain_gradient import PlainGradient
from gradparity.harness.plain.verdict import upheld
from gradparity.problems import Instance, Namespace, Problem


def with_own_rules(
    problem: Problem, backend: str, instance: Instance, found: Finding, seed: int
) -> Finding:
    """The finding about the gradient of `problem.loss`, which is written for `backend`.

    `formula` where a `torch.autograd.Function` or a `jax.custom_vjp` in it is right by chance.
    """
    library = backend.partition("-")[0]
    if library not in ("jax", "torch"):
        return found
    home, xp = native(library, ()), _namespace(library)

    def loss(params: Any, data: Any) -> Any:
        return problem.loss(xp, params, data)

    data = {name: home.array(x, str(x.dtype)) for name, x in instance.data.items()}
    asked = PlainGradient.of(loss, None, dict(instance.params), (data,), library, ())
    return upheld(asked, found, seed)


def _namespace(library: str) -> Namespace:
    if library == "torch":
        from gradparity.backends.torch_autograd import namespace

        return namespace.library()[1]
    from gradparity.backends.jax_transforms import namespace as of_jax

    return of_jax.library()[1]
