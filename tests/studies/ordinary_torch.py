"""Losses of torch tensors as people write them: name -> (loss, where)."""

# fmt: off
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(3)


def at(*shape, positive=False):
    x = torch.randn(*shape)
    return x.abs() + 0.5 if positive else x


X, Y, T = torch.randn(6, 4), torch.randn(6), torch.rand(6)
LABELS = torch.tensor([0, 2, 1, 0, 2, 1])
ROWS, OWNERS = torch.tensor([0, 2, 2, 1, 0]), torch.tensor([0, 0, 1, 1, 2, 2])
IMAGES, SERIES = torch.randn(2, 3, 6, 6), torch.randn(2, 3, 8)
TOKENS = torch.tensor([[1, 4, 2], [0, 3, 3]])
W64, V6, P23 = torch.randn(6, 4), torch.randn(6), torch.rand(6, 3) + 0.1
GRID = torch.rand(1, 3, 3, 2) * 1.6 - 0.8
SPD = torch.eye(4) * 3 + 0.2 * torch.ones(4, 4)


def weighted(make, *shape, positive=False):
    """The sum of what is made of a parameter, with weights so that nothing cancels."""

    def loss(x):
        made = make(x)
        return (made * torch.linspace(0.5, 1.5, made.numel()).reshape(made.shape)).sum()

    return loss, at(*shape, positive=positive)


