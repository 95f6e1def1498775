from tests.backends.operations.cases.case import named

CASES = {
    "softplus": named("softplus", (-30.0, 30.0)),
    "sigmoid": named("sigmoid", (-30.0, 30.0)),
    "relu": named("relu", apart=(0.0,)),
}
