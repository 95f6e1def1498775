"""Second derivatives by hand: closed forms of the literature, torch, and each against the other."""

from dataclasses import replace

import numpy as np
import pytest

from gradparity.backends import Setting, Unsupported
from gradparity.backends.numpy_backprop.backend import BACKEND
from gradparity.backends.numpy_backprop.catalogue import FURTHER
from gradparity.backends.torch_autograd.namespace import library as torch_library
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.namespace import NUMPY
from tests.backends.numpy_backprop.numpy_answers import answered, at, derivative

SECOND = [name for name, further in FURTHER.items() if "hvp" in further]
SMALL = [
    (name, size) for name in SECOND for size in ("tiny", "small") if size in PROBLEMS[name].sizes
]
HESSIANS = [case for case in SMALL if PROBLEMS[case[0]].instance(case[1], 0).parameters <= 700]
JACOBIANS = [
    (name, size)
    for name, further in FURTHER.items()
    for size in ("tiny", "small")
    if "jacobian" in further and size in PROBLEMS[name].sizes and name != "linear-solve"
]


def flat(arrays, instance):
    """One vector, in the order of the instance's names."""
    return np.concatenate([np.ravel(arrays[name]) for name in instance.params])


@pytest.mark.parametrize(("name", "size"), SMALL)
def test_hvp_and_jvp_are_those_of_torch(name, size):
    torch = pytest.importorskip("torch")
    instance = PROBLEMS[name].instance(size, 2)
    params = {key: torch.tensor(x, requires_grad=True) for key, x in instance.params.items()}
    data = {key: torch.tensor(x) for key, x in instance.data.items()}
    direction = {key: torch.tensor(x) for key, x in instance.direction.items()}
    loss = PROBLEMS[name].loss(torch_library()[1], params, data)
    leaves = list(params.values())
    gradient = torch.autograd.grad(loss, leaves, create_graph=True)
    terms = [g * v for g, v in zip(gradient, direction.values(), strict=True)]
    slope = sum(term.sum() for term in terms)
    products = torch.autograd.grad(slope, leaves, allow_unused=True, materialize_grads=True)
    product = flat(dict(zip(params, [h.numpy() for h in products], strict=True)), instance)
    terms, slope = [term.detach().numpy() for term in terms], float(slope.detach())
    hvp = flat(answered(name, "hvp", instance).derivative, instance)
    assert np.abs(hvp - product).max() <= 1e-13 * np.abs(product).max()
    value, slopes, _ = answered(name, "jvp", instance)
    assert abs(slopes["jvp"] - slope) <= 1e-13 * sum(np.abs(term).sum() for term in terms)
    assert value == pytest.approx(float(answered(name, "value", instance).value), rel=1e-14)


@pytest.mark.parametrize(("name", "size"), HESSIANS)
def test_the_hessian_is_symmetric_and_times_a_direction_is_hvp(name, size):
    instance = PROBLEMS[name].instance(size, 3)
    hessian = derivative(name, "hessian", instance)
    assert hessian.shape == (instance.parameters, instance.parameters)
    # An entry and its mirror are the same sum over up to 1000 cases, with other roundings of terms.
    assert np.abs(hessian - hessian.T).max() <= 8 * 2.0**-52 * np.abs(hessian).max()
    hvp = flat(answered(name, "hvp", instance).derivative, instance)
    terms = np.abs(hessian) @ np.abs(flat(instance.direction, instance))
    error = np.abs(hessian @ flat(instance.direction, instance) - hvp)
    assert np.all(error <= 1e-14 * terms.max())


@pytest.mark.parametrize("name", SECOND)
def test_float32_is_float64_rounded(name):
    instance = PROBLEMS[name].instance("tiny", 4)
    for operator in ("jvp", "hvp"):
        narrow = answered(name, operator, instance, "float32").derivative
        wide = answered(name, operator, instance).derivative
        scale = max(np.abs(array).max() for array in wide.values())
        if operator == "jvp":
            gradient = answered(name, "gradient", instance).derivative
            products = [gradient[key] * instance.direction[key] for key in gradient]
            scale = sum(np.abs(terms).sum() for terms in products)
        for key, array in narrow.items():
            assert array.dtype == np.float32
            assert np.abs(array - wide[key]).max() <= 64 * 2.0**-23 * scale


