"""One example of each cause, with figures that are known beforehand; and no cause for noise."""

import numpy as np
import pytest

from gradparity.harness.findings.causes import CAUSES
from gradparity.harness.findings.words import told
from gradparity.harness.judging.diagnosis import diagnose
from gradparity.harness.judging.diagnosis.evidence.figures import short_number
from tests.studies.diagnosis_study import study
from tests.studies.mistaken_backprop import MODELS
from tests.studies.planted_bugs import truth

EPS = np.finfo(np.float64).eps


def arrays(seed=0):
    rng = np.random.default_rng(seed)
    return {"w": rng.normal(size=(5, 4)), "b": rng.normal(size=6), "c": rng.normal(size=6)}


TRUE = arrays(1)
THETA = arrays(2)
DATA = {"y": np.zeros(50), "rate": np.array(0.3)}


def found(got, true=TRUE, params=THETA, data=DATA, **further):
    true = {k: np.asarray(x, np.longdouble) for k, x in true.items()}
    scale = {k: 64 * EPS * (np.abs(x) + 1e-3 * np.max(np.abs(x))) for k, x in true.items()}
    got = {k: np.asarray(x, np.float64) for k, x in {**true, **got}.items()}
    return diagnose(got, true, params=params, data=data, scale=scale, **further)


def component(name, index, value):
    changed = TRUE[name].copy()
    changed[index] = value
    return {name: changed}


def sliced(name, key, factor):
    changed = TRUE[name].copy()
    changed[key] *= factor
    return {name: changed}


