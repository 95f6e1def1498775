from tests.backends.operations.cases.case import Case

BOTH = ((-1.0, 1.0), (-1.0, 1.0))


def scanned(xp, w, rows):
    def step(carry, row):
        h = xp.tanh(w @ carry["h"] + row)
        return {"h": h, "total": carry["total"] + xp.sum(h)}, (h[0] * row, h)

    last, (first, second) = xp.scan(step, {"h": w[0], "total": 0.0}, rows)
    return second * first + last["h"] * last["total"]


def counted(xp, x):
    count = x.shape[0]
    return xp.fori_loop(0, count, lambda i, c: xp.sin(c) + 0.5 * xp.take(x, i, axis=0), x[0])


def chosen(xp, x):
    ahead = xp.cond(xp.sum(x[0]) > 100.0, lambda y: xp.sqrt(y - 100.0), lambda y: y * x[1], x[0])
    return ahead + xp.cond(xp.sum(x[0]) < 100.0, xp.exp, xp.log, x[1])


def doubled(xp, x):
    def far(carry):
        return xp.sum(carry[0] * carry[0]) < 30.0

    def further(carry):
        return 1.5 * carry[0] + x, carry[1] + 1.0

    found, rounds = xp.while_loop(far, further, (xp.ones_like(x), 0.0), 12)
    return found * rounds


CASES = {
    "scan": Case(scanned, BOTH, ((3, 3), (4, 3))),
    "fori_loop": Case(counted, shapes=((3, 4),)),
    "cond": Case(chosen, shapes=((2, 3),)),
    "while_loop": Case(doubled, ((0.5, 1.0),), ((3,),)),
}
