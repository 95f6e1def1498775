"""What the tests of the judge share: a network with its gradient by hand, and how to have it judged."""

from __future__ import annotations

import math

import numpy as np

from gradparity.backends import Answer
from gradparity.harness.judging.truth import Truth
from gradparity.harness.judging.verdicts import judge_pair
from gradparity.problems import Instance, Problem
from gradparity.problems.functions import cross_entropy

DTYPES = ("float32", "float64")


def make(loss, draw, **sizes):
    return Problem("test", loss, draw or (lambda rng: None), {"only": sizes}, "this test")


# A tanh network with a softmax loss, and its gradient by hand.


def network_loss(xp, p, d):
    hidden = xp.tanh(d["x"] @ p["w1"] + p["b1"])
    return cross_entropy(xp, hidden @ p["w2"] + p["b2"], d["labels"])


def network_draw(rng, width, batch=12, inputs=5, classes=3):
    params = {
        "w1": rng.normal(size=(inputs, width)),
        "b1": rng.normal(size=width),
        "w2": rng.normal(size=(width, classes)) / math.sqrt(width),
        "b2": rng.normal(size=classes),
    }
    data = {"x": rng.normal(size=(batch, inputs)), "labels": rng.integers(0, classes, batch)}
    return Instance(params, data)


def network_answer(instance, dtype):
    p = {name: np.asarray(a).astype(dtype) for name, a in instance.params.items()}
    x, labels = instance.data["x"].astype(dtype), instance.data["labels"]
    rows = np.arange(len(labels))
    hidden = np.tanh(x @ p["w1"] + p["b1"])
    logits = hidden @ p["w2"] + p["b2"]
    logits -= logits.max(axis=1, keepdims=True)
    total = np.exp(logits).sum(axis=1, keepdims=True)
    value = np.mean(np.log(total[:, 0]) - logits[rows, labels], dtype=dtype)
    delta = np.exp(logits) / total
    delta[rows, labels] -= 1
    delta /= np.array(len(labels), dtype)
    back = (delta @ p["w2"].T) * (1 - hidden * hidden)
    gradient = {
        "w1": x.T @ back,
        "b1": back.sum(axis=0),
        "w2": hidden.T @ delta,
        "b2": delta.sum(axis=0),
    }
    return Answer(value, gradient)


SMALL, LARGE = 6, 700  # 57 parameters, every component; 6,303, random directions


def network(width, seed=0):
    problem = make(network_loss, network_draw, width=width)
    return problem, problem.instance("only", seed)


def changed(answer, name, array):
    return answer._replace(derivative={**answer.derivative, name: array})


def place(found):
    """Parameter and index of the number that is named as the worst."""
    return found.worst.parameter, found.worst.index


def judged(problem, instance, dtype="float64", seed=0, operator="gradient", **answers):
    """What is found of answers that are given in one dtype alone, by label."""
    truth = Truth(problem, instance, operator, seed)
    wide = dtype == "float64"
    return {
        label: judge_pair(truth, answer if wide else None, None if wide else answer)
        for label, answer in answers.items()
    }