COLUMN = np.array([[0.11], [0.3], [-0.7], [0.2], [0.5]])
W, B = TRUE["w"], TRUE["b"]
SENTENCES = [
    ({}, "none", "every component is right."),
    ({"b": -B}, "sign", "b is -1 times what it should be, everywhere: the sign is wrong."),
    ({"w": 2 * W}, "factor", "w is 2 times what it should be, everywhere: the factor of a square, or ½ forgotten in the loss."),
    ({"w": 50 * W}, "factor", "w is 50 times what it should be, everywhere: 50 is the length of y: a sum where a mean is meant."),
    ({"w": W * 50 / 49}, "factor", "w is 50/49 times what it should be, everywhere: 50 is the length of y: divided by n - 1 for n, the unbiased variance."),
    ({"w": W * 1.001}, "factor", "w is wrong by a factor of 1.001, everywhere."),
    ({"w": W * (1 + 1e-9)}, "factor", "w is wrong by a factor of 1 + 1e-09, everywhere."),
    ({"w": W * 0.3}, "factor", "w is 0.3 times what it should be, everywhere: that is rate: multiplied by it once too often."),
    ({k: 0.5 * x for k, x in TRUE.items()}, "factor", "the whole gradient is ½ times what it should be, everywhere: the factor 2 of a square is forgotten, or ½ is applied twice."),
    ({"b": 0 * B}, "parameter-missing", "b is zero everywhere: its gradient is never computed or is lost."),
    (sliced("w", (slice(None), 2), 0), "unit-missing", "w is zero on column 2, and right elsewhere."),
    (sliced("w", -1, 0), "off-by-one", "w is zero on row 4, the last, and right elsewhere: a slice leaves it out."),
    (sliced("w", 1, 3), "factor", "w is 3 times what it should be on row 1, and right elsewhere."),
    ({"b": np.roll(B, 1)}, "off-by-one", "b is shifted by 1 around."),
    ({"b": B[::-1]}, "permuted", "b is reversed."),
    ({"b": B[[0, 4, 2, 3, 1, 5]]}, "permuted", "components 1 and 4 of b are exchanged."),
    ({"w": W.T.reshape(5, 4)}, "transposed", "w is the transpose of what it should be, poured into its shape: the order of the entries is wrong."),
    ({"b": TRUE["c"], "c": B}, "swapped", "the gradients of b and c are exchanged."),
    ({"b": TRUE["c"]}, "swapped", "b has the gradient of c."),
    ({"b": np.abs(B)}, "absolute-value", "b is the absolute value of what it should be, component by component."),
    ({"w": W + 0.3 * THETA["w"]}, "term-added", "w has a term too many 0.3·w (rate), the term of an L2 penalty; without that difference all is right."),
    ({"w": W - 0.01 * np.sign(THETA["w"])}, "term-missing", "w lacks the term 0.01·sign(w), the term of an L1 penalty; without that difference all is right."),
    ({"w": np.broadcast_to(W.sum(axis=0), W.shape)}, "broadcast-sum", "w is the same along axis 0: the sum of what it should be there."),
    ({"w": W.astype(np.float32)}, "precision", "w is right to float32 alone, and holds float32 numbers: computed or stored in float32."),
    (component("b", 2, np.nan), "nonfinite", f"b[2] is nan, should be {B[2]:.6g}; 1 of 6 components are so."),
    (component("w", (3, 1), -W[3, 1]), "one-component", f"w[3,1] has the wrong sign: {-W[3, 1]:.6g}, should be {W[3, 1]:.6g}; every other component is right."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("got", "cause", "sentence"), SENTENCES, ids=[s[2][:40] for s in SENTENCES]
)
def test_the_sentence_says_what_was_done(got, cause, sentence):
    diagnosis = found(got)
    assert (diagnosis.cause.key, told(diagnosis)) == (cause, sentence)
    assert diagnosis.right == tuple(k for k in TRUE if k not in got)


def test_the_parameter_and_the_index_are_named():
    one = found(component("w", (3, 1), 9.0))
    assert (one.cause.key, one.cause.parameter, one.cause.index) == ("one-component", "w", (3, 1))
    assert found({k: -x for k, x in TRUE.items()}).cause.parameter == ""


@pytest.mark.parametrize(
    ("cause", "got"),
    [
        ("kink", np.where(THETA["w"] < 0, 0, W)),
        ("factor", W * THETA["w"]),
        ("clipped", np.clip(W, -0.4, 0.4)),
        ("function", W * W),
        ("one-unit", np.where(np.arange(4) == 1, W + COLUMN, W)),
        ("factor", W * np.array([0.7, 1.1, 1.9, 0.6])),
        ("precision", W * (1 + 1e-7 * np.random.default_rng(5).normal(size=W.shape))),
    ],
)
def test_causes_told_by_components(cause, got):
    assert found({"w": got}).cause.key == cause


def test_a_threshold_on_the_parameter_is_told_with_its_figure():
    theta = np.linspace(-3, 3, 60)
    true = np.random.default_rng(0).normal(size=60) + 4
    got = np.where(np.abs(theta) > 2, 0, true)
    diagnosis = found({"x": got}, {"x": true}, {"x": theta}, {})
    largest = np.abs(theta)[np.abs(theta) <= 2].max()
    assert diagnosis.cause.key == "saturation"
    assert f"exactly where |x| > {largest:.4g}: " in told(diagnosis)


@pytest.mark.parametrize("size", [1e-9, 1e-3, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_noise_gets_no_cause_but_the_worst_component(size, seed):
    noise = size * np.random.default_rng(100 + seed).normal(size=W.shape)
    diagnosis = found({"w": W + noise})
    worst = np.abs(noise) / (np.abs(W) + 1e-3 * np.abs(W).max())
    index = np.unravel_index(np.argmax(worst), W.shape)
    assert (diagnosis.cause.key, diagnosis.cause.index) == ("other", index)
    assert told(diagnosis).startswith(f"w[{index[0]},{index[1]}] is ")
    assert told(diagnosis).endswith("the worst of 20 wrong components of 20; no simple cause fits.")


def test_rounding_is_not_wrong():
    ulp = {k: x * (1 + 4 * EPS) for k, x in TRUE.items()}
    assert found(ulp).cause.key == "none"


def test_a_single_number_has_no_ratio_unless_it_is_a_known_or_a_short_one():
    def alone(ratio):
        true = {"p": np.array(0.7123456)}
        return found({"p": ratio * true["p"]}, true, {"p": np.array(1.3)}, {}).cause.key

    assert [alone(r) for r in (-1, 2, 1.01, 1.2345678901)] == ["sign", "factor", "factor", "other"]


def test_wrong_in_float32_alone():
    narrow = {k: np.asarray(x, np.float32) for k, x in TRUE.items()}
    assert found({}, narrow=narrow).cause.key == "none"
    narrow["w"] = narrow["w"] * np.float32(1.25)
    diagnosis = found({}, narrow=narrow)
    assert (diagnosis.cause.key, diagnosis.right) == ("precision", ("w", "b", "c"))


def test_short_numbers_are_told_only_where_chance_is_no_explanation():
    assert short_number(np.longdouble(0.25), 1e-12) == 0.25
    assert short_number(np.longdouble(0.25), 1e-3) is None
    assert short_number(np.longdouble(np.pi), 1e-12) is None


def quadratic(xp, p, d):
    """½ mean (x w - y)² + ½ decay Σ w²."""
    fit = xp.mean(xp.square(d["x"] @ p["w"] - d["y"]))
    return 0.5 * fit + 0.5 * d["decay"] * xp.sum(xp.square(p["w"]))


def parts():
    """Each case's share of the gradient, and the penalty's, by the closed form."""
    rng = np.random.default_rng(3)
    x, y, w = rng.normal(size=(9, 4)), rng.normal(size=9), rng.normal(size=4)
    shares = x * (x @ w - y)[:, None] / 9
    data = {"x": x, "y": y, "decay": np.array(0.07)}
    return {"w": w}, data, shares, 0.07 * w


@pytest.mark.parametrize(
    ("cause", "words", "weights"),
    [
        ("cases", "without case 3 of 9", [1, 1, 1, 0, 1, 1, 1, 1, 1]),
        ("cases", "with case 8 counted twice of 9", [1, 1, 1, 1, 1, 1, 1, 1, 2]),
        ("cases", "of case 0 alone of 9", [1, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("cases", "of the first half alone, as a mean of 9", [9 / 4] * 4 + [0] * 5),
    ],
)
def test_cases_are_counted_beside_a_penalty(cause, words, weights):
    params, data, shares, penalty = parts()
    true = {"w": shares.sum(axis=0) + penalty}
    got = {"w": np.array(weights) @ shares + penalty}
    diagnosis = found(got, true, params, data, loss=quadratic)
    assert (diagnosis.cause.key, told(diagnosis)) == (cause, f"w is the gradient {words}.")


def test_a_factor_of_one_term_is_told_apart_from_the_other():
    params, data, shares, penalty = parts()
    true = {"w": shares.sum(axis=0) + penalty}
    diagnosis = found({"w": 9 * shares.sum(axis=0) + penalty}, true, params, data, loss=quadratic)
    assert diagnosis.cause.key == "factor"
    assert "multiplied by 9: 9 is the length of x: a sum where a mean is meant" in told(diagnosis)


def test_the_gradient_at_zeros_is_told():
    params, data, shares, penalty = parts()
    true = {"w": shares.sum(axis=0) + penalty}
    got = {"w": -data["x"].T @ data["y"] / 9}
    diagnosis = found(got, true, params, data, loss=quadratic)
    assert told(diagnosis) == "w is the gradient at zeros: a stale or wrong point."


def mistaken(mistake, model="network-tanh"):
    problem, backprop = MODELS[model]
    instance = problem.instance("tiny", 5)
    true, scale = truth(problem.loss, instance)
    got = backprop(instance.params, instance.data, mistake)
    return diagnose(
        got, true, params=instance.params, data=instance.data, loss=problem.loss, scale=scale
    )


@pytest.mark.parametrize(
    ("mistake", "cause", "words"),
    [
        ("activation-derivative-missing", "wrong-derivative", "at tanh, its derivative is left out"),
        ("derivative-of-sigmoid", "wrong-derivative", "y(1 - y), y its result, is taken for the derivative"),
        ("transpose-missing", "transposed", "the product takes an operand without its transpose"),
        ("wrong-axis", "wrong-axis", "the sum runs over the last axis instead of the first"),
        ("updated-too-early", "stale", "w2 - 0.125 times its gradient stands for w2: updated too early"),
        ("misaligned", "off-by-one", "the operand is one case behind the gradient"),
        ("float32-inside", "precision", "something inside may be computed in float32"),
    ],
)  # fmt: skip
def test_a_mistake_in_one_step_of_the_chain_rule_is_named(mistake, cause, words):
    diagnosis = mistaken(mistake)
    assert diagnosis.cause.key == cause
    assert words in told(diagnosis)


def test_a_loss_that_cannot_be_evaluated_elsewhere_costs_no_diagnosis():
    def refuses(xp, p, d):
        raise RuntimeError("not here")

    noise = np.random.default_rng(0).normal(size=W.shape)
    assert found({"w": W + noise}, loss=refuses).cause.key == "other"


def test_most_planted_bugs_are_named_right_and_every_key_is_known():
    outcomes = list(study("tiny", [21]))
    caused = [good for _, bug, _, good in outcomes if bug.accepted is not None]
    assert len({bug.kind for _, bug, _, _ in outcomes}) >= 40
    assert len(caused) > 500
    assert np.mean(caused) >= 0.9
    assert {diagnosis.cause.key for _, _, diagnosis, _ in outcomes} <= set(CAUSES)
    assert all(good for _, bug, _, good in outcomes if bug.accepted is None)