UNARY = {
    name: weighted(getattr(torch, name), 6, positive=name in ("log", "sqrt", "rsqrt", "log2", "log10", "lgamma", "digamma"))
    for name in (
        *("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "rsqrt", "sin", "cos", "tan", "sinh", "cosh"),
        *("tanh", "atan", "asinh", "erf", "erfc", "sigmoid", "square", "reciprocal", "lgamma", "abs", "exp2", "sinc"),
    )
    if name not in ("log1p",)
}
ACTIVATIONS = {
    name: weighted(getattr(F, name), 7)
    for name in (
        *("relu", "gelu", "silu", "mish", "elu", "selu", "softplus", "logsigmoid", "hardtanh", "hardswish"),
        *("leaky_relu", "softsign", "tanhshrink", "relu6", "celu", "softshrink", "hardshrink"),
    )
}
SOFT = {
    "softmax": weighted(lambda x: F.softmax(x, -1), 3, 4),
    "log_softmax": weighted(lambda x: F.log_softmax(x, -1), 3, 4),
    "softmin": weighted(lambda x: F.softmin(x, -1), 3, 4),
    "logsumexp": weighted(lambda x: torch.logsumexp(x, 1), 3, 4),
    "glu": weighted(lambda x: F.glu(x, -1), 3, 4),
    "gumbel temperature": weighted(lambda x: F.softmax(x / 0.7, 0), 5),
    "prelu": weighted(lambda x: F.prelu(X, x.abs()), 4),
}
ENDS = {
    "mse": (lambda w: F.mse_loss(X @ w, Y), at(4)),
    "l1": (lambda w: F.l1_loss(X @ w, Y), at(4)),
    "smooth l1": (lambda w: F.smooth_l1_loss(X @ w, Y), at(4)),
    "huber": (lambda w: F.huber_loss(X @ w, Y, delta=0.7), at(4)),
    "cross entropy": (lambda w: F.cross_entropy(X @ w, LABELS), at(4, 3)),
    "cross entropy smoothed": (lambda w: F.cross_entropy(X @ w, LABELS, label_smoothing=0.1), at(4, 3)),
    "cross entropy weights": (lambda w: F.cross_entropy(X @ w, LABELS, weight=torch.tensor([1.0, 2, 3])), at(4, 3)),
    "cross entropy ignore": (lambda w: F.cross_entropy(X @ w, LABELS, ignore_index=2), at(4, 3)),
    "cross entropy soft": (lambda w: F.cross_entropy(X @ w, P23 / P23.sum(1, True)), at(4, 3)),
    "nll": (lambda w: F.nll_loss(F.log_softmax(X @ w, 1), LABELS), at(4, 3)),
    "bce": (lambda w: F.binary_cross_entropy(torch.sigmoid(X @ w), T), at(4)),
    "bce logits": (lambda w: F.binary_cross_entropy_with_logits(X @ w, T), at(4)),
    "bce pos weight": (lambda w: F.binary_cross_entropy_with_logits(X @ w, T, pos_weight=torch.tensor(2.0)), at(4)),
    "kl": (lambda w: F.kl_div(F.log_softmax(X @ w, 1), P23, reduction="batchmean"), at(4, 3)),
    "poisson nll": (lambda w: F.poisson_nll_loss(X @ w, T * 5), at(4)),
    "gaussian nll": (lambda w: F.gaussian_nll_loss(X @ w, Y, (X @ w) ** 2 + 0.5), at(4)),
    "hinge embedding": (lambda w: F.hinge_embedding_loss((X @ w) ** 2, torch.sign(Y)), at(4)),
    "margin ranking": (lambda w: F.margin_ranking_loss(X @ w, Y, torch.sign(T - 0.5), margin=0.3), at(4)),
    "cosine embedding": (lambda w: F.cosine_embedding_loss(X @ w, P23, torch.sign(Y)), at(4, 3)),
    "triplet": (lambda w: F.triplet_margin_loss(X @ w, P23, P23.flip(0)), at(4, 3)),
    "multi margin": (lambda w: F.multi_margin_loss(X @ w, LABELS), at(4, 3)),
    "multilabel margin": (lambda w: F.multilabel_soft_margin_loss(X @ w, (P23 > 0.5).float()), at(4, 3)),
    "soft margin": (lambda w: F.soft_margin_loss(X @ w, torch.sign(Y)), at(4)),
    "ctc": (
        lambda x: F.ctc_loss(F.log_softmax(x, -1), torch.tensor([[1, 2], [2, 1]]), torch.tensor([5, 5]), torch.tensor([2, 2])),
        at(5, 2, 4),
    ),
    "focal": (lambda w: ((1 - torch.sigmoid(X @ w)) ** 2 * F.softplus(-X @ w)).mean(), at(4)),
    "dice": (lambda w: 1 - 2 * (torch.sigmoid(X @ w) * T).sum() / (torch.sigmoid(X @ w) + T).sum(), at(4)),
    "info nce": (lambda w: F.cross_entropy(F.normalize(X @ w) @ F.normalize(P23).T, torch.arange(6)), at(4, 3)),
    "quantile": (lambda w: torch.maximum(0.3 * (Y - X @ w), -0.7 * (Y - X @ w)).mean(), at(4)),
    "log cosh": (lambda w: torch.log(torch.cosh(X @ w - Y)).sum(), at(4)),
    "pairwise": (lambda x: F.pairwise_distance(x, W64).sum(), at(6, 4)),
    "cosine": (lambda x: F.cosine_similarity(x, W64).sum(), at(6, 4)),
    "cdist": (lambda x: torch.cdist(x, W64).sum(), at(5, 4)),
    "pdist": (lambda x: F.pdist(x).sum(), at(5, 4)),
    "wasserstein": (lambda x: (torch.sort(x)[0] - torch.sort(Y)[0]).abs().mean(), at(6)),
}
LAYERS = {
    "linear": weighted(lambda w: F.linear(X, w), 3, 4),
    "bilinear": weighted(lambda w: F.bilinear(X, W64, w), 2, 4, 4),
    "conv1d": weighted(lambda w: F.conv1d(SERIES, w, padding=1), 4, 3, 3),
    "conv2d": weighted(lambda w: F.conv2d(IMAGES, w, stride=2, padding=1), 4, 3, 3, 3),
    "conv2d groups": weighted(lambda w: F.conv2d(IMAGES, w, groups=3), 3, 1, 3, 3),
    "conv2d dilation": weighted(lambda w: F.conv2d(IMAGES, w, dilation=2), 2, 3, 2, 2),
    "conv transpose": weighted(lambda w: F.conv_transpose2d(IMAGES, w, stride=2), 3, 2, 2, 2),
    "conv3d": weighted(lambda w: F.conv3d(IMAGES[None], w), 1, 2, 1, 2, 2),
    "max pool": weighted(lambda x: F.max_pool2d(x, 2), 1, 2, 4, 4),
    "avg pool": weighted(lambda x: F.avg_pool2d(x, 2), 1, 2, 4, 4),
    "adaptive pool": weighted(lambda x: F.adaptive_avg_pool2d(x, 2), 1, 2, 5, 5),
    "lp pool": weighted(lambda x: F.lp_pool2d(x.abs() + 0.1, 2, 2), 1, 2, 4, 4),
    "batch norm": weighted(lambda x: F.batch_norm(x, None, None, training=True), 6, 4),
    "layer norm": weighted(lambda x: F.layer_norm(x, (4,)), 3, 4),
    "group norm": weighted(lambda x: F.group_norm(x, 2), 2, 4, 3),
    "instance norm": weighted(lambda x: F.instance_norm(x), 2, 3, 5),
    "rms norm": weighted(lambda x: F.rms_norm(x, (4,)), 3, 4),
    "local response": weighted(lambda x: F.local_response_norm(x, 2), 2, 4, 3),
    "normalize": weighted(lambda x: F.normalize(x, dim=1), 3, 4),
    "embedding": weighted(lambda w: F.embedding(TOKENS, w), 5, 3),
    "embedding bag": weighted(lambda w: F.embedding_bag(TOKENS, w, mode="mean"), 5, 3),
    "embedding bag sum": weighted(lambda w: F.embedding_bag(TOKENS, w, mode="sum"), 5, 3),
    "embedding bag max": weighted(lambda w: F.embedding_bag(TOKENS, w, mode="max"), 5, 3),
    "interpolate": weighted(lambda x: F.interpolate(x, scale_factor=2), 1, 2, 3, 3),
    "bilinear upsampling": weighted(lambda x: F.interpolate(x, scale_factor=2, mode="bilinear"), 1, 2, 3, 3),
    "bicubic upsampling": weighted(lambda x: F.interpolate(x, scale_factor=2, mode="bicubic"), 1, 1, 4, 4),
    "grid sample": weighted(lambda x: F.grid_sample(x, GRID, align_corners=False), 1, 2, 4, 4),
    "pixel shuffle": weighted(lambda x: F.pixel_shuffle(x, 2), 1, 4, 2, 2),
    "unfold": weighted(lambda x: F.unfold(x, 2), 1, 2, 3, 3),
    "fold": weighted(lambda x: F.fold(x, (3, 3), 2), 1, 8, 4),
    "pad reflect": weighted(lambda x: F.pad(x, (1, 1), mode="reflect"), 1, 2, 4),
    "attention": weighted(lambda q: F.scaled_dot_product_attention(q, IMAGES[:, :, :, :4], IMAGES[:, :, :, :4]), 2, 3, 6, 4),
    "causal attention": weighted(lambda q: F.scaled_dot_product_attention(q, q, q, is_causal=True), 1, 2, 4, 3),
    "one hot": weighted(lambda w: F.one_hot(LABELS, 3).float() @ w, 3, 2),
    "mlp": (lambda p: (torch.tanh(X @ p["w"] + p["b"]) @ p["v"] - Y).pow(2).mean(), {"w": at(4, 5), "b": at(5), "v": at(5)}),
}
LINALG = {
    "inverse": (lambda x: torch.linalg.inv(x @ x.T + SPD).sum(), at(4, 4)),
    "det": (lambda x: torch.linalg.det(x + SPD), at(4, 4)),
    "slogdet": (lambda x: torch.linalg.slogdet(x @ x.T + SPD)[1], at(4, 4)),
    "logdet": (lambda x: torch.logdet(x @ x.T + SPD), at(4, 4)),
    "solve": (lambda x: torch.linalg.solve(x + 2 * SPD, X[:4]).pow(2).sum(), at(4, 4)),
    "lstsq": (lambda x: torch.linalg.lstsq(x, Y[:, None])[0].pow(2).sum(), at(6, 3)),
    "cholesky": (lambda x: torch.linalg.cholesky(x @ x.T + SPD).pow(2).sum() + torch.linalg.cholesky(x @ x.T + SPD)[2, 1], at(4, 4)),
    "cholesky solve": (lambda x: torch.cholesky_solve(X[:4], torch.linalg.cholesky(x @ x.T + SPD)).pow(2).sum(), at(4, 4)),
    "triangular solve": (lambda x: torch.linalg.solve_triangular(torch.tril(x) + 2 * SPD.tril(), X[:4], upper=False).sum(), at(4, 4)),
    "eigvalsh": (lambda x: (torch.linalg.eigvalsh(x + x.T) ** 3).sum(), at(4, 4)),
    "eigh": (lambda x: torch.linalg.eigh(x + x.T)[1][:, 0].pow(4).sum(), at(4, 4)),
    "svdvals": (lambda x: torch.linalg.svdvals(x).pow(3).sum(), at(4, 3)),
    "nuclear": (lambda x: torch.linalg.matrix_norm(x, "nuc"), at(4, 3)),
    "spectral": (lambda x: torch.linalg.matrix_norm(x, 2), at(4, 3)),
    "frobenius": (lambda x: torch.linalg.matrix_norm(x), at(4, 3)),
    "vector norm": (lambda x: torch.linalg.vector_norm(x, 3), at(5)),
    "qr": (lambda x: torch.linalg.qr(x)[1].pow(3).sum(), at(4, 3)),
    "pinv": (lambda x: torch.linalg.pinv(x).pow(2).sum(), at(4, 3)),
    "matrix power": (lambda x: torch.linalg.matrix_power(x, 3).sum(), at(3, 3)),
    "matrix exp": (lambda x: torch.linalg.matrix_exp(x).sum(), at(3, 3)),
    "multi dot": (lambda x: torch.linalg.multi_dot([x, W64, x]).sum(), at(4, 6)),
    "cross": weighted(lambda x: torch.linalg.cross(x, W64[:, :3]), 6, 3),
    "kron": weighted(lambda x: torch.kron(x, SPD[:2, :2]), 2, 3),
    "einsum": (lambda x: torch.einsum("ij,jk,ik->", x, W64[:4], X[:3]), at(3, 4)),
    "trace": (lambda x: torch.trace(x @ x @ x), at(3, 3)),
    "tensordot": weighted(lambda x: torch.tensordot(x, W64, dims=([1], [1])), 3, 4),
    "baddbmm": weighted(lambda x: torch.baddbmm(x, torch.ones(2, 3, 4), torch.ones(2, 4, 3)) ** 2, 2, 3, 3),
    "gaussian process": (
        lambda p: 0.5 * Y[:4] @ torch.cholesky_solve(Y[:4, None], torch.linalg.cholesky(torch.exp(-torch.cdist(X[:4], X[:4]) ** 2 / p**2) + 0.1 * torch.eye(4)))[:, 0],
        torch.tensor(1.3),
    ),
}
REDUCTIONS = {
    "scatter add": weighted(lambda x: torch.zeros(3).scatter_add(0, OWNERS, x) ** 2, 6),
    "index add": weighted(lambda x: torch.zeros(3, 4).index_add(0, OWNERS, x) ** 2, 6, 4),
    "scatter reduce": weighted(lambda x: torch.zeros(3).scatter_reduce(0, OWNERS, x, "amax", include_self=False), 6),
    "scatter mean": weighted(lambda x: torch.zeros(3).scatter_reduce(0, OWNERS, x, "mean", include_self=False) ** 2, 6),
    "segment sum": weighted(lambda x: torch.segment_reduce(x, "sum", lengths=torch.tensor([2, 4])) ** 2, 6),
    "index select": weighted(lambda x: torch.index_select(x, 0, ROWS), 3, 2),
    "gather": weighted(lambda x: torch.gather(x, 1, LABELS[:, None]), 6, 3),
    "take along": weighted(lambda x: torch.take_along_dim(x, LABELS[:, None], 1), 6, 3),
    "masked select": weighted(lambda x: x[T > 0.4] ** 2, 6),
    "masked fill": weighted(lambda x: F.softmax(x.masked_fill(T > 0.8, -1e9), 0), 6),
    "index put": weighted(lambda x: torch.zeros(5).index_put((ROWS,), x, accumulate=True) ** 2, 5),
    "sort": weighted(lambda x: torch.sort(x)[0], 6),
    "topk": weighted(lambda x: torch.topk(x, 3)[0], 6),
    "median": (lambda x: x.median() ** 2, at(5)),
    "quantiles": weighted(lambda x: torch.quantile(x, torch.tensor([0.2, 0.7])), 6),
    "cumsum": weighted(lambda x: torch.cumsum(x, 0) ** 2, 6),
    "cumprod": weighted(lambda x: torch.cumprod(x, 0), 6),
    "cummax": weighted(lambda x: torch.cummax(x, 0)[0], 6),
    "logcumsumexp": weighted(lambda x: torch.logcumsumexp(x, 0), 6),
    "std": (lambda x: torch.std(x) + torch.var(x, unbiased=False), at(6)),
    "prod": (lambda x: torch.prod(x), at(5)),
    "norm by hand": (lambda x: (x * x).sum().sqrt(), at(5)),
    "clamp": weighted(lambda x: x.clamp(-0.5, 0.5) * x, 6),
    "where": weighted(lambda x: torch.where(x > 0, x**2, -x), 6),
    "roll flip": weighted(lambda x: torch.roll(x, 2) * torch.flip(x, [0]), 6),
    "diff": weighted(lambda x: torch.diff(x) ** 2, 6),
    "repeat interleave": weighted(lambda x: torch.repeat_interleave(x, 2) ** 2, 4),
    "tril": weighted(lambda x: torch.tril(x) @ x, 3, 3),
    "meshgrid": weighted(lambda x: torch.outer(x, x) + torch.meshgrid(x, x, indexing="ij")[0], 4),
    "unique weights": weighted(lambda x: torch.bucketize(Y, torch.tensor([-1.0, 0, 1])).float() * x, 6),
    "nan to num": weighted(lambda x: torch.nan_to_num(x) ** 2, 6),
    "lerp": weighted(lambda x: torch.lerp(x, V6, 0.3) ** 2, 6),
    "addcmul": weighted(lambda x: torch.addcmul(x, x, V6, value=0.3), 6),
    "atan2": weighted(lambda x: torch.atan2(x, V6), 6),
    "hypot": weighted(lambda x: torch.hypot(x, V6), 6),
    "xlogy": weighted(lambda x: torch.xlogy(T, x), 6, positive=True),
    "i0": weighted(torch.i0, 6),
    "logit": weighted(lambda x: torch.logit(torch.sigmoid(x)), 6),
    "spectrum": (lambda x: torch.fft.rfft(x).abs().pow(2).sum() + torch.fft.fft(x)[1].abs(), at(6)),
    "filtered": (lambda x: torch.fft.irfft(torch.fft.rfft(x) * torch.fft.rfft(V6), n=6).pow(3).sum(), at(6)),
}
D = torch.distributions
DISTRIBUTIONS = {
    "normal": (lambda p: -D.Normal(p[0], p[1].exp()).log_prob(Y).sum(), at(2)),
    "student t": (lambda p: -D.StudentT(3.0, p[0], p[1].exp()).log_prob(Y).sum(), at(2)),
    "gamma": (lambda p: -D.Gamma(p[0], p[1]).log_prob(T + 0.1).sum(), at(2, positive=True)),
    "beta": (lambda p: -D.Beta(p[0], p[1]).log_prob(T * 0.9 + 0.05).sum(), at(2, positive=True)),
    "dirichlet": (lambda p: -D.Dirichlet(p).log_prob(P23 / P23.sum(1, True)).sum(), at(3, positive=True)),
    "poisson": (lambda p: -D.Poisson(p.exp()).log_prob(torch.arange(6.0)).sum(), at(6)),
    "bernoulli": (lambda p: -D.Bernoulli(logits=p).log_prob((T > 0.5).float()).sum(), at(6)),
    "categorical": (lambda p: -D.Categorical(logits=p).log_prob(LABELS).sum(), at(6, 3)),
    "multivariate": (lambda p: -D.MultivariateNormal(p, SPD).log_prob(X).sum(), at(4)),
    "low rank": (lambda p: -D.LowRankMultivariateNormal(p, W64[:4, :2], torch.ones(4)).log_prob(X).sum(), at(4)),
    "laplace": (lambda p: -D.Laplace(p[0], p[1].exp()).log_prob(Y).sum(), at(2)),
    "weibull": (lambda p: -D.Weibull(p[0], p[1]).log_prob(T + 0.1).sum(), at(2, positive=True)),
    "von mises": (lambda p: -D.VonMises(p[0], p[1].exp()).log_prob(Y).sum(), at(2)),
    "kl of normals": (lambda p: D.kl_divergence(D.Normal(p[0], p[1].exp()), D.Normal(0.0, 1.0)), at(2)),
    "entropy": (lambda p: D.Categorical(logits=p).entropy().sum(), at(6, 3)),
    "reparametrised": (lambda p: ((p[0] + p[1].exp() * V6) ** 4).mean(), at(2)),
    "negative binomial": (lambda p: -D.NegativeBinomial(4.0, logits=p).log_prob(torch.arange(6.0)).sum(), at(6)),
}


def penalty(p):
    x = X.clone().requires_grad_(True)
    out = torch.tanh(x @ p).sum()
    (slope,) = torch.autograd.grad(out, x, create_graph=True)
    return ((slope.norm(dim=1) - 1) ** 2).mean()


def recurrent(p):
    h = torch.zeros(3)
    for x in X:
        h = torch.tanh(p["w"] @ h + p["u"] @ x)
    return (h**2).sum()


def inner_step(p):
    loss = ((X @ p - Y) ** 2).mean()
    (slope,) = torch.autograd.grad(loss, p, create_graph=True)
    return ((X @ (p - 0.1 * slope) - Y) ** 2).mean()


def checkpointed(p):
    from torch.utils.checkpoint import checkpoint

    return checkpoint(lambda x: torch.tanh(X @ x), p, use_reentrant=False).pow(2).sum()


GRU, LSTM, ENCODER = nn.GRU(4, 3, batch_first=True), nn.LSTM(4, 3, batch_first=True), nn.MultiheadAttention(4, 2, batch_first=True)
OTHERS = {
    "gradient penalty": (penalty, at(4)),
    "recurrent": (recurrent, {"w": at(3, 3), "u": at(3, 4)}),
    "inner step": (inner_step, at(4)),
    "checkpoint": (checkpointed, at(4)),
    "gru": (lambda x: GRU(x)[0].pow(2).sum(), at(2, 3, 4)),
    "lstm": (lambda x: LSTM(x)[0].pow(2).sum(), at(2, 3, 4)),
    "multihead": (lambda x: ENCODER(x, x, x)[0].pow(2).sum(), at(2, 3, 4)),
    "vmap": (lambda x: torch.func.vmap(lambda a: (a * a).sum().sin())(x).sum(), at(3, 4)),
    "jvp inside": (lambda x: torch.func.grad(lambda a: (a**3).sum())(x).sin().sum(), at(5)),
    "cast": (lambda x: (x.double() ** 2).sum().float(), at(5)),
    "euler steps": (lambda k: sum_of_steps(k), at(2, positive=True)),
}


def sum_of_steps(k):
    y, total = torch.tensor(1.0), 0.0
    for _ in range(20):
        y = y + 0.05 * (k[0] * y - k[1] * y**2)
        total = total + (y - 0.7) ** 2
    return total


TORCH = {
    **UNARY, **{f"{n} (activation)": x for n, x in ACTIVATIONS.items()}, **SOFT, **ENDS, **LAYERS, **LINALG,
    **REDUCTIONS, **DISTRIBUTIONS, **OTHERS,
}
