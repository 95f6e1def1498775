"""Training steps for the tests: one driver for any backend, and the descent that all must follow."""

import numpy as np

from gradparity.backends import Setting, Training
from gradparity.backends.catalogue import load
from gradparity.backends.optimizers.training import start_update
from gradparity.backends.training_step import training_step
from gradparity.problems import Instance, Problem
from gradparity.problems.layout import Layout


def made(loss, params, data=None):
    """A problem of the test's own, and its instance."""
    params = {name: np.asarray(x, float) for name, x in params.items()}
    instance = Instance(params, data or {})
    return Problem("mine", loss, lambda rng: instance, {"tiny": {}}, "test"), instance


def minibatches(problem, instance, steps, size, seed=0):
    """`steps` batches of `size` rows of every data array that has them, or the data whole."""
    if size is None:
        return [instance.data] * steps
    rng = np.random.default_rng(seed)
    picks = [rng.choice(len(instance.data["x"]), size, replace=False) for _ in range(steps)]
    return [{name: array[rows] for name, array in instance.data.items()} for rows in picks]


def step_of(backend, problem, update, options, instance, dtype="float64", **more):
    """The training step of a backend, or of one named, prepared at zeros."""
    engine = load(backend) if isinstance(backend, str) else backend
    training = Training(update, options, **more)
    return training_step(engine, problem, training, instance.zeros(), Setting(dtype))


def trajectory(step, params, batches, rates):
    """The parameters after every step, and what every step reported."""
    state, places, reports = step.start(params), [], []
    for data, rate in zip(batches, rates, strict=True):
        state, report = step.run(state, step.batch(data), rate)
        places.append(step.params(state))
        reports.append(step.report(report))
    return places, reports


def followed(problem, update, options, instance, batches, rates, seed=0):
    """The same, step by step in float64: numpy's gradient, asked anew, fed to our optimiser."""
    gradient = load("numpy").prepare(
        problem, "gradient", Instance(instance.params, batches[0]).zeros(), Setting()
    )
    layout = Layout.of(instance.params)
    theta, places = layout.flatten(instance.params), []
    moving = start_update(Training(update, options, seed), theta, layout.shapes)
    for data, rate in zip(batches, rates, strict=True):
        answer = gradient(Instance(layout.views(theta), data))
        moving(theta, layout.flatten(answer.derivative), rate)
        places.append(layout.views(theta.copy()))
    return places


def apart(places, others):
    """The largest difference of two trajectories, over the larger of 1 and the parameter."""
    return max(
        float(np.max(np.abs(a[name] - b[name]) / np.maximum(1, np.abs(b[name]))))
        for a, b in zip(places, others, strict=True)
        for name in b
    )
