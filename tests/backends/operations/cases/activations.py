from tests.backends.operations.cases.case import Case, named

WIDE, NEAR = (-30.0, 30.0), (-4.0, 4.0)
KINKS = {"apart": (-3.0, -1.0, 0.0, 1.0, 3.0, 6.0)}

CASES = {
    "softplus": named("softplus", WIDE),
    "sigmoid": named("sigmoid", WIDE),
    "log_sigmoid": named("log_sigmoid", WIDE),
    "relu": named("relu", NEAR, **KINKS),
    "relu6": named("relu6", (-4.0, 8.0), **KINKS),
    "leaky_relu": Case(lambda xp, x: xp.leaky_relu(x, 0.125), domains=(NEAR,), **KINKS),
    "elu": Case(lambda xp, x: xp.elu(x, 0.5), domains=(NEAR,), **KINKS),
    "celu": Case(lambda xp, x: xp.celu(x, 0.5), domains=(NEAR,), **KINKS),
    "selu": named("selu", NEAR, **KINKS),
    "gelu": named("gelu", NEAR),
    "gelu by tanh": Case(lambda xp, x: xp.gelu(x, approximate="tanh"), domains=(NEAR,)),
    "silu": named("silu", WIDE),
    "mish": named("mish", NEAR),
    "hardtanh": named("hardtanh", NEAR, **KINKS),
    "hardsigmoid": named("hardsigmoid", NEAR, **KINKS),
    "hardswish": named("hardswish", NEAR, **KINKS),
    "softsign": named("softsign", NEAR, **KINKS),
}
