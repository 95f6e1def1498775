"""A network as JAX's users write it: jax.nn, lax.conv_general_dilated and lax.scan."""

from __future__ import annotations

from typing import Any

from gradparity.problems import networks as n
from gradparity.problems.errors import InputError
from gradparity.problems.namespace import Namespace
from gradparity.problems.networks.layer import scoped
from gradparity.problems.networks.norms import EPSILON
from gradparity.problems.problem import Arrays, Loss


def in_jax(network: n.Network) -> Loss:
    """The loss; `xp` is not used."""

    def loss(xp: Namespace, params: Arrays, data: Arrays) -> Any:
        z = _chain(network.chain.layers, params, data, data["x"])
        return _end(network.end, z, data["y"])

    return loss


def _chain(layers: Any, params: Arrays, data: Arrays, x: Any) -> Any:
    for place, layer in enumerate(layers, start=1):
        x = _layer(layer, scoped(params, str(place)), data, x)
    return x


def _layer(layer: Any, p: Arrays, data: Arrays, x: Any) -> Any:
    import jax
    import jax.numpy as jnp

    match layer:
        case n.Residual():
            return x + _chain(layer.layers, p, data, x)
        case n.Dense():
            return x @ p["w"] + p["b"]
        case n.Conv():
            kinds = ("NHWC", "HWIO", "NHWC")
            found = jax.lax.conv_general_dilated(
                x, p["w"], (1, 1), "VALID", dimension_numbers=kinds
            )
            return found + p["b"]
        case n.AveragePool() | n.MaxPool():
            cases, h, w, c = x.shape
            k = layer.width
            cut = x.reshape(cases, h // k, k, w // k, k, c)
            return cut.mean((2, 4)) if isinstance(layer, n.AveragePool) else cut.max((2, 4))
        case n.Flatten():
            return x.reshape(len(x), -1)
        case n.Activation():
            return _activation(layer.kind, x)
        case n.Dropout():
            return x * data[layer.mask] / layer.kept
        case n.LayerNorm() | n.BatchNorm():
            axes = -1 if isinstance(layer, n.LayerNorm) else tuple(range(x.ndim - 1))
            apart = x - x.mean(axes, keepdims=True)
            hat = apart * jax.lax.rsqrt((apart**2).mean(axes, keepdims=True) + EPSILON)
            return hat * p["gamma"] + p["beta"]
        case n.Embedding():
            return p["table"][x]
        case n.Positions():
            return x + p["table"]
        case n.Attention():
            cases, t, d = x.shape
            q, k, v = (
                (x @ p[name]).reshape(cases, t, layer.heads, d // layer.heads) for name in "qkv"
            )
            # Not jax.nn.dot_product_attention: its softmax is in float32, whatever it is given.
            scores = jnp.einsum("nthw,nshw->nhts", q, k) / q.shape[-1] ** 0.5
            if layer.causal:
                scores = jnp.where(jnp.tri(t, dtype=bool), scores, -jnp.inf)
            found = jnp.einsum("nhts,nshw->nthw", jax.nn.softmax(scores), v)
            return found.reshape(cases, t, d) @ p["o"]
        case n.RNN() | n.GRU() | n.LSTM():
            return _recurrent(layer, p, x)
        case n.Last():
            return x[:, -1]
    raise InputError(f"{layer} has no form in JAX; add one")


def _activation(kind: str, x: Any) -> Any:
    import jax
    import jax.numpy as jnp

    return jnp.tanh(x) if kind == "tanh" else getattr(jax.nn, kind)(x)


def _recurrent(layer: Any, p: Arrays, x: Any) -> Any:
    import jax
    import jax.numpy as jnp

    def step(carry: Any, driven: Any) -> Any:
        h, c = carry
        a = driven[0] + h @ p["u"]
        if isinstance(layer, n.RNN):
            h = jnp.tanh(a)
        elif isinstance(layer, n.LSTM):
            i, f, q, o = jnp.split(a, 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(q)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
        else:
            r, z = jnp.split(jax.nn.sigmoid(a), 2, axis=1)
            h = z * h + (1.0 - z) * jnp.tanh(driven[1] + (r * h) @ p["uc"])
        return (h, c), h

    driven = [x @ p["w"] + p["b"]]
    if isinstance(layer, n.GRU):
        driven.append(x @ p["wc"] + p["bc"])
    start = jnp.zeros((len(x), len(p["u"])), x.dtype)
    _, states = jax.lax.scan(step, (start, start), [a.swapaxes(0, 1) for a in driven])
    return states.swapaxes(0, 1)


def _end(end: Any, z: Any, y: Any) -> Any:
    import jax
    import jax.numpy as jnp

    match end:
        case n.Squared():
            return 0.5 * jnp.mean((z - y) ** 2)
        case n.Huber():
            r, most = jnp.abs(z - y), end.threshold
            return jnp.where(r <= most, 0.5 * r**2, most * (r - 0.5 * most)).mean()
        case n.BinaryCrossEntropy():
            return (jax.nn.softplus(z[:, 0]) - y * z[:, 0]).mean()
        case n.SoftmaxCrossEntropy():
            return _cross_entropy(z, y)
        case n.BPR():
            return -jax.nn.log_sigmoid(z[:, 0] - z[:, 1]).mean()
        case n.InfoNCE():
            u, v = jnp.split(z, 2)
            return _cross_entropy(u @ v.T / end.temperature, jnp.arange(len(u)))
    raise InputError(f"{end} has no form in JAX; add one")


def _cross_entropy(z: Any, y: Any) -> Any:
    import jax
    import jax.numpy as jnp

    picked = jnp.take_along_axis(z, y[..., None], axis=-1)[..., 0]
    return (jax.nn.logsumexp(z, axis=-1) - picked).mean()
