from tests.backends.operations.cases.case import Case

X = ((3, 4),)
TWO = ((-2.0, 2.0), (-2.0, 2.0))


def _padded(mode):
    return Case(lambda xp, x: xp.square(xp.pad(x, ((2, 1), (0, 2)), mode=mode)), shapes=X)


CASES = {
    "full": Case(lambda xp, x: xp.full((3, 4), 1.5) * x, shapes=X, standard=False),
    "zeros": Case(lambda xp, x: xp.zeros(4) + x, shapes=X, standard=False),
    "ones": Case(lambda xp, x: xp.ones((3, 1), dtype=x.dtype) * x, shapes=X),
    "eye": Case(lambda xp, x: xp.eye(3, 4, k=1) * x, shapes=X, standard=False),
    "linspace": Case(lambda xp, x: xp.linspace(1.0, 2.5, 4) * x, shapes=X, standard=False),
    "meshgrid": Case(
        lambda xp, x, y: xp.meshgrid(x, y)[0] * xp.meshgrid(x, y)[1],
        domains=TWO,
        shapes=((3,), (2,)),
    ),
    "tril": Case(lambda xp, x: xp.tril(x, k=1), shapes=((2, 3, 4),)),
    "triu": Case(lambda xp, x: xp.square(xp.triu(x)), shapes=X),
    "diagonal": Case(
        lambda xp, x: xp.square(xp.diagonal(x, offset=-1)), shapes=((2, 3, 4),), standard=False
    ),
    "diag": Case(lambda xp, x: xp.diag(x, k=-1) @ xp.diag(x, k=1), shapes=((3,),)),
    "tile": Case(lambda xp, x: xp.square(xp.tile(x, (2, 1, 2))), shapes=X),
    "repeat": Case(lambda xp, x: xp.square(xp.repeat(x, 3, axis=1)), shapes=X),
    "repeat each": Case(lambda xp, x: xp.repeat(x, (2, 0, 1), axis=0), shapes=X, standard=False),
    "unstack": Case(lambda xp, x: xp.unstack(x, axis=1)[2] * xp.unstack(x, axis=1)[0], shapes=X),
    "moveaxis": Case(lambda xp, x: xp.moveaxis(x, 0, -1), shapes=((2, 3, 4),)),
    "swapaxes": Case(lambda xp, x: xp.swapaxes(x, 0, -1), shapes=((2, 3, 4),)),
    "pad": Case(lambda xp, x: xp.pad(x, (1, 2), constant_values=0.5), shapes=X),
    **{f"pad {mode}": _padded(mode) for mode in ("edge", "reflect", "symmetric", "wrap")},
    "segment_sum": Case(
        lambda xp, x: xp.square(xp.segment_sum(x, xp.arange(3) * 0 + 1, 4)), shapes=X
    ),
    "segment_max": Case(
        lambda xp, x: xp.segment_max(x, xp.where(xp.arange(3) > 0, 1, 0), 2), shapes=X
    ),
    "scatter": Case(
        lambda xp, x, y: xp.square(xp.scatter(x, xp.arange(2) * 2, y, axis=1)),
        domains=TWO,
        shapes=((3, 4), (3, 2)),
    ),
    "scatter add": Case(
        lambda xp, x, y: xp.square(xp.scatter(x, xp.arange(2) * 0 - 1, y, axis=1, mode="add")),
        domains=TWO,
        shapes=((3, 4), (3, 2)),
    ),
}
