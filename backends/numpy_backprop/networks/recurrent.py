"""Backprop through time of RNN, GRU and LSTM.

g_t is the slope by the state h_t that the layer hands on; η the slope by h_t from later times. Time
runs backwards, η = 0 behind the last. a_t is what a step puts into its functions, and the slopes by
all a_t together give, by one product each, the slopes by w, u and b, and by x: those by a_t do not
depend on them.

    RNN   h = tanh a:                α = (g + η)(1 - h²),               η ← α uᵀ
    LSTM  c = f c₋ + i q, h = o tanh c; κ the slope by c from later:
          κ += (g + η) o (1 - tanh² c);  by i: κ q i(1-i), f: κ c₋ f(1-f), q: κ i (1-q²),
          o: (g + η) tanh c o(1-o);      η ← α uᵀ,  κ ← κ f
    GRU   h = z h₋ + (1 - z) q, q = tanh(a_q + (r h₋) u_c), γ = g + η:
          by q: γ (1 - z)(1 - q²) =: β,  m = β u_cᵀ,  by r: m h₋ r(1-r),  by z: γ (h₋ - q) z(1-z),
          η ← γ z + m r + α uᵀ

States and functions of all times are kept from the way forwards.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.networks.layer import Back, rows, summed
from gradparity.backends.numpy_backprop.networks.pointwise import logistic
from gradparity.problems import Arrays
from gradparity.problems.networks import GRU, LSTM, RNN, Last


def _before(states: Any) -> Any:
    """The states one time earlier, zeros at first: (t, n, units)."""
    return np.concatenate([np.zeros_like(states[:1]), states[:-1]])


def rnn(layer: RNN, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Elman's network."""
    w, u = params["w"], params["u"]
    across = x.transpose(1, 0, 2)
    driven = across @ w + params["b"]
    states, h = np.empty_like(driven), np.zeros_like(driven[0])
    for t, a in enumerate(driven):
        states[t] = h = np.tanh(a + h @ u)

    def back(g: Any) -> tuple[Any, Arrays]:
        slopes, late = np.empty_like(states), np.zeros_like(states[0])
        for t in reversed(range(len(states))):
            slopes[t] = (g[:, t] + late) * (1.0 - states[t] * states[t])
            late = slopes[t] @ u.T
        flat = rows(slopes)
        by_u = rows(_before(states)).T @ flat
        by_w = {"w": rows(across).T @ flat, "u": by_u, "b": summed(slopes)}
        return (slopes @ w.T).transpose(1, 0, 2), by_w

    return states.transpose(1, 0, 2), back


def lstm(layer: LSTM, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Three gates and a memory."""
    w, u, n = params["w"], params["u"], len(params["u"])
    across = x.transpose(1, 0, 2)
    driven = across @ w + params["b"]
    shape = (*driven.shape[:2], n)
    gates, states, memory, bent = driven, *(np.empty(shape, driven.dtype) for _ in range(3))
    h = c = np.zeros(shape[1:], driven.dtype)
    for t, a in enumerate(driven):
        a += h @ u
        inside = np.tanh(a[:, 2 * n : 3 * n])
        a[:] = logistic(a)
        a[:, 2 * n : 3 * n] = inside
        memory[t] = c = a[:, n : 2 * n] * c + a[:, :n] * inside
        bent[t] = np.tanh(c)
        states[t] = h = a[:, 3 * n :] * bent[t]

    def back(g: Any) -> tuple[Any, Arrays]:
        before, slopes = _before(memory), np.empty_like(gates)
        late = late_memory = np.zeros_like(states[0])
        for t in reversed(range(len(states))):
            i, f, q, o = (gates[t, :, k * n : (k + 1) * n] for k in range(4))
            now = g[:, t] + late
            kappa = late_memory + now * o * (1.0 - bent[t] * bent[t])
            parts = (
                kappa * q * i * (1.0 - i),
                kappa * before[t] * f * (1.0 - f),
                kappa * i * (1.0 - q * q),
                now * bent[t] * o * (1.0 - o),
            )
            slopes[t] = np.concatenate(parts, axis=1)
            late, late_memory = slopes[t] @ u.T, kappa * f
        flat = rows(slopes)
        by_u = rows(_before(states)).T @ flat
        by_w = {"w": rows(across).T @ flat, "u": by_u, "b": summed(slopes)}
        return (slopes @ w.T).transpose(1, 0, 2), by_w

    return states.transpose(1, 0, 2), back


def gru(layer: GRU, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Two gates."""
    n, u, uc = len(params["u"]), params["u"], params["uc"]
    w = np.concatenate([params["w"], params["wc"]], axis=1)
    across = x.transpose(1, 0, 2)
    driven = across @ w + np.concatenate([params["b"], params["bc"]])
    states = np.empty((*driven.shape[:2], n), driven.dtype)
    h = np.zeros_like(states[0])
    for t, a in enumerate(driven):
        a[:, : 2 * n] = logistic(a[:, : 2 * n] + h @ u)
        r, z = a[:, :n], a[:, n : 2 * n]
        a[:, 2 * n :] = np.tanh(a[:, 2 * n :] + (r * h) @ uc)
        states[t] = h = z * h + (1.0 - z) * a[:, 2 * n :]
    gates = driven

    def back(g: Any) -> tuple[Any, Arrays]:
        before, slopes, late = _before(states), np.empty_like(gates), np.zeros_like(states[0])
        for t in reversed(range(len(states))):
            r, z, q = (gates[t, :, k * n : (k + 1) * n] for k in range(3))
            gamma = g[:, t] + late
            beta = gamma * (1.0 - z) * (1.0 - q * q)
            m = beta @ uc.T
            by_r, by_z = m * before[t] * r * (1.0 - r), gamma * (before[t] - q) * z * (1.0 - z)
            slopes[t] = np.concatenate([by_r, by_z, beta], axis=1)
            late = gamma * z + m * r + slopes[t, :, : 2 * n] @ u.T
        flat, by_w, by_b = rows(slopes), rows(across).T @ rows(slopes), summed(slopes)
        read = rows(gates[:, :, :n] * before)
        return (slopes @ w.T).transpose(1, 0, 2), {
            "w": by_w[:, : 2 * n],
            "u": rows(before).T @ flat[:, : 2 * n],
            "b": by_b[: 2 * n],
            "wc": by_w[:, 2 * n :],
            "uc": read.T @ flat[:, 2 * n :],
            "bc": by_b[2 * n :],
        }

    return states.transpose(1, 0, 2), back


def last(layer: Last, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """The last of a sequence."""

    def back(g: Any) -> tuple[Any, Arrays]:
        slope = np.zeros_like(x)
        slope[:, -1] = g
        return slope, {}

    return x[:, -1], back