def test_the_advertising_problem_is_as_badly_conditioned_as_known():
    minimum = PROBLEMS["price-ad-sqrt"].minimum(at("price-ad-sqrt", price=50.0, spend=1.0).data)
    instance = at("price-ad-sqrt", **minimum.params)
    hessian = derivative("price-ad-sqrt", "hessian", instance)
    assert np.linalg.cond(hessian) == pytest.approx(9.7e4, rel=5e-3)
    # By price and √spend instead, s = √x: s has dx/ds = 2 s, and the first derivatives vanish here.
    turn = np.diag([1.0, 2.0 * np.sqrt(float(minimum.params["spend"]))])
    assert np.linalg.cond(turn @ hessian @ turn) == pytest.approx(9.5, rel=5e-3)


def test_markets_of_one_price_in_round_numbers():
    """π″ = -2 b of linear demand; at Lerner's optimum of A p^-ε, π″ = -q (ε - 1)/p."""
    assert derivative("price-linear", "hessian", at("price-linear", price=50.0))[0, 0] == 16.0
    price, elasticity = 2.5 * 35.0 / 1.5, 2.5
    demand = 5e5 * price**-elasticity
    hessian = derivative("price-elastic", "hessian", at("price-elastic", price=price))
    assert hessian[0, 0] == pytest.approx(demand * (elasticity - 1.0) / price, rel=1e-13)
    # At the logit optimum 1 = β m (1 - σ), which leaves π″ = -β q.
    minimum = PROBLEMS["price-logit"].minimum(at("price-logit", price=1.0).data)
    profit, price = -minimum.value, float(minimum.params["price"])
    hessian = derivative("price-logit", "hessian", at("price-logit", price=price))
    assert hessian[0, 0] == pytest.approx(0.08 * profit / (price - 35.0), rel=1e-12)


@pytest.mark.parametrize(("name", "size"), JACOBIANS)
def test_the_jacobian_is_the_complex_step_of_the_residuals_and_gives_the_gradient(name, size):
    """The loss is half of Σ r², so that its gradient is Jᵀ r."""
    problem = PROBLEMS[name]
    instance = problem.instance(size, 5)
    (key,) = instance.params
    jacobian = derivative(name, "jacobian", instance)
    residuals = problem.residuals(NUMPY, instance.params, instance.data)
    assert jacobian.shape == (residuals.size, instance.parameters)
    columns = []
    for unit in np.eye(instance.parameters):
        moved = {key: instance.params[key] + 1e-30j * unit}
        columns.append(problem.residuals(NUMPY, moved, instance.data).imag / 1e-30)
    assert np.abs(jacobian - np.stack(columns, axis=1)).max() <= 1e-14 * np.abs(jacobian).max()
    gradient = answered(name, "gradient", instance).derivative[key]
    terms = (np.abs(jacobian.T) @ np.abs(residuals)).max()
    assert np.abs(jacobian.T @ residuals - gradient).max() <= 1e-14 * terms


def test_a_quadratic_has_the_hessian_of_gauss_and_newton():
    instance = at("booth", x=[0.3, -2.0])
    jacobian = derivative("booth", "jacobian", instance)
    assert jacobian.T @ jacobian == pytest.approx(derivative("booth", "hessian", instance))


def test_the_softmax_hessian_is_its_closed_form():
    """H = 1/n Σ_c (p pᵀ taken off diag p) ⊗ (x xᵀ), and no common shift of the biases is felt."""
    problem = PROBLEMS["softmax-digits"]
    instance = problem.instance("tiny", 6)
    x = instance.data["x"]
    logits = x @ instance.params["w"] + instance.params["b"]
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    curved = np.einsum("cj,jk->cjk", p, np.eye(10)) - np.einsum("cj,ck->cjk", p, p)
    expected = np.einsum("ci,cjk,cl->ijlk", x, curved, x).reshape(640, 640) / len(x)
    hessian = derivative("softmax-digits", "hessian", instance)
    assert np.abs(hessian[:640, :640] - expected).max() <= 1e-14 * np.abs(expected).max()
    assert np.abs(hessian[:, 640:].sum(axis=1)).max() < 1e-16


