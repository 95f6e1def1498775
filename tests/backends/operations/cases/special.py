from tests.backends.operations.cases.case import Case, named

UNIT, ALL, POSITIVE = (-0.9, 0.9), (-3.0, 3.0), (0.25, 8.0)

# torch's trigamma is right to 6e-11.
TRIGAMMA = {"torch": 2.0**19, "torch-func": 2.0**19}

CASES = {
    "erf": named("erf", ALL),
    "erfc": named("erfc", ALL),
    "erfinv": named("erfinv", UNIT),
    "log_ndtr": named("log_ndtr", (-10.0, 4.0)),
    "lgamma": named("lgamma", POSITIVE, loose=TRIGAMMA),
    "digamma": named("digamma", POSITIVE, loose=TRIGAMMA),
    "polygamma": Case(lambda xp, x: xp.polygamma(1, x), domains=(POSITIVE,), loose=TRIGAMMA),
    "gammainc": Case(
        lambda xp, x: xp.gammainc(2.5 + 0.0 * xp.ones_like(x), x), domains=((0.5, 6.0),)
    ),
    "gammaincc": Case(
        lambda xp, x: xp.gammaincc(2.5 + 0.0 * xp.ones_like(x), x), domains=((0.5, 6.0),)
    ),
    "i0e": named("i0e", ALL, apart=(0.0,)),
    "i1e": named("i1e", ALL, apart=(0.0,)),
    "betaln": named("betaln", POSITIVE, POSITIVE, loose=TRIGAMMA),
    "beta": named("beta", (0.25, 3.0), (0.25, 3.0), loose=TRIGAMMA),
    "logit": named("logit", (0.05, 0.95)),
    "xlogy": named("xlogy", ALL, POSITIVE),
    "xlog1py": named("xlog1py", ALL, POSITIVE),
    "ndtr": named("ndtr", ALL),
}
