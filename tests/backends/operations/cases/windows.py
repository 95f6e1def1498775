from tests.backends.operations.cases.case import Case

TWO = ((-2.0, 2.0), (-2.0, 2.0))

CASES = {
    "conv1d": Case(
        lambda xp, x, w: xp.conv1d(x, w, stride=2, padding=1, dilation=2),
        domains=TWO,
        shapes=((2, 2, 7), (3, 2, 2)),
    ),
    "conv2d": Case(
        lambda xp, x, w: xp.conv2d(x, w, padding=(1, 0)),
        domains=TWO,
        shapes=((1, 2, 3, 4), (2, 2, 2, 3)),
    ),
    "conv2d in groups": Case(
        lambda xp, x, w, b: xp.conv2d(x, w, b, stride=(1, 2), groups=2),
        domains=(*TWO, (-2.0, 2.0)),
        shapes=((2, 2, 3, 4), (4, 1, 2, 2), (4,)),
    ),
    "max_pool1d": Case(lambda xp, x: xp.max_pool1d(x, 3, 2, 1), shapes=((2, 1, 6),)),
    "max_pool2d": Case(lambda xp, x: xp.square(xp.max_pool2d(x, 2)), shapes=((1, 2, 4, 5),)),
    "avg_pool1d": Case(lambda xp, x: xp.avg_pool1d(x, 2), shapes=((2, 1, 6),)),
    "avg_pool2d": Case(
        lambda xp, x: xp.square(xp.avg_pool2d(x, (2, 3), 1, (1, 1))), shapes=((1, 1, 3, 4),)
    ),
}
