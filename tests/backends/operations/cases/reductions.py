from tests.backends.operations.cases.case import Case

X = ((3, 4),)

CASES = {
    "sum": Case(lambda xp, x: xp.sum(x, axis=1, keepdims=True), shapes=X),
    "mean": Case(lambda xp, x: xp.mean(x, axis=(0, -1)), shapes=X),
    "prod": Case(lambda xp, x: xp.prod(x, axis=0), shapes=X),
    "max": Case(lambda xp, x: xp.max(x, axis=1), shapes=X),
    "min": Case(lambda xp, x: xp.min(x, axis=0, keepdims=True), shapes=X),
    "cumulative_sum": Case(
        lambda xp, x: xp.cumulative_sum(x, axis=1, include_initial=True), shapes=X
    ),
    "logsumexp": Case(lambda xp, x: xp.logsumexp(x, axis=1), shapes=X),
    "log_softmax": Case(lambda xp, x: xp.log_softmax(x, axis=0), shapes=X),
    "softmax": Case(lambda xp, x: xp.softmax(x), shapes=X),
}
