"""Ways to spoil a right gradient: kind -> (the causes that name it, how)."""

import numpy as np


def _factor(c):
    return lambda g, rng: g * c


def _rows(change, least=2, ndim=1):
    def tamper(g, rng):
        if g.ndim < ndim or g.shape[0] < least:
            return None
        out = g.copy()
        change(out, rng)
        return out

    return tamper


def _set(key, value):
    def change(g, rng):
        g[key] = value

    return change


def _middle_component(value):
    """Change one component that is neither the first nor the last."""

    def tamper(g, rng):
        if g.size < 3:
            return None
        out = g.copy()
        at = 1 + int(rng.integers(g.size - 2))
        out.flat[at] = value(out.flat[at])
        return out

    return tamper


def _middle_row(g, rng):
    g[1 + int(rng.integers(g.shape[0] - 2))] = 0


def _middle_column(g, rng):
    g[:, 1 + int(rng.integers(g.shape[1] - 2))] = 0


def _columns(change, least=2):
    return lambda g, rng: (
        None if g.ndim < 2 or g.shape[1] < least or g.shape[0] < 2 else _changed(g, change, rng)
    )


def _changed(g, change, rng):
    out = g.copy()
    change(out, rng)
    return out


def _shuffle(g, rng):
    if g.shape[0] < 4:
        return None
    return g[np.roll(np.arange(len(g)), 2)] if len(g) > 4 else g[[2, 0, 3, 1]]


def _exchange(g, rng):
    if g.size < 4:
        return None
    out = g.copy()
    a, b = 1, g.size - 2
    out.flat[a], out.flat[b] = g.flat[b], g.flat[a]
    return out


def _transposed(g, rng):
    return None if g.ndim != 2 or 1 in g.shape else np.ascontiguousarray(g.T).reshape(g.shape)


def _axis_mean(axis):
    return lambda g, rng: (
        None
        if g.ndim <= axis or g.shape[axis] < 2
        else np.broadcast_to(g.mean(axis=axis, keepdims=True), g.shape).copy()
    )


def _axis_sum(axis):
    return lambda g, rng: (
        None
        if g.ndim <= axis or g.shape[axis] < 2
        else np.broadcast_to(g.sum(axis=axis, keepdims=True), g.shape).copy()
    )


def _clip(g, rng):
    if g.size < 4:
        return None
    limit = np.sort(np.abs(g), axis=None)[-3]  # three components at the limit or cut to it
    return np.clip(g, -limit, limit)


def _per_row(g, rng):
    return (
        g * rng.uniform(0.5, 2, (g.shape[0], *(1,) * (g.ndim - 1))).astype(g.dtype)
        if g.ndim == 2 and 1 not in g.shape
        else None
    )


def _per_column(g, rng):
    return (
        g * rng.uniform(0.5, 2, (1, g.shape[1])).astype(g.dtype)
        if g.ndim == 2 and 1 not in g.shape
        else None
    )


def _short(dtype):
    return lambda g, rng: g.astype(dtype).astype(g.dtype)


def _noise(size):
    return lambda g, rng: (
        g + (size * np.sqrt(np.mean(g**2)) * rng.normal(size=g.shape)).astype(g.dtype)
    )


FACTOR, TERM = {"factor"}, {"term-added"}

