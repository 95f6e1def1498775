from tests.backends.operations.cases.case import Case

X = ((3, 4),)
V = ((5,),)


def _integers(operation):
    return Case(operation, shapes=X, smooth=False)


CASES = {
    "argsort": _integers(lambda xp, x: xp.argsort(x, axis=1)),
    "argsort descending": _integers(lambda xp, x: xp.argsort(x, axis=0, descending=True)),
    "sort": Case(lambda xp, x: xp.sort(x, axis=0)[1, :] * xp.sort(x, axis=0)[2, :], shapes=X),
    "sort descending": Case(
        lambda xp, x: xp.sort(x, descending=True) * xp.sort(x), shapes=X, standard=False
    ),
    "top_k": Case(lambda xp, x: xp.square(xp.top_k(x, 2, axis=1)[0]), shapes=X),
    "argmax": _integers(lambda xp, x: xp.argmax(x, axis=1, keepdims=True)),
    "argmin": _integers(lambda xp, x: xp.argmin(x)),
    "searchsorted": Case(
        lambda xp, x, y: xp.searchsorted(xp.sort(x), y, side="right"),
        domains=((-2.0, 2.0),) * 2,
        shapes=((5,), (4,)),
        smooth=False,
    ),
    "var": Case(lambda xp, x: xp.var(x, axis=1, correction=1), shapes=X),
    "std": Case(lambda xp, x: xp.std(x, axis=(0, 1), keepdims=True), shapes=X),
    "quantile": Case(lambda xp, x: xp.quantile(x, 0.3, axis=1, keepdims=True), shapes=X),
    "median": Case(lambda xp, x: xp.median(x), shapes=X),
    "count_nonzero": _integers(lambda xp, x: xp.count_nonzero(x > 0, axis=1)),
    "any": _integers(lambda xp, x: xp.any(x > 1.0, axis=0)),
    "all": _integers(lambda xp, x: xp.all(x < 1.0, axis=0, keepdims=True)),
    "cumulative_prod": Case(
        lambda xp, x: xp.cumulative_prod(x, axis=1, include_initial=True), shapes=X
    ),
    "logcumsumexp": Case(lambda xp, x: xp.logcumsumexp(x, axis=0), shapes=X),
}
