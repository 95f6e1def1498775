"""Losses of JAX arrays as people write them: name -> (loss, where)."""

# fmt: off
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, nn

RNG = np.random.default_rng(8)


def at(*shape, positive=False):
    x = RNG.normal(size=shape)
    return jnp.asarray(np.float32(np.abs(x) + 0.5 if positive else x))


X, Y, T, V6, P23, W64 = at(6, 4), at(6), jnp.abs(at(6)) % 1, at(6), at(6, 3, positive=True), at(6, 4)
LABELS, OWNERS = jnp.array([0, 2, 1, 0, 2, 1]), jnp.array([0, 0, 1, 1, 2, 2])
SPD, IMAGE = jnp.eye(4) * 3 + 0.2, at(1, 2, 6, 6)


def weighted(make, *shape, positive=False):
    """The sum of what is made of a parameter, with weights so that nothing cancels."""

    def loss(x):
        made = make(x)
        return jnp.sum(made * jnp.linspace(0.5, 1.5, made.size).reshape(made.shape))

    return loss, at(*shape, positive=positive)


UNARY = {
    name: weighted(getattr(jnp, name), 6, positive=name in ("log", "sqrt", "log2", "log10"))
    for name in (
        *("exp", "expm1", "log", "log2", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh"),
        *("arctan", "arcsinh", "square", "reciprocal", "abs", "exp2", "cbrt", "sinc"),
    )
}
ACTIVATIONS = {
    name: weighted(getattr(nn, name), 7)
    for name in (
        *("relu", "gelu", "silu", "elu", "selu", "softplus", "log_sigmoid", "hard_tanh", "hard_swish"),
        *("leaky_relu", "soft_sign", "relu6", "celu", "mish", "squareplus", "hard_sigmoid", "sigmoid"),
    )
}
NN = {
    "softmax": weighted(nn.softmax, 3, 4),
    "log_softmax": weighted(nn.log_softmax, 3, 4),
    "logsumexp": weighted(lambda x: nn.logsumexp(x, axis=1), 3, 4),
    "standardize": weighted(lambda x: nn.standardize(x, axis=1), 3, 4),
    "glu": weighted(lambda x: nn.glu(x, axis=1), 3, 4),
    "one hot": weighted(lambda w: nn.one_hot(LABELS, 3) @ w, 3, 2),
    "cross entropy": (lambda w: -jnp.mean(nn.log_softmax(X @ w)[jnp.arange(6), LABELS]), at(4, 3)),
    "logistic": (lambda w: jnp.mean(jnp.logaddexp(0, -Y * (X @ w))), at(4)),
    "attention": weighted(lambda q: nn.softmax(q @ W64.T / 2) @ W64, 3, 4),
    "dot product attention": weighted(lambda q: nn.dot_product_attention(q, W64[None, :, None], W64[None, :, None]), 1, 3, 1, 4),
    "mlp": (lambda p: jnp.mean((jnp.tanh(X @ p["w"] + p["b"]) @ p["v"] - Y) ** 2), {"w": at(4, 5), "b": at(5), "v": at(5)}),
    "pytree": (lambda p: sum(jnp.sum(x**2 * i) for i, x in enumerate(jax.tree.leaves(p), 1)), {"a": [at(2), at(3)], "b": (at(2, 2),)}),
    "layer norm": weighted(lambda x: (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + 1e-5), 3, 4),
    "dropout": (lambda w: jnp.sum(jnp.where(jax.random.bernoulli(jax.random.key(0), 0.7, (6,)), X @ w, 0) ** 2), at(4)),
    "reparametrised": (lambda p: jnp.mean((p[0] + jnp.exp(p[1]) * jax.random.normal(jax.random.key(1), (6,))) ** 4), at(2)),
}


def rnn(p):
    def step(h, x):
        h = jnp.tanh(p["w"] @ h + p["u"] @ x)
        return h, h

    last, all_ = lax.scan(step, jnp.zeros(3), X)
    return jnp.sum(last**2) + jnp.mean(all_)


LAX = {
    "scan": (rnn, {"w": at(3, 3), "u": at(3, 4)}),
    "fori": (lambda x: jnp.sum(lax.fori_loop(0, 5, lambda i, a: jnp.sin(a) + 0.1 * i, x)), at(4)),
    "cond": (lambda x: lax.cond(x[0] > 0, lambda a: jnp.sum(a**2), lambda a: jnp.sum(jnp.sin(a)), x), at(4)),
    "switch": (lambda x: lax.switch(1, [jnp.sum, lambda a: jnp.sum(a**3)], x), at(4)),
    "map": (lambda x: jnp.sum(lax.map(lambda a: jnp.sin(a) * a, x)), at(4)),
    "associative scan": weighted(lambda x: lax.associative_scan(jnp.multiply, x), 6),
    "conv": weighted(lambda w: lax.conv(IMAGE, w, (1, 1), "SAME"), 3, 2, 3, 3),
    "conv dilated": weighted(lambda w: lax.conv_general_dilated(IMAGE, w, (2, 2), "VALID", rhs_dilation=(2, 2)), 3, 2, 2, 2),
    "max pool": weighted(lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID"), 1, 2, 4, 4),
    "avg pool": weighted(lambda x: lax.reduce_window(x, 0.0, lax.add, (1, 1, 2, 2), (1, 1, 2, 2), "VALID"), 1, 2, 4, 4),
    "dynamic slice": weighted(lambda x: lax.dynamic_slice(x, (2,), (3,)) ** 2, 6),
    "dynamic update": weighted(lambda x: lax.dynamic_update_slice(x, x[:2] ** 2, (3,)), 6),
    "top k": weighted(lambda x: lax.top_k(x, 3)[0], 6),
    "rsqrt": weighted(lax.rsqrt, 6, positive=True),
    "remat": (jax.checkpoint(lambda w: jnp.sum(jnp.tanh(X @ w) ** 2)), at(4)),
    "vmap": (lambda x: jnp.sum(jax.vmap(lambda a: jnp.sin(a @ a))(x)), at(3, 4)),
    "grad inside": (lambda w: jnp.sum(jax.grad(lambda v: jnp.sum(jnp.tanh(X @ v)))(w) ** 2), at(4)),
    "jvp inside": (lambda w: jax.jvp(lambda v: jnp.sum(jnp.tanh(X @ v)), (w,), (jnp.ones(4),))[1] ** 2, at(4)),
    "hessian inside": (lambda w: jnp.trace(jax.hessian(lambda v: jnp.sum(jnp.tanh(X @ v)))(w)), at(4)),
}
ARRAYS = {
    "scatter add": weighted(lambda x: jnp.zeros(3).at[OWNERS].add(x) ** 2, 6),
    "scatter set": weighted(lambda x: jnp.ones(6).at[jnp.array([1, 3])].set(x[:2]) ** 2, 6),
    "scatter max": weighted(lambda x: jnp.full(3, -9.0).at[OWNERS].max(x), 6),
    "segment sum": weighted(lambda x: jax.ops.segment_sum(x, OWNERS, 3) ** 2, 6),
    "segment max": weighted(lambda x: jax.ops.segment_max(x, OWNERS, 3), 6),
    "take": weighted(lambda x: jnp.take(x, LABELS) ** 2, 6),
    "take along": weighted(lambda x: jnp.take_along_axis(x, LABELS[:, None], 1), 6, 3),
    "sort": weighted(jnp.sort, 6),
    "median": (lambda x: jnp.median(x) ** 2, at(5)),
    "quantile": weighted(lambda x: jnp.quantile(x, jnp.array([0.2, 0.7])), 6),
    "cumsum": weighted(lambda x: jnp.cumsum(x) ** 2, 6),
    "cumprod": weighted(jnp.cumprod, 6),
    "std": (lambda x: jnp.std(x) + jnp.var(x, ddof=1), at(6)),
    "clip": weighted(lambda x: jnp.clip(x, -0.5, 0.5) * x, 6),
    "where": weighted(lambda x: jnp.where(x > 0, x**2, -x), 6),
    "piecewise": weighted(lambda x: jnp.piecewise(x, [x < 0, x >= 0], [lambda a: -a, lambda a: a**2]), 6),
    "select": weighted(lambda x: jnp.select([x < -0.5, x < 0.5], [x, x**2], jnp.sin(x)), 6),
    "interp": weighted(lambda x: jnp.interp(jnp.array([0.3, 1.4]), jnp.arange(6.0), x), 6),
    "kron": weighted(lambda x: jnp.kron(x, SPD[:2, :2]), 2, 3),
    "cross": weighted(lambda x: jnp.cross(x, W64[:, :3]), 6, 3),
    "einsum": (lambda x: jnp.einsum("ij,jk,ik->", x, W64[:4], X[:3]), at(3, 4)),
    "convolve": weighted(lambda x: jnp.convolve(x, V6[:3]), 6),
    "polyval": weighted(lambda x: jnp.polyval(x, T), 4),
    "trapezoid": (lambda x: jnp.trapezoid(x**2, T), at(6)),
    "outer roll": weighted(lambda x: jnp.outer(jnp.roll(x, 1), jnp.flip(x)), 4),
    "pad": weighted(lambda x: jnp.pad(x, 2, mode="reflect") ** 2, 5),
    "rfft": (lambda x: jnp.sum(jnp.abs(jnp.fft.rfft(x)) ** 3), at(6)),
    "ifft": (lambda x: jnp.sum(jnp.real(jnp.fft.ifft(jnp.fft.fft(x) * jnp.fft.fft(V6))) ** 2), at(6)),
    "spectrum 2-D": (lambda x: jnp.sum(jnp.abs(jnp.fft.fft2(x)) * jnp.arange(12.0).reshape(3, 4)), at(3, 4)),
}
LINALG = {
    "inv": (lambda x: jnp.sum(jnp.linalg.inv(x @ x.T + SPD)), at(4, 4)),
    "det": (lambda x: jnp.linalg.det(x + SPD), at(4, 4)),
    "slogdet": (lambda x: jnp.linalg.slogdet(x @ x.T + SPD)[1], at(4, 4)),
    "solve": (lambda x: jnp.sum(jnp.linalg.solve(x + 2 * SPD, X[:4]) ** 2), at(4, 4)),
    "lstsq": (lambda x: jnp.sum(jnp.linalg.lstsq(x, Y)[0] ** 2), at(6, 3)),
    "cholesky": (lambda x: jnp.linalg.cholesky(x @ x.T + SPD)[2, 1], at(4, 4)),
    "cho solve": (lambda x: jnp.sum(jax.scipy.linalg.cho_solve(jax.scipy.linalg.cho_factor(x @ x.T + SPD), Y[:4]) ** 2), at(4, 4)),
    "eigvalsh": (lambda x: jnp.sum(jnp.linalg.eigvalsh(x + x.T) ** 3), at(4, 4)),
    "svd": (lambda x: jnp.sum(jnp.linalg.svd(x, compute_uv=False) ** 3), at(4, 3)),
    "qr": (lambda x: jnp.sum(jnp.linalg.qr(x)[1] ** 3), at(4, 3)),
    "pinv": (lambda x: jnp.sum(jnp.linalg.pinv(x) ** 2), at(4, 3)),
    "norm": (lambda x: jnp.linalg.norm(x) + jnp.linalg.norm(x, 1), at(5)),
    "nuclear": (lambda x: jnp.linalg.norm(x, "nuc"), at(4, 3)),
    "matrix power": (lambda x: jnp.sum(jnp.linalg.matrix_power(x, 3)), at(3, 3)),
    "expm": (lambda x: jnp.sum(jax.scipy.linalg.expm(x)), at(3, 3)),
    "multi dot": (lambda x: jnp.sum(jnp.linalg.multi_dot([x, W64, x])), at(4, 6)),
}
STATS, SPECIAL = jax.scipy.stats, jax.scipy.special
SCIPY = {
    "normal": (lambda p: -jnp.sum(STATS.norm.logpdf(Y, p[0], jnp.exp(p[1]))), at(2)),
    "student t": (lambda p: -jnp.sum(STATS.t.logpdf(Y, 3.0, p[0], jnp.exp(p[1]))), at(2)),
    "gamma": (lambda p: -jnp.sum(STATS.gamma.logpdf(T + 0.1, p[0], scale=p[1])), at(2, positive=True)),
    "beta": (lambda p: -jnp.sum(STATS.beta.logpdf(T * 0.9 + 0.05, p[0], p[1])), at(2, positive=True)),
    "dirichlet": (lambda p: -STATS.dirichlet.logpdf(P23[0] / P23[0].sum(), p), at(3, positive=True)),
    "poisson": (lambda p: -jnp.sum(STATS.poisson.logpmf(jnp.arange(6), jnp.exp(p))), at(6)),
    "multivariate": (lambda p: -jnp.sum(STATS.multivariate_normal.logpdf(X, p, SPD)), at(4)),
    "laplace": (lambda p: -jnp.sum(STATS.laplace.logpdf(Y, p[0], jnp.exp(p[1]))), at(2)),
    "logistic distribution": (lambda p: -jnp.sum(STATS.logistic.logpdf(Y, p[0], jnp.exp(p[1]))), at(2)),
    "erf": weighted(SPECIAL.erf, 6),
    "gammaln": weighted(SPECIAL.gammaln, 6, positive=True),
    "xlogy": weighted(lambda x: SPECIAL.xlogy(T, x), 6, positive=True),
    "betaln": weighted(lambda x: SPECIAL.betaln(x, 2.0), 6, positive=True),
    "log_ndtr": weighted(SPECIAL.log_ndtr, 6),
    "gammainc": weighted(lambda x: SPECIAL.gammainc(2.0, x), 6, positive=True),
    "betainc": weighted(lambda x: SPECIAL.betainc(2.0, 3.0, x / 9), 4, positive=True),
    "i0e": weighted(SPECIAL.i0e, 6),
    "entr": weighted(SPECIAL.entr, 6, positive=True),
}


def optax_losses():
    import optax

    return {
        "optax softmax": (lambda w: jnp.mean(optax.softmax_cross_entropy_with_integer_labels(X @ w, LABELS)), at(4, 3)),
        "optax sigmoid": (lambda w: jnp.mean(optax.sigmoid_binary_cross_entropy(X @ w, T)), at(4)),
        "optax huber": (lambda w: jnp.mean(optax.huber_loss(X @ w, Y)), at(4)),
        "optax log cosh": (lambda w: jnp.mean(optax.log_cosh(X @ w, Y)), at(4)),
        "optax cosine": (lambda w: jnp.mean(optax.cosine_distance(X @ w, P23)), at(4, 3)),
        "optax kl": (lambda w: jnp.mean(optax.kl_divergence(nn.log_softmax(X @ w), P23 / P23.sum(1, keepdims=True))), at(4, 3)),
        "optax hinge": (lambda w: jnp.mean(optax.hinge_loss(X @ w, jnp.sign(Y))), at(4)),
        "optax smooth labels": (lambda w: jnp.mean(optax.softmax_cross_entropy(X @ w, optax.smooth_labels(nn.one_hot(LABELS, 3), 0.1))), at(4, 3)),
        "optax focal": (lambda w: jnp.mean(optax.sigmoid_focal_loss(X @ w, (T > 0.5) * 1.0)), at(4)),
        "optax ctc": (lambda x: jnp.sum(optax.ctc_loss(x, jnp.zeros((2, 5)), jnp.array([[1, 2], [2, 1]]), jnp.zeros((2, 2)))), at(2, 5, 4)),
        "optax global norm": (lambda p: optax.global_norm(p), {"a": at(3), "b": at(2, 2)}),
    }


JAX = {**UNARY, **{f"{n} (activation)": x for n, x in ACTIVATIONS.items()}, **NN, **LAX, **ARRAYS, **{f"{n} (linear algebra)": x for n, x in LINALG.items()}, **{f"{n} (scipy)": x for n, x in SCIPY.items()}, **optax_losses()}