# On one parameter's gradient: tamper(g, rng) -> g or None where it does not apply.
TAMPERINGS = {
    "sign": ({"sign"}, _factor(-1.0)),
    "factor 2": (FACTOR, _factor(2.0)),
    "factor ½": (FACTOR, _factor(0.5)),
    "factor -2": (FACTOR, _factor(-2.0)),
    "factor 1.01": (FACTOR, _factor(1.01)),
    "factor 1.001": (FACTOR, _factor(1.001)),
    "factor 1 + 1e-6": (FACTOR, _factor(1 + 1e-6)),
    "factor 1 + 1e-9": (FACTOR, _factor(1 + 1e-9)),
    "factor 1 + 1e-12": (FACTOR, _factor(1 + 1e-12)),
    "zero": ({"parameter-missing"}, lambda g, rng: np.zeros_like(g)),
    "first row zero": ({"off-by-one"}, _rows(_set(0, 0), 3)),
    "last row zero": ({"off-by-one"}, _rows(_set(-1, 0), 3)),
    "a row zero": ({"unit-missing"}, _rows(_middle_row, 4, 2)),
    "a column zero": ({"unit-missing"}, _columns(_middle_column, 4)),
    "last column zero": ({"off-by-one"}, _columns(_set((slice(None), -1), 0), 3)),
    "a row doubled": (FACTOR, _columns(lambda g, rng: g.__setitem__(1, 2 * g[1]))),
    "each row its factor": (FACTOR, _per_row),
    "each column its factor": (FACTOR, _per_column),
    "rolled": ({"off-by-one"}, lambda g, rng: np.roll(g, 1, 0) if g.ndim and len(g) > 2 else None),
    "rolled back": (
        {"off-by-one"},
        lambda g, rng: np.roll(g, -1, 0) if g.ndim and len(g) > 2 else None,
    ),
    "shifted": (
        {"off-by-one"},
        lambda g, rng: np.concatenate([0 * g[:1], g[:-1]]) if g.ndim and len(g) > 3 else None,
    ),
    "reversed": ({"permuted"}, lambda g, rng: g[::-1].copy() if g.ndim and len(g) > 1 else None),
    "rows permuted": ({"permuted"}, lambda g, rng: _shuffle(g, rng) if g.ndim else None),
    "two exchanged": ({"permuted"}, _exchange),
    "transposed": ({"transposed"}, _transposed),
    "one sign": ({"one-component"}, _middle_component(lambda x: -x)),
    "one zero": ({"one-component"}, _middle_component(lambda x: 0 * x)),
    "one 1.5 times": ({"one-component"}, _middle_component(lambda x: 1.5 * x)),
    "absolute value": ({"absolute-value"}, lambda g, rng: np.abs(g) if g.size > 2 else None),
    "square": ({"function"}, lambda g, rng: g * g if g.size > 2 else None),
    "sign function": ({"function"}, lambda g, rng: np.sign(g) if g.size > 2 else None),
    "clipped": ({"clipped"}, _clip),
    "mean over axis 0": ({"broadcast-sum"}, _axis_mean(0)),
    "mean over axis 1": ({"broadcast-sum"}, _axis_mean(1)),
    "sum over axis 0": ({"broadcast-sum"}, _axis_sum(0)),
    "a constant added": (TERM, lambda g, rng: g + 0.125),
    "float32": ({"precision"}, _short(np.float32)),
    "float16": ({"precision"}, _short(np.float16)),
    "noise 1e-3": (None, _noise(1e-3)),
    "noise 1": (None, _noise(1.0)),
}

# With the parameter: tamper(g, theta) -> g or None.
WITH_THETA = {
    "0.01 θ added": (TERM, lambda g, x: g + x.astype(g.dtype) / 128),
    "0.01 θ lacking": ({"term-missing"}, lambda g, x: g - x.astype(g.dtype) / 128),
    "L1 added": (
        TERM,
        lambda g, x: (
            g + np.sign(x).astype(g.dtype) / 128 if (x < 0).any() and (x > 0).any() else None
        ),
    ),
    "times θ": (FACTOR, lambda g, x: g * x.astype(g.dtype) if x.size > 2 else None),
    "zero where θ < 0": (
        {"kink"},
        lambda g, x: np.where(x < 0, 0, g) if min((x < 0).sum(), (x >= 0).sum()) > 2 else None,
    ),
    "sign where θ < 0": (
        {"kink"},
        lambda g, x: np.where(x < 0, -g, g) if min((x < 0).sum(), (x >= 0).sum()) > 2 else None,
    ),
    "zero where |θ| is large": (
        {"saturation"},
        lambda g, x: (
            np.where(np.abs(x) > np.quantile(np.abs(x), 0.7), 0, g) if x.size > 20 else None
        ),
    ),
}
