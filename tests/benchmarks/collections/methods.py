"""The methods compared: name -> what runs it on an objective until it ends."""

from __future__ import annotations

import numpy as np

from gradparity.backends.optimizers.catalogue import start_search


def ours(name):
    """The search of our catalogue, until it is solved, stalls or has spent its budget."""

    def run(objective):
        theta = objective.start.copy()
        step = start_search(name, objective, theta, np.random.default_rng(0), {})
        while True:
            step(theta, 1.0)

    return run


def scipys(method, **options):
    """SciPy's minimiser, told to go on to rounding."""

    def run(objective):
        from scipy.optimize import minimize

        products = {"hessp": objective.hvp} if method == "trust-ncg" else {}
        minimize(
            objective.value,
            objective.start,
            method=method,
            jac=lambda x: objective.gradient(x)[1],
            options={"gtol": 1e-14, "maxiter": 10_000, **options},
            **products,
        )

    return run


METHODS = {
    "lbfgs": ours("lbfgs"),
    "newton": ours("newton"),
    "saddle-free-newton": ours("saddle-free-newton"),
    "trust-region": ours("trust-region"),
    "levenberg-marquardt": ours("levenberg-marquardt"),
    "gauss-newton": ours("gauss-newton"),
    "scipy BFGS": scipys("BFGS"),
    "scipy L-BFGS-B": scipys("L-BFGS-B", ftol=0.0, maxfun=10_000),
    "scipy trust-ncg": scipys("trust-ncg"),
}
