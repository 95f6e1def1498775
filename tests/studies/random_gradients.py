"""Random wrong gradients of small problems: is a cause stated that was not planted?

python -m tests.studies.random_gradients [COUNT] [SEED] prints every stated cause.

Half of the plants have no cause at all: noise, a function nobody writes, rows mixed. The others have
one each, with a random figure. Problems are small on purpose: of few numbers, much fits by chance.
"""

import sys
from dataclasses import dataclass

import numpy as np

from gradparity.backends.numpy_tape.engine.derivatives import value_and_gradient
from gradparity.harness.findings.words import told
from gradparity.harness.judging.diagnosis import diagnose

RATIOS = (1.3, 0.7, 3, 1.5, 2 / 3, 5, 1 / 3, 0.9, 6, 1.25, 7)


def _draws(rng):
    """name -> (loss, draw(cases, features) -> params, data)."""
    normal = rng.normal
    return {
        "least squares": (
            lambda xp, p, d: xp.mean((d["x"] @ p["w"] + p["b"] - d["y"]) ** 2),
            lambda n, k: ({"w": normal(size=k), "b": normal()}, {"x": normal(size=(n, k)), "y": normal(size=n)}),
        ),
        "two numbers": (
            lambda xp, p, d: xp.sum(xp.exp(p["a"] * d["t"]) * p["c"] - d["y"]) ** 2,
            lambda n, k: ({"a": normal() * 0.3, "c": normal()}, {"t": normal(size=n), "y": normal(size=n)}),
        ),
        "network": (
            lambda xp, p, d: xp.mean((xp.tanh(d["x"] @ p["u"]) @ p["v"] - d["y"]) ** 2),
            lambda n, k: ({"u": normal(size=(k, 2)), "v": normal(size=2)}, {"x": normal(size=(n, k)), "y": normal(size=n)}),
        ),
        "rosenbrock": (
            lambda xp, p, d: xp.sum(100 * (p["x"][1:] - p["x"][:-1] ** 2) ** 2 + (1 - p["x"][:-1]) ** 2),
            lambda n, k: ({"x": normal(size=k + 1)}, {}),
        ),
        "form": (
            lambda xp, p, d: 0.5 * p["x"] @ (d["A"] @ p["x"]) - xp.sum(p["x"]),
            lambda n, k: ({"x": normal(size=k)}, {"A": normal(size=(k, k))}),
        ),
        "softmax": (
            lambda xp, p, d: xp.mean(xp.log(xp.sum(xp.exp(d["x"] @ p["W"]), axis=1)) - xp.sum(d["h"] * (d["x"] @ p["W"]), axis=1)),
            lambda n, k: ({"W": normal(size=(k, 3))}, {"x": normal(size=(n, k)), "h": np.eye(3)[rng.integers(0, 3, n)]}),
        ),
    }  # fmt: skip


def _all(change):
    return lambda g, rng: {name: change(x, rng) for name, x in g.items()}


def _one(change):
    def plant(g, rng):
        name = list(g)[rng.integers(len(g))]
        return {**g, name: change(g[name], rng)}

    return plant


def _noise(x, rng):
    return x + rng.normal(size=np.shape(x))


def _ratio(x, rng):
    return x * rng.choice(RATIOS)


def _mixed(x, rng):
    return x @ rng.normal(size=(x.shape[-1],) * 2) if np.ndim(x) else x * rng.normal()


def _relative(x, rng):
    return x * (1 + 10.0 ** rng.integers(-9, -2) * rng.normal(size=np.shape(x)))


PLANTS = {
    "noise on one": ((), _one(_noise)),
    "noise on all": ((), _all(_noise)),
    "relative noise": ((), _all(_relative)),
    "sine": ((), _all(lambda x, rng: np.sin(x))),
    "cube": ((), _all(lambda x, rng: x**3)),
    "root": ((), _all(lambda x, rng: np.sign(x) * np.sqrt(np.abs(x)))),
    "mixed": ((), _all(_mixed)),
    "rounded": (("precision",), _all(lambda x, rng: np.round(x, int(rng.integers(2, 7))))),
    "one ratio": (("factor", "term-added"), _one(_ratio)),
    "a factor": (("factor", "term-added"), lambda g, rng: {k: x * c for c in [rng.choice(RATIOS)] for k, x in g.items()}),
    "any factor": (("factor",), lambda g, rng: {k: x * c for c in [rng.uniform(0.3, 3)] for k, x in g.items()}),
    "a constant": (("term-added", "term-missing"), _all(lambda x, rng: x + rng.normal())),
}  # fmt: skip
"""name -> (causes that are no false ones, plant(gradient, rng))."""


@dataclass(frozen=True)
class RandomOutcome:
    """plant: its name. key: of the cause. stated: whether as a fact. false: and not planted."""

    plant: str
    where: str
    key: str
    stated: bool
    false: bool
    message: str


def random_outcomes(count, seed=0):
    """What is said of so many random wrong gradients that differ from the right one."""
    rng = np.random.default_rng(seed)
    problems = _draws(rng)
    found = []
    while len(found) < count:
        name = list(problems)[rng.integers(len(problems))]
        loss, draw = problems[name]
        cases, features = int(rng.integers(2, 6)), int(rng.integers(1, 4))
        params, data = ({k: np.asarray(x, np.float32).astype(float) for k, x in arrays.items()} for arrays in draw(cases, features))  # fmt: skip
        wide = [
            {k: x.astype(np.longdouble) for k, x in arrays.items()} for arrays in (params, data)
        ]
        true = value_and_gradient(loss, *wide)[1]
        plant = list(PLANTS)[rng.integers(len(PLANTS))]
        accepted, change = PLANTS[plant]
        wrong = change({k: np.asarray(x, float) for k, x in true.items()}, rng)
        top = max(float(np.max(np.abs(x))) for x in true.values())
        diagnosis = diagnose(
            {k: np.asarray(x, float) for k, x in wrong.items()},
            true,
            params=params,
            data=data,
            loss=loss,
            scale={k: 64 * 2.0**-52 * (np.abs(x) + 0.1 * top) for k, x in true.items()},
        )
        cause = diagnosis.cause
        if cause.key != "none":
            stated = cause.sure and cause.key != "other"
            false = stated and cause.key not in accepted
            where = f"{name}, {cases} cases, {features} features"
            found.append(RandomOutcome(plant, where, cause.key, stated, false, told(diagnosis)))
    return found


def main(arguments):
    outcomes = random_outcomes(*(int(x) for x in arguments or ("500",)))
    for one in outcomes:
        if one.stated:
            print(
                f"{'FALSE ' if one.false else ''}{one.plant}, {one.where}: {one.key}: {one.message}"
            )
    print(
        f"{len(outcomes)}, {sum(one.stated for one in outcomes)} stated, {sum(one.false for one in outcomes)} false"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
