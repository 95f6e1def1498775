from tests.backends.operations.cases.case import Case, named

UNIT, ALL, POSITIVE, ABOVE = (-0.9, 0.9), (-2.0, 2.0), (0.25, 3.0), (1.25, 3.0)
WHOLE = (-2.0, -1.0, 0.0, 1.0, 2.0)
HALVES = (-2.5, -1.5, -0.5, 0.5, 1.5, 2.5)


def truth(name, *domains, **more):
    """An operation that answers true or false, as a number."""
    case = named(name, *domains)
    return Case(
        lambda xp, *x: xp.where(case.call(xp, *x), 1.0, 0.0) * x[0],
        domains=case.domains,
        standard=False,
        **more,
    )


CASES = {
    "abs": named("abs", apart=(0.0,)),
    "sign": named("sign", apart=(0.0,)),
    "square": named("square"),
    "sqrt": named("sqrt", POSITIVE),
    "pow": named("pow", POSITIVE, ALL),
    "exp": named("exp"),
    "expm1": named("expm1"),
    "log": named("log", POSITIVE),
    "log1p": named("log1p", POSITIVE),
    "logaddexp": named("logaddexp", ALL, ALL),
    "sin": named("sin"),
    "cos": named("cos"),
    "tanh": named("tanh"),
    "atan": named("atan"),
    "atan2": named("atan2", POSITIVE, POSITIVE),
    "hypot": named("hypot", POSITIVE, POSITIVE),
    "maximum": named("maximum", (-2.0, 0.0), (0.25, 2.0)),
    "minimum": named("minimum", (-2.0, 0.0), (0.25, 2.0)),
    "reciprocal": named("reciprocal", POSITIVE),
    "exp2": named("exp2"),
    "log2": named("log2", POSITIVE),
    "log10": named("log10", POSITIVE),
    "tan": named("tan", (-1.4, 1.4)),
    "asin": named("asin", UNIT),
    "acos": named("acos", UNIT),
    "sinh": named("sinh"),
    "cosh": named("cosh"),
    "asinh": named("asinh"),
    "acosh": named("acosh", ABOVE),
    "atanh": named("atanh", UNIT),
    "floor": named("floor", apart=WHOLE),
    "ceil": named("ceil", apart=WHOLE),
    "round": named("round", apart=HALVES),
    "trunc": named("trunc", apart=WHOLE),
    "remainder": named("remainder", (4.125, 4.875), (1.6, 1.9375)),
    **{
        name: truth(name, ALL, (2.5, 3.0))
        for name in ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
    },
    **{
        name: Case(
            lambda xp, x, y, name=name: xp.where(getattr(xp, name)(x > 0.0, y > 0.0), x, y),
            domains=(ALL, ALL),
            apart=(0.0,),
        )
        for name in ("logical_and", "logical_or", "logical_xor")
    },
    "logical_not": Case(lambda xp, x: xp.where(xp.logical_not(x > 0.0), x, 2.0 * x), apart=(0.0,)),
    **{name: truth(name) for name in ("isnan", "isinf", "isfinite")},
}
