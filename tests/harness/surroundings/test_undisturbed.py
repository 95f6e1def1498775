"""What somebody's process is set to is no reason for a verdict, and is as it was afterwards."""

import ctypes
import json
import platform
import shutil
import subprocess
import sys
import warnings
from contextlib import contextmanager
from functools import partial

import numpy as np
import pytest
import torch

import gradparity as gp
from gradparity.harness.surroundings.arithmetic import IEEE, arithmetic
from gradparity.harness.surroundings.undisturbed import undisturbed
from gradparity.harness.worker.state import Spoiled, WorkerState
from tests.harness.files import GOOD
from tests.harness.terminal.inside import gradparity

RNG = np.random.default_rng(0)
W, Y = RNG.normal(size=(3000, 3)), RNG.normal(size=3000)
X = np.array([1.0, -2.0, 3.0])
TAIL = np.array([26.7, 27.0, 1.0])
"""exp(-x²) is subnormal there."""


def fit(w):
    return np.mean((W @ w - Y) ** 2)


def slope(w):
    return 2 * W.T @ (W @ w - Y) / len(Y)


@contextmanager
def rounding(mode):
    library = ctypes.CDLL(None)
    before = library.fegetround()
    assert library.fesetround(mode) == 0
    try:
        yield
    finally:
        library.fesetround(before)


@contextmanager
def flushing():
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


UPWARDS, TO_ZERO = 0x800, 0xC00
"""FE_UPWARD and FE_TOWARDZERO on x86."""
ARITHMETICS = {
    "upwards": lambda: rounding(UPWARDS),
    "to zero": lambda: rounding(TO_ZERO),
    "flushing": flushing,
}
x86 = pytest.mark.skipif("x86" not in platform.machine(), reason="the modes are those of x86")


@x86
@pytest.mark.parametrize("name", ARITHMETICS)
def test_another_arithmetic_is_told_and_set_aside(name):
    with ARITHMETICS[name]():
        other = arithmetic()
        assert other != IEEE
        with undisturbed() as otherwise:
            assert otherwise
            assert arithmetic() == IEEE
            assert np.array([5e-324]) * 1.0 > 0
            assert (torch.tensor([5e-324], dtype=torch.float64) * 1.0).item() > 0
        assert arithmetic() == other
    assert arithmetic() == IEEE


@x86
@pytest.mark.parametrize("name", ARITHMETICS)
def test_a_right_gradient_is_right_and_a_wrong_one_is_not(name):
    with ARITHMETICS[name]():
        with pytest.warns(UserWarning, match="judged in IEEE arithmetic"):
            assert gp.check(fit, X, gradient=slope).status == "ok"
        with pytest.warns(UserWarning, match="judged in IEEE arithmetic"):
            found = gp.check(
                lambda x: np.sum(np.exp(-x * x)), TAIL, gradient=lambda x: -2 * x * np.exp(-x * x)
            )
        assert found.status == "ok"
        wrong = partial(gp.check, fit, X, gradient=lambda w: slope(w) * (1 + 1e-9))
        with warnings.catch_warnings(action="ignore"), pytest.raises(gp.GradientError):
            wrong()


@x86
@pytest.mark.parametrize("name", ARITHMETICS)
def test_the_next_cell_of_a_worker_does_not_find_it(name):
    state = WorkerState()
    state.require_unspoiled()
    with ARITHMETICS[name](), pytest.raises(Spoiled, match=r"arithmetic|interpreter"):
        state.require_unspoiled()
    state.require_unspoiled()


@x86
def test_a_library_linked_with_fast_math(tmp_path):
    if shutil.which("gcc") is None:
        pytest.skip("there is no gcc")
    (tmp_path / "fast.c").write_text("int fast(void) { return 1; }\n")
    line = ["gcc", "-shared", "-fPIC", "-O2", "-ffast-math", "-o", "fast.so", "fast.c"]
    subprocess.run(line, cwd=tmp_path, check=True)
    code = (
        "import ctypes, warnings\nimport numpy as np\nimport gradparity as gp\n"
        f"ctypes.CDLL({str(tmp_path / 'fast.so')!r})\n"
        "x = np.array([26.7, 27.0, 1.0])\n"
        "found = gp.check(lambda x: np.sum(np.exp(-x * x)), x, gradient=lambda x: -2 * x * np.exp(-x * x))\n"
        "print(found.status, np.array([5e-324]) * 1.0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() in (["ok", "[0.]"], ["ok", "[4.94065646e-324]"]), done
    if "[0.]" in done.stdout:  # newer compilers leave a shared library's process alone
        assert "judged in IEEE arithmetic" in done.stderr


TORCH = {
    "no_grad": torch.no_grad,
    "inference_mode": torch.inference_mode,
    "the device meta": lambda: torch.device("meta"),
}


@pytest.mark.parametrize("name", TORCH)
def test_torch_without_gradients_or_on_another_device(name):
    x = torch.tensor([1.0, 2.0, 3.0], device="cpu")
    with TORCH[name]():
        assert gp.check(lambda x: (torch.tanh(x) * torch.ones(3)).sum(), x).status == "ok"
        with pytest.raises(gp.GradientError):
            gp.check(lambda x: (x * x).sum(), x, gradient=lambda x: 3 * x)
        assert torch.is_grad_enabled() == (name == "the device meta")
    with torch.device("meta"), pytest.raises(gp.InputError, match="meta, where it has no numbers"):
        gp.check(lambda x: x.sum(), torch.ones(3))


def test_errors_of_numpy():
    with np.errstate(all="raise"):
        found = gp.check(
            lambda x: np.sum(np.exp(-x * x)), TAIL, gradient=lambda x: -2 * x * np.exp(-x * x)
        )
        assert np.geterr()["under"] == "raise"
    assert found.status == "ok"


SETTINGS = """
import ctypes
import jax
import numpy
import torch

jax.config.update("jax_enable_x64", False)
jax.config.update("jax_disable_jit", True)
torch.set_grad_enabled(False)
torch.set_default_device("meta")
numpy.seterr(all="raise")
if ctypes.CDLL(None).fesetround(0x800):
    raise OSError("it cannot be set")
"""


@pytest.mark.slow
@x86
def test_what_a_file_sets_is_no_reason_for_an_answer(tmp_path):
    (tmp_path / "mine.py").write_text(SETTINGS + GOOD.replace('"n": 20', '"n": 3000'))
    quick = "--size tiny --rounds 2 --processes 1 --extra 0 --timeout 300 --format json"
    ended = gradparity("run", "mine.py", "--backend", "torch,jax", *quick.split(), cwd=tmp_path)
    assert ended.code == 0, ended
    cells = json.loads(ended.out)["rows"]
    assert {cell["backend"]: cell["status"] for cell in cells} == {"torch": "ok", "jax": "ok"}


@pytest.mark.parametrize(
    ("name", "set_to"),
    [
        ("disable_jit", True),
        ("debug_nans", True),
        ("debug_infs", True),
        ("transfer_guard", "disallow"),
    ],
)
def test_jax_that_does_not_compile_or_raises(name, set_to):
    import jax

    x = jax.numpy.array([2.0, 3.0])
    with getattr(jax, name)(set_to):
        found = gp.check(lambda x: jax.numpy.where(x > 0, jax.numpy.log(x), 0.0).sum(), x)
        assert getattr(jax.config, f"jax_{name}") == set_to
    assert found.status == "ok"
