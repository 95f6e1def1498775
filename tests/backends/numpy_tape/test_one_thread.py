"""An inner product wakes no thread of OpenBLAS: it is taken in pieces of 10,000 numbers."""

import numpy as np
import pytest

from gradparity.backends.numpy_tape.compile import compile_operator


def norm(xp, params, data):
    x = params["x"]
    return xp.sum(x * x) + xp.sum(xp.square(x * data["y"]))


def dot(xp, params, data):
    return xp.reshape(params["x"], (-1,)) @ xp.reshape(data["y"], (-1,))


@pytest.mark.parametrize("shape", [(9_000,), (25_000,), (100_003,), (150, 200), (5_000, 41)])
@pytest.mark.parametrize("loss", [norm, dot])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_inner_product_is_long(monkeypatch, loss, shape, dtype):
    rng = np.random.default_rng(3)
    x, y = (rng.normal(size=shape).astype(dtype) for _ in range(2))
    lengths, numpys = [], np.dot

    def heard(a, b, *out):
        if a.ndim == b.ndim == 1:
            lengths.append(a.size)
        return numpys(a, b, *out)

    run = compile_operator("gradient", loss, {"x": x}, {"y": y}).run
    monkeypatch.setattr(np, "dot", heard)
    monkeypatch.setattr(np, "vdot", lambda a, b: heard(a.ravel(), b.ravel()))
    value, gradient = run({"x": x}, {"y": y})
    a, b = x.astype("longdouble"), y.astype("longdouble")
    wanted = np.sum(a * b) if loss is dot else np.sum(a * a) + np.sum((a * b) ** 2)
    slope = b if loss is dot else 2 * a + 2 * a * b * b
    assert max(lengths, default=0) <= 10_000
    scale = np.sum(np.abs(a * b)) if loss is dot else wanted
    assert abs(value - wanted) <= 30 * np.finfo(dtype).eps * scale
    assert np.asarray(value).dtype == dtype
    np.testing.assert_allclose(
        gradient["x"], slope.astype(dtype), rtol=1e-5 if dtype == "float32" else 1e-14
    )
