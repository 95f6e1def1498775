"""Is this gradient right, and what does it cost? Judged, timed, trained and gated.

    import gradparity as gp

    gp.check(loss, params, gradient=by_hand)  # raises GradientError, which says why
    gp.run("rosenbrock", backends=["numpy", "jax"])  # judged, then timed
    gp.train("xor-tanh", optimizers=["adam", "momentum"], rates="1e-2:1:log5", seeds=10)

The names below are imported on first use: `import gradparity` itself takes a millisecond.
"""

from __future__ import annotations

from importlib import import_module
from os.path import dirname, isdir, join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gradparity.backends.numpy_tape.sparse.jacobian import sparse_jacobian
    from gradparity.harness.checking.judging import judge
    from gradparity.harness.kernels.kernelcheck import kernelcheck
    from gradparity.harness.kernels.report import KernelError
    from gradparity.harness.plain.check import check
    from gradparity.harness.plain.check_grads import check_grads
    from gradparity.harness.plain.gradcheck import gradcheck, gradgradcheck
    from gradparity.harness.plain.outcome import GradientError, GradientWarning
    from gradparity.harness.play.notebook import play
    from gradparity.harness.timing.execution import run
    from gradparity.harness.training.race import train
    from gradparity.problems import InputError, Instance, Minimum, Problem

__version__ = "0.2.0.dev0"

__all__ = [
    "GradientError",
    "GradientWarning",
    "InputError",
    "Instance",
    "KernelError",
    "Minimum",
    "Problem",
    "__version__",
    "check",
    "check_grads",
    "gradcheck",
    "gradgradcheck",
    "judge",
    "kernelcheck",
    "play",
    "run",
    "sparse_jacobian",
    "train",
]

_HOMES = {
    "GradientError": "gradparity.harness.plain.outcome",
    "GradientWarning": "gradparity.harness.plain.outcome",
    "InputError": "gradparity.problems",
    "Instance": "gradparity.problems",
    "KernelError": "gradparity.harness.kernels.report",
    "Minimum": "gradparity.problems",
    "Problem": "gradparity.problems",
    "check": "gradparity.harness.plain.check",
    "check_grads": "gradparity.harness.plain.check_grads",
    "gradcheck": "gradparity.harness.plain.gradcheck",
    "gradgradcheck": "gradparity.harness.plain.gradcheck",
    "judge": "gradparity.harness.checking.judging",
    "kernelcheck": "gradparity.harness.kernels.kernelcheck",
    "play": "gradparity.harness.play.notebook",
    "run": "gradparity.harness.timing.execution",
    "sparse_jacobian": "gradparity.backends.numpy_tape.sparse.jacobian",
    "train": "gradparity.harness.training.race",
}

if not isdir(join(dirname(__file__), "harness")):
    raise ImportError(
        "this checkout of gradparity has no symbolic links, and src/gradparity needs them: "
        "`git config core.symlinks true`, then `git checkout -- src` (on Windows, switch on "
        "Developer Mode first)"
    )


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'gradparity' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