def test_a_scaled_relu_network_turns_its_gradient_by_euler():
    """Scaling w1, b1 by t and w2 by 1/t leaves the loss alone; so H s = -(g1, g1, -g2, 0).

    s = (w1, b1, -w2, 0) is the direction of that scaling, and g·s = 0 along it; the derivative of
    g·s = 0 by every parameter is H s + (g1, gb1, -g2, 0) = 0.
    """
    instance = PROBLEMS["xor-relu"].instance("medium", 8)
    signs = {"w1": 1.0, "b1": 1.0, "w2": -1.0, "b2": 0.0}
    along = replace(instance, direction={k: signs[k] * w for k, w in instance.params.items()})
    gradient = answered("xor-relu", "gradient", along).derivative
    product = answered("xor-relu", "hvp", along).derivative
    assert abs(answered("xor-relu", "jvp", along).derivative["jvp"]) < 1e-16
    for key, sign in signs.items():
        assert product[key] == pytest.approx(-sign * gradient[key], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(
    ("name", "size", "operator", "count"),
    [
        ("mlp-digits", "small", "hessian", "4,810"),
        ("rosenbrock", "medium", "hessian", "10,000"),
        ("rosenbrock", "medium", "jacobian", "10,000"),
    ],
)
def test_a_matrix_that_is_too_large_is_refused_by_prepare(name, size, operator, count):
    instance = PROBLEMS[name].instance(size, 0)
    assert BACKEND.unsupported(PROBLEMS[name], operator) is None
    with pytest.raises(Unsupported, match=f"{operator} of {count} parameters.*2,000".capitalize()):
        BACKEND.prepare(PROBLEMS[name], operator, instance, Setting())


def test_every_operator_of_the_catalogue_is_there_or_says_what_is_missing():
    for name in SECOND:
        problem = PROBLEMS[name]
        for operator in ("value", "gradient", "jvp", "hvp", "hessian"):
            assert BACKEND.unsupported(problem, operator) is None
        why = BACKEND.unsupported(problem, "jacobian")
        assert (why is None) is (problem.residuals is not None)
        assert why is None or "states no residuals" in why


def test_a_users_gradient_has_a_jvp_of_the_users_dtype_and_no_hvp():
    """A loss of the catalogue's name does not get the catalogue's second derivatives."""

    def gradient(params, data):
        return float(params["x"] @ params["x"]), {"x": 2.0 * params["x"]}

    mine = replace(PROBLEMS["booth"], gradient=gradient)
    instance = at("booth", x=[3.0, 4.0])
    value, derivative, _ = BACKEND.prepare(mine, "jvp", instance, Setting("float32"))(instance)
    assert (value, derivative["jvp"]) == (25.0, 14.0)
    assert value.dtype == derivative["jvp"].dtype == np.float32
    for operator in ("hvp", "hessian"):
        assert "no hand-written hvp for 'booth'" in BACKEND.unsupported(mine, operator)
    assert "jacobian" in BACKEND.unsupported(mine, "jacobian")


def test_a_users_gradient_may_be_python_floats():
    """f = a² + a b at (3, 4): the gradient is (10, 3), along (1, 1) that is 13."""

    def gradient(params, data):
        a, b = float(params["a"]), float(params["b"])
        return a * a + a * b, {"b": a, "a": 2.0 * a + b}

    instance = at("booth", a=3.0, b=4.0)
    mine = replace(PROBLEMS["booth"], gradient=gradient)
    value, slopes, _ = BACKEND.prepare(mine, "jvp", instance, Setting("float32"))(instance)
    assert (value, slopes["jvp"]) == (21.0, 13.0)
    assert value.dtype == slopes["jvp"].dtype == np.float32
