"""Compiled programs of the whole catalogue: right, repeatable, harmless, self-contained."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gradparity.backends.numpy_backprop.catalogue import DERIVATIONS
from gradparity.backends.numpy_tape.compile import compile_operator
from gradparity.backends.numpy_tape.engine import derivatives
from gradparity.problems.catalogue import PROBLEMS
from gradparity.problems.networks.learners import NETWORKS
from gradparity.problems.science.catalogue import PROBLEMS as SCIENCE
from gradparity.problems.systems.catalogue import PROBLEMS as SYSTEMS
from tests.conftest import LOOPS, SPARED, copied, everyday, same

LATER = {*SCIENCE, *NETWORKS, *SYSTEMS}
LARGE = ("rosenbrock", "rastrigin", "ackley", "styblinski-tang")
CASES = [
    (name, size)
    for name, problem in PROBLEMS.items()
    for size in problem.sizes
    if name not in SPARED
    and (
        size == "tiny"
        or (size == "small" and name not in LATER)
        or (size == "large" and name in LARGE)
    )
]


def typed(arrays, dtype):
    return {
        k: np.array(x, dtype if np.asarray(x).dtype.kind == "f" else None)
        for k, x in arrays.items()
    }


def instance(name, size, dtype="float64", seed=0):
    drawn = PROBLEMS[name].instance(size, seed)
    return typed(drawn.params, dtype), typed(drawn.data, dtype)


def gradient(name, size, dtype="float64"):
    params, data = instance(name, size, dtype)
    return compile_operator("gradient", PROBLEMS[name].loss, params, data, f"{name}, {size}.")


def near(x, y, eps, bound):
    x, y = np.asarray(x, np.longdouble), np.asarray(y, np.longdouble)
    return x.shape == y.shape and np.max(np.abs(x - y), initial=0) <= bound * eps * max(
        np.max(np.abs(x), initial=0), 1e-30
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "size"), CASES)
def test_equals_the_hand_written_gradient(name, size, dtype):
    if name not in DERIVATIONS:
        pytest.skip(f"{name} has no hand-written gradient")
    params, data = instance(name, size, dtype, seed=5)
    compiled = gradient(name, size, dtype)
    eps = float(np.finfo(dtype).eps)
    with np.errstate(all="ignore"):
        value, answer = compiled.run(params, data)
        # Floating-point numbers of twice the length judge both.
        exact = DERIVATIONS[name](*(wide := (typed(params, "float64"), typed(data, "float64"))))
        want, wanted = exact.gradient(*wide)
    assert near(want, value, eps, 100)
    assert np.asarray(value).dtype == dtype
    for key, x in wanted.items():
        assert answer[key].dtype == dtype
        assert answer[key].shape == params[key].shape
        assert near(x, answer[key], eps, 100), key


@pytest.mark.parametrize("operator", ["value", "jvp", "hvp", "hessian", "jacobian"])
@pytest.mark.parametrize("name", everyday(PROBLEMS))
def test_other_operators_equal_the_tape(name, operator):
    problem = PROBLEMS[name]
    loss = problem.residuals if operator == "jacobian" else problem.loss
    params, data = instance(name, "tiny")
    total = sum(x.size for x in params.values())
    if loss is None or (operator in ("hessian", "jacobian") and total > 60):
        pytest.skip("no residuals, or too many parameters for a matrix")
    rng = np.random.default_rng(1)
    direction = {k: np.asarray(rng.normal(size=x.shape)) for k, x in params.items()}
    given = (params, data, direction) if operator in ("jvp", "hvp") else (params, data)
    with np.errstate(all="ignore"):
        want = getattr(derivatives, operator)(loss, *given)
        got = compile_operator(operator, loss, params, data).run(*given)
    for x, y in zip(flat(want), flat(got), strict=True):
        assert near(x, y, 2.3e-16, 500)


def flat(answer):
    if isinstance(answer, dict):
        return list(answer.values())
    return list(answer) if isinstance(answer, tuple) else [answer]


def buffers(function):
    """Every array that a compiled function keeps, but those that its set-up fills once."""
    found = []
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        if not name.startswith(("ones", "constant", "count", "grid", "formula", "c_")):
            found += arrays_in(cell.cell_contents)
    return found


def arrays_in(x):
    if isinstance(x, np.ndarray):
        return [x] if x.flags.writeable else []
    parts = x.values() if isinstance(x, dict) else x if isinstance(x, list | tuple) else ()
    return [array for part in parts for array in arrays_in(part)]


@pytest.mark.parametrize(("name", "size"), CASES)
def test_runs_repeat_and_inputs_stay_and_buffers_carry_nothing_over(name, size):
    params, data = instance(name, size)
    before = copied(params), copied(data)
    compiled = gradient(name, size)
    with np.errstate(all="ignore"):
        value, first = compiled.run(params, data)
        first = copied(first)
        poisoned = [x for x in buffers(compiled.run) if x.dtype.kind == "f"]
        assert poisoned
        for array in poisoned:
            array[...] = np.nan
        again, second = compiled.run(params, data)
        other = {k: x + np.asarray(0.25, x.dtype) for k, x in params.items()}
        compiled.run(other, data)
        third = compiled.run(params, data)[1]
    assert value == again
    assert same(first, second)
    assert same(first, third)
    assert same(params, before[0])
    assert same(data, before[1])


@pytest.mark.parametrize("name", everyday(PROBLEMS))
def test_gradients_share_memory_with_nothing(name):
    params, data = instance(name, "tiny")
    with np.errstate(all="ignore"):
        answer = gradient(name, "tiny").run(params, data)[1]
    arrays = [*answer.values()]
    for i, x in enumerate(arrays):
        for y in [*arrays[:i], *params.values(), *data.values()]:
            assert not np.shares_memory(x, y)


BARE = """
import importlib.util, json, sys
import numpy as np
for path in sys.argv[1:]:
    arrays = np.load(path + ".npz")
    spec = importlib.util.spec_from_file_location("derived", path + ".py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    groups = {"params": {}, "data": {}}
    for key in arrays.files:
        group, name = key.split("/", 1)
        groups[group][name] = arrays[key]
    value, gradient = module.value_and_gradient(groups["params"], groups["data"])
    print(json.dumps([float(value).hex(), {k: x.tobytes().hex() for k, x in gradient.items()}]))
assert not {"backends", "problems", "scipy", "jax", "torch"} & set(sys.modules)
"""


def test_emitted_files_run_alone_bitwise_the_same_and_pass_ruff(tmp_path):
    paths, wanted = [], []
    for name in PROBLEMS:
        if name in {*LOOPS, *SPARED}:
            continue
        params, data = instance(name, "tiny")
        compiled = gradient(name, "tiny")
        if "needs numpy only" not in compiled.source:
            continue
        path = tmp_path / name
        path.with_name(f"{name}.py").write_text(compiled.source)
        arrays = {f"params/{k}": x for k, x in params.items()}
        np.savez(str(path) + ".npz", **arrays, **{f"data/{k}": x for k, x in data.items()})
        value, answer = compiled.run(params, data)
        wanted.append([float(value).hex(), {k: x.tobytes().hex() for k, x in answer.items()}])
        paths.append(str(path))
    for name in LARGE:
        source = gradient(name, "large").source
        (tmp_path / f"{name}-large.py").write_text(source)
    site = Path(np.__file__).parent.parent
    bare = tmp_path / "site"
    bare.mkdir()
    for entry in site.glob("numpy*"):
        (bare / entry.name).symlink_to(entry)
    code = f"import sys; sys.path.insert(0, {str(bare)!r})\n{BARE}"
    command = [sys.executable, "-I", "-S", "-W", "error", "-c", code, *paths]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    )
    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == wanted
    ruff = [sys.executable, "-m", "ruff"]
    rules = ["--isolated", "--line-length", "100"]
    check = [*ruff, "check", *rules, "--select", "E,F,W,I,UP,B", str(tmp_path)]
    for lint in (check, [*ruff, "format", *rules, "--check", str(tmp_path)]):
        done = subprocess.run(lint, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_public_functions():
    params = {"x": np.array([2.0, 3.0])}
    data = {"c": np.array([5.0, 7.0])}
    direction = {"x": np.array([1.0, 10.0])}

    def loss(xp, params, data):
        return xp.sum(data["c"] * params["x"] ** 3)

    def residuals(xp, params, data):
        return data["c"] * params["x"] ** 2

    def run(operator, function, *given):
        return compile_operator(operator, function, params, data).run(*given)

    assert run("value", loss, params, data) == 5 * 8 + 7 * 27
    value, answer = run("gradient", loss, params, data)
    assert value == 229.0
    assert answer["x"].tolist() == [60.0, 189.0]
    assert run("jvp", loss, params, data, direction) == (229.0, 1950.0)
    assert run("hvp", loss, params, data, direction)["x"].tolist() == [60, 1260]
    assert run("hessian", loss, params, data).tolist() == [[60, 0], [0, 126]]
    values, tangent = run("jvp", residuals, params, data, direction)
    assert (values.tolist(), tangent.tolist()) == ([20, 63], [20, 420])
    jacobian = compile_operator("jacobian", residuals, params, data)
    assert jacobian.run(params, data).tolist() == [[20, 0], [0, 42]]
    assert jacobian.operations > 0
    assert jacobian.bytes >= 32
