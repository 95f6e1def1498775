"""A network as torch's users write it: torch.nn.functional's own layer for each of ours."""

from __future__ import annotations

from typing import Any

from gradparity.problems import networks as n
from gradparity.problems.errors import InputError
from gradparity.problems.namespace import Namespace
from gradparity.problems.networks.layer import scoped
from gradparity.problems.networks.norms import EPSILON
from gradparity.problems.problem import Arrays, Loss


def in_torch(network: n.Network) -> Loss:
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
    from torch.nn import functional as f

    match layer:
        case n.Residual():
            return x + _chain(layer.layers, p, data, x)
        case n.Dense():
            return f.linear(x, p["w"].T, p["b"])
        case n.Conv():
            found = f.conv2d(x.permute(0, 3, 1, 2), p["w"].permute(3, 2, 0, 1), p["b"])
            return found.permute(0, 2, 3, 1)
        case n.AveragePool() | n.MaxPool():
            pool = f.avg_pool2d if isinstance(layer, n.AveragePool) else f.max_pool2d
            return pool(x.permute(0, 3, 1, 2), layer.width).permute(0, 2, 3, 1)
        case n.Flatten():
            return x.flatten(1)
        case n.Activation():
            return _activation(layer.kind, x)
        case n.Dropout():
            return x * data[layer.mask] / layer.kept
        case n.LayerNorm():
            return f.layer_norm(x, x.shape[-1:], p["gamma"], p["beta"], EPSILON)
        case n.BatchNorm():
            flat = x.reshape(-1, x.shape[-1])
            found = f.batch_norm(
                flat, None, None, p["gamma"], p["beta"], training=True, eps=EPSILON
            )
            return found.reshape(x.shape)
        case n.Embedding():
            return f.embedding(x, p["table"])
        case n.Positions():
            return x + p["table"]
        case n.Attention():
            q, k, v = (
                (x @ p[name]).unflatten(-1, (layer.heads, -1)).transpose(1, 2) for name in "qkv"
            )
            found = f.scaled_dot_product_attention(q, k, v, is_causal=layer.causal)
            return found.transpose(1, 2).flatten(2) @ p["o"]
        case n.RNN() | n.GRU() | n.LSTM():
            return _recurrent(layer, p, x)
        case n.Last():
            return x[:, -1]
    raise InputError(f"{layer} has no form in torch; add one")


def _activation(kind: str, x: Any) -> Any:
    import torch
    from torch.nn import functional as f

    if kind == "gelu":
        return f.gelu(x, approximate="tanh")
    own: dict[str, Any] = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "swish": f.silu}
    return own[kind](x) if kind in own else getattr(f, kind)(x)


def _recurrent(layer: Any, p: Arrays, x: Any) -> Any:
    import torch

    h = c = x.new_zeros(len(x), len(p["u"]))
    states: list[Any] = []
    for driven in (x @ p["w"] + p["b"]).unbind(1):
        a = driven + h @ p["u"]
        if isinstance(layer, n.RNN):
            h = torch.tanh(a)
        elif isinstance(layer, n.LSTM):
            i, f, q, o = a.chunk(4, dim=1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(q)
            h = torch.sigmoid(o) * torch.tanh(c)
        else:
            r, z = torch.sigmoid(a).chunk(2, dim=1)
            q = torch.tanh(x[:, len(states)] @ p["wc"] + p["bc"] + (r * h) @ p["uc"])
            h = z * h + (1.0 - z) * q
        states.append(h)
    return torch.stack(states, dim=1)


def _end(end: Any, z: Any, y: Any) -> Any:
    import torch
    from torch.nn import functional as f

    match end:
        case n.Squared():
            return 0.5 * f.mse_loss(z, y)
        case n.Huber():
            return f.huber_loss(z, y, delta=end.threshold)
        case n.BinaryCrossEntropy():
            return f.binary_cross_entropy_with_logits(z[:, 0], y)
        case n.SoftmaxCrossEntropy():
            return f.cross_entropy(z.flatten(0, -2), y.flatten())
        case n.BPR():
            return -f.logsigmoid(z[:, 0] - z[:, 1]).mean()
        case n.InfoNCE():
            u, v = z.chunk(2)
            return f.cross_entropy(u @ v.T / end.temperature, torch.arange(len(u)))
    raise InputError(f"{end} has no form in torch; add one")
