from tests.backends.operations.cases.case import named

UNIT, ALL, POSITIVE = (-0.9, 0.9), (-2.0, 2.0), (0.25, 3.0)

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
}
