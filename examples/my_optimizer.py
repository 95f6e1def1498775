"""An optimiser of one's own: descent along signs whose rate follows each parameter (Rprop).

gradparity train rosenbrock --optimizer examples/my_optimizer.py,adam
"""

import numpy as np

from gradparity.backends.optimizers.contract.optimizer import Optimizer


def start(theta, rng, *, grow: float = 1.2, shrink: float = 0.5):
    """θ_i ← θ_i - η Δ_i sign g_i; Δ_i grows while the sign of g_i stays, shrinks where it turns."""
    sizes, before = np.ones_like(theta), np.zeros_like(theta)

    def step(theta, gradient, rate):
        """Move theta in place: all entries at once, each by itself."""
        kept = before * gradient
        sizes[kept > 0] *= grow
        sizes[kept < 0] *= shrink
        theta -= theta.dtype.type(rate) * sizes * np.sign(gradient)
        before[:] = gradient

    return step


OPTIMIZER = Optimizer(
    name="my-rprop",
    kind="update",
    start=start,
    needs=("gradient",),
    rate=1e-2,
    source="Riedmiller and Braun (1993), A direct adaptive method for faster backpropagation",
)
