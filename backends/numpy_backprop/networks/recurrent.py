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

States and functions of all times are kept from the way forwards. What does not depend on later
times, i(1-i) and its like, is one expression for all of them; the loops work in place.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from gradparity.backends.numpy_backprop.networks.layer import Back, rows, summed, times
from gradparity.problems import Arrays
from gradparity.problems.networks import GRU, LSTM, RNN, Last


def _before(states: Any) -> Any:
    """The states one time earlier, zeros at first: (t, n, units)."""
    return np.concatenate([np.zeros_like(states[:1]), states[:-1]])


def _shares(
    w: Any, slopes: Any, states: Any, across: Any, further: bool
) -> tuple[Any, dict[str, Any]]:
    """The slopes by x, w, u and b, of all times at once, from those by a, (t, n, gates)."""
    by_u = rows(states[:-1]).T @ rows(slopes[1:])  # the state before the first is zeros
    by_w = {"w": rows(across).T @ rows(slopes), "u": by_u, "b": summed(slopes)}
    return (times(slopes, w.T).transpose(1, 0, 2) if further else None), by_w


def rnn(layer: RNN, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Elman's network."""
    w, u = params["w"], params["u"]
    across = np.ascontiguousarray(x.transpose(1, 0, 2))
    states = times(across, w)
    states += params["b"]
    np.tanh(states[0], out=states[0])
    through = np.empty_like(states[0])
    for before, a in pairwise(states):
        a += np.dot(before, u, out=through)
        np.tanh(a, out=a)

    def back(g: Any, further: bool = True) -> tuple[Any, Arrays]:
        bend, slopes = np.square(states), np.array(g.transpose(1, 0, 2), order="C")
        np.subtract(1.0, bend, out=bend)
        slopes[-1] *= bend[-1]
        late, back_u = np.empty_like(states[0]), np.ascontiguousarray(u.T)
        for t in range(len(states) - 2, -1, -1):
            slope = slopes[t]
            slope += np.dot(slopes[t + 1], back_u, out=late)
            slope *= bend[t]
        return _shares(w, slopes, states, across, further)

    return states.transpose(1, 0, 2), back


def lstm(layer: LSTM, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Three gates and a memory.

    Gates are 1/(1 + e^-a): -a is what the products make where the signs of their columns are
    turned once. e^-a may overflow, and the gate is then 0.
    """
    w, n = params["w"], len(params["u"])
    across = np.ascontiguousarray(x.transpose(1, 0, 2))
    sign = np.repeat(np.array([-1.0, -1.0, 1.0, -1.0], w.dtype), n)
    gates = times(across, w * sign)
    gates += params["b"] * sign
    u = params["u"] * sign
    shape = (*gates.shape[:2], n)
    states, memory, bent = (np.empty(shape, gates.dtype) for _ in range(3))
    through, share = np.empty_like(gates[0]), np.empty_like(states[0])
    with np.errstate(over="ignore"):
        for t, a in enumerate(gates):
            if t:
                a += np.dot(states[t - 1], u, out=through)
            c, inside = memory[t], share
            np.tanh(a[:, 2 * n : 3 * n], out=inside)
            np.exp(a, out=a)
            a += 1.0
            np.divide(1.0, a, out=a)
            a[:, 2 * n : 3 * n] = inside
            np.multiply(a[:, :n], inside, out=c)
            if t:
                c += np.multiply(a[:, n : 2 * n], memory[t - 1], out=share)
            np.tanh(c, out=bent[t])
            np.multiply(a[:, 3 * n :], bent[t], out=states[t])

    def back(g: Any, further: bool = True) -> tuple[Any, Arrays]:
        i, f, q, o = (gates[:, :, k * n : (k + 1) * n] for k in range(4))
        slopes = np.empty((*shape[:2], 4, n), gates.dtype)  # first each gate's own share
        bend = np.square(bent)
        np.subtract(1.0, bend, out=bend)
        bend *= o
        np.multiply(q, i * (1.0 - i), out=slopes[:, :, 0])
        slopes[0, :, 1] = 0.0
        np.multiply(memory[:-1], f[1:] * (1.0 - f[1:]), out=slopes[1:, :, 1])
        np.multiply(i, 1.0 - q * q, out=slopes[:, :, 2])
        np.multiply(bent, o * (1.0 - o), out=slopes[:, :, 3])
        nows = np.array(g.transpose(1, 0, 2), order="C")
        late, kappa = np.empty_like(states[0]), np.zeros_like(states[0])
        back_u = np.ascontiguousarray(params["u"].T)
        flat = slopes.reshape(gates.shape)
        for t in range(len(states) - 1, -1, -1):
            now, own = nows[t], slopes[t]
            if t + 1 < len(states):
                now += np.dot(flat[t + 1], back_u, out=late)
                kappa *= f[t + 1]
            kappa += np.multiply(now, bend[t], out=bend[t])
            own[:, :3] *= kappa[:, None]
            own[:, 3] *= now
        return _shares(w, flat, states, across, further)

    return states.transpose(1, 0, 2), back


def gru(layer: GRU, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """Two gates; the signs of their columns are turned as in `lstm`."""
    n, uc = len(params["u"]), params["uc"]
    w = np.concatenate([params["w"], params["wc"]], axis=1)
    sign = np.repeat(np.array([-1.0, -1.0, 1.0], w.dtype), n)
    across = np.ascontiguousarray(x.transpose(1, 0, 2))
    gates = times(across, w * sign)
    gates += np.concatenate([params["b"], params["bc"]]) * sign
    u = -params["u"]
    states = np.empty((*gates.shape[:2], n), gates.dtype)
    read = np.zeros_like(states)  # r h, of the state before
    through, inner = np.empty((len(x), 2 * n), gates.dtype), np.empty_like(states[0])
    with np.errstate(over="ignore"):
        for t, a in enumerate(gates):
            both, q, h = a[:, : 2 * n], a[:, 2 * n :], states[t]
            if t:
                both += np.dot(states[t - 1], u, out=through)
            np.exp(both, out=both)
            both += 1.0
            np.divide(1.0, both, out=both)
            if t:
                np.multiply(a[:, :n], states[t - 1], out=read[t])
                q += np.dot(read[t], uc, out=inner)
            np.tanh(q, out=q)
            np.subtract(states[t - 1] if t else 0.0, q, out=h)
            h *= a[:, n : 2 * n]
            h += q

    def back(g: Any, further: bool = True) -> tuple[Any, Arrays]:
        r, z, q = (gates[:, :, k * n : (k + 1) * n] for k in range(3))
        before = _before(states)
        slopes = np.empty_like(gates)
        by_r, by_z, by_q = (slopes[:, :, k * n : (k + 1) * n] for k in range(3))
        np.multiply(read, 1.0 - r, out=by_r)
        np.multiply(before - q, z * (1.0 - z), out=by_z)
        np.multiply(1.0 - z, 1.0 - q * q, out=by_q)
        gammas = np.array(g.transpose(1, 0, 2), order="C")
        late, m, kept = (np.empty_like(states[0]) for _ in range(3))
        back_u, back_uc = np.ascontiguousarray(params["u"].T), np.ascontiguousarray(uc.T)
        for t in range(len(states) - 1, -1, -1):
            gamma = gammas[t]
            if t + 1 < len(states):
                gamma += kept
                gamma += np.multiply(m, r[t + 1], out=m)
                gamma += np.dot(slopes[t + 1, :, : 2 * n], back_u, out=late)
            by_q[t] *= gamma
            by_z[t] *= gamma
            np.dot(by_q[t], back_uc, out=m)
            by_r[t] *= m
            np.multiply(gamma, z[t], out=kept)
        flat, by_w, by_b = rows(slopes), rows(across).T @ rows(slopes), summed(slopes)
        return (times(slopes, w.T).transpose(1, 0, 2) if further else None), {
            "w": by_w[:, : 2 * n],
            "u": rows(before).T @ flat[:, : 2 * n],
            "b": by_b[: 2 * n],
            "wc": by_w[:, 2 * n :],
            "uc": rows(read).T @ flat[:, 2 * n :],
            "bc": by_b[2 * n :],
        }

    return states.transpose(1, 0, 2), back


def last(layer: Last, params: Arrays, data: Arrays, x: Any) -> tuple[Any, Back]:
    """The last of a sequence."""

    def back(g: Any, further: bool = True) -> tuple[Any, Arrays]:
        slope = np.zeros_like(x)
        slope[:, -1] = g
        return slope, {}

    return x[:, -1], back
