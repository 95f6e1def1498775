"""What one step of an update costs, beside jitted optax and torch.optim; prints a table.

    python -m tests.benchmarks.update_speed [ROUNDS]

The three take turns (turns.py), five milliseconds each; each entry is the median over rounds of µs
per step, and the ratio the median of the paired ones. optax's step is one jitted call that moves
the parameters, its buffers donated; the gradient is one vector, given to all three, and ours is
copied first, for it is overwritten: that copy is in its time.
"""

from __future__ import annotations

import sys

from tests.benchmarks.turns import one_core, race

UPDATES = {
    "gd": ("SGD", {}, lambda o: o.sgd(1e-3)),
    "momentum": ("SGD", {"momentum": 0.9}, lambda o: o.sgd(1e-3, momentum=0.9)),
    "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}, lambda o: o.sgd(1e-3, 0.9, True)),
    "adagrad": ("Adagrad", {}, lambda o: o.adagrad(1e-3)),
    "rmsprop": ("RMSprop", {}, lambda o: o.rmsprop(1e-3)),
    "adam": ("Adam", {}, lambda o: o.adam(1e-3)),
    "adamw": ("AdamW", {}, lambda o: o.adamw(1e-3)),
    "lion": (None, {}, lambda o: o.lion(1e-3)),
}


def ours(name, gradient):
    import numpy as np

    from gradparity.backends.optimizers.training import Training, start_update

    theta, given = np.ones_like(gradient), np.empty_like(gradient)
    update = start_update(Training(name), theta)

    def step():
        np.copyto(given, gradient)
        update(theta, given, 1e-3)

    return step


def optaxs(build, gradient):
    import jax
    import jax.numpy as jnp
    import optax

    optimizer = build(optax)

    def move(theta, state, g):
        moved, state = optimizer.update(g, state, theta)
        return optax.apply_updates(theta, moved), state

    jitted = jax.jit(move, donate_argnums=(0, 1))
    g = jnp.asarray(gradient)
    theta = jnp.ones_like(g)
    carried = [(theta, optimizer.init(theta))]

    def step():
        carried[0] = jitted(*carried[0], g)
        jax.block_until_ready(carried[0])

    return step


def torchs(kind, options, gradient):
    import torch

    parameter = torch.nn.Parameter(torch.ones(len(gradient), dtype=torch.float64))
    parameter.grad = torch.tensor(gradient)
    return getattr(torch.optim, kind)([parameter], lr=1e-3, **options).step


def main(rounds):
    """33 parameters (XOR), and 669,706 (the largest network of the catalogue)."""
    import jax
    import numpy as np
    import torch

    jax.config.update("jax_enable_x64", True)
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    print(
        f"{'update':12}{'entries':>10}{'ours µs':>12}{'optax µs':>12}{'torch µs':>12}{'ours/optax':>12}{'ours/torch':>12}"
    )
    for size in (33, 669_706):
        gradient = rng.normal(size=size)
        for name, (kind, options, build) in UPDATES.items():
            steps = {"ours": ours(name, gradient), "optax": optaxs(build, gradient)}
            if kind:
                steps["torch"] = torchs(kind, options, gradient)
            times = race(steps, rounds, 0.005, rng)
            row = f"{name:12}{size:10,}"
            for who in ("ours", "optax", "torch"):
                row += f"{np.median(times[who]) * 1e6:12.1f}" if who in times else f"{'-':>12}"
            for who in ("optax", "torch"):
                ratio = np.median(times["ours"] / times[who]) if who in times else None
                row += f"{'-' if ratio is None else f'{ratio:.2f}':>12}"
            print(row, flush=True)


if __name__ == "__main__":
    one_core()
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 16)
