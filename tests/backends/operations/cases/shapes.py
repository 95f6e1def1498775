from tests.backends.operations.cases.case import Case

X = ((3, 4),)
TWO = {"domains": ((-2.0, 2.0), (-2.0, 2.0)), "shapes": ((3, 4), (3, 4))}


CASES = {
    "clip": Case(lambda xp, x: xp.clip(x, -0.5, 0.75), shapes=X, apart=(-0.5, 0.75)),
    "where": Case(lambda xp, x, y: xp.where(x > 0, x * x, y), **TWO, apart=(0.0,)),
    "reshape": Case(lambda xp, x: xp.reshape(x, (2, -1)), shapes=X),
    "expand_dims": Case(lambda xp, x: xp.expand_dims(x, axis=1), shapes=X),
    "squeeze": Case(lambda xp, x: xp.squeeze(x, axis=0), shapes=((1, 4),)),
    "broadcast_to": Case(lambda xp, x: xp.broadcast_to(x, (2, 3, 4)), shapes=X),
    "permute_dims": Case(lambda xp, x: xp.permute_dims(x, (1, 0)), shapes=X),
    "matrix_transpose": Case(lambda xp, x: xp.matrix_transpose(x), shapes=X),
    "concat": Case(lambda xp, x, y: xp.concat([x, y], axis=1), **TWO),
    "stack": Case(lambda xp, x, y: xp.stack([x, y], axis=-1), **TWO),
    "flip": Case(lambda xp, x: xp.flip(x, axis=1), shapes=X),
    "roll": Case(lambda xp, x: xp.roll(x, 1, axis=0), shapes=X),
    "take": Case(lambda xp, x: xp.take(x, xp.arange(2) * 2, axis=1), shapes=X),
    "take with indices of two axes": Case(
        lambda xp, x: xp.take(x, xp.reshape(xp.arange(4), (2, 2)), axis=1), shapes=X, standard=False
    ),
    "take_along_axis": Case(
        lambda xp, x: xp.take_along_axis(x, xp.reshape(xp.arange(3), (3, 1)), axis=1), shapes=X
    ),
    "zeros_like": Case(lambda xp, x: xp.zeros_like(x) + x, shapes=X),
    "ones_like": Case(lambda xp, x: xp.ones_like(x) * x, shapes=X),
    "arange": Case(lambda xp, x: x * xp.astype(xp.arange(4), x.dtype), shapes=X),
    "arange times a number": Case(
        lambda xp, x: xp.arange(4) * 2.0 + x[0] * 0.0, shapes=X, standard=False
    ),
    "astype": Case(lambda xp, x: xp.astype(x > 0, x.dtype) * x, shapes=X, apart=(0.0,)),
    "matmul": Case(
        lambda xp, x, y: xp.matmul(x, y),
        domains=((-2.0, 2.0), (-2.0, 2.0)),
        shapes=((3, 4), (4, 2)),
    ),
    "einsum": Case(
        lambda xp, x, y: xp.einsum("ij,jk->ki", x, y),
        domains=((-2.0, 2.0), (-2.0, 2.0)),
        shapes=((3, 4), (4, 2)),
    ),
}
