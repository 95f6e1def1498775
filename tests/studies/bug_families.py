"""The kinds of planted bugs, in families that a table can show."""

FAMILIES = {
    "wrong sign": ("sign", "whole sign", "factor -2", "residual-reversed", "sign-of-target"),
    "factor of 2, ½, 1/10": (
        *("factor 2", "factor ½", "whole factor 2", "whole factor 0.1", "whole normalised"),
        *("a row doubled", "double-counted", "square-factor"),
    ),
    "sum for mean, n - 1 for n": (
        *("sum for mean", "mean for sum", "unbiased", "root", "mean-forgotten", "broadcast-mean"),
    ),
    "factor 1.01": ("factor 1.01",),
    "factor 1.001": ("factor 1.001",),
    "factor 1 + 1e-6": ("factor 1 + 1e-6",),
    "factor 1 + 1e-9": ("factor 1 + 1e-9",),
    "factor 1 + 1e-12": ("factor 1 + 1e-12",),
    "gradient of a parameter missing": ("zero", "whole zero", "bias-dropped", "detached"),
    "row, column or unit missing": (
        *("a row zero", "a column zero", "first row zero", "last row zero", "last column zero"),
        "dropped-unit",
    ),
    "one component": ("one sign", "one zero", "one 1.5 times", "one-sign", "penalty-spares-first"),
    "wrong order": (
        *("rolled", "rolled back", "shifted", "reversed", "rows permuted", "two exchanged"),
        *("transposed", "two parameters exchanged", "swapped-operands", "transpose-missing"),
    ),
    "cases lost or misaligned": (
        *("first half alone", "first case alone", "last case alone", "without the last case"),
        *("targets shifted", "targets reversed", "misaligned", "first-case-lost"),
        *("case-lost-everywhere", "labels-from-one", "labels-shuffled", "last-case-lost"),
        *("case-twice", "half-batch"),
    ),
    "stale or wrong value": (
        *("at zeros", "at minus θ", "activation-overwritten", "input-for-activation"),
        *("wrong-weights", "updated-too-early", "activation-for-input"),
    ),
    "wrong axis or broadcast": (
        *("mean over axis 0", "mean over axis 1", "sum over axis 0", "wrong-axis"),
        *("softmax-axis", "sum-of-everything", "broadcast-first"),
    ),
    "term added or forgotten": (
        *("0.01 θ added", "0.01 θ lacking", "L1 added", "whole θ added", "a constant added"),
        *("penalty-twice", "penalty-lost", "penalty-sign", "penalty-lost-once"),
        *("penalty-once-half", "penalty-on-bias", "labels-forgotten"),
        *("probabilities-forgotten", "target-forgotten"),
    ),
    "wrong derivative of a function": (
        *("activation-derivative-missing", "derivative-at-result", "derivative-of-overwritten"),
        *("derivative-of-sigmoid", "derivative-of-relu", "derivative-of-tanh"),
        *("square-forgotten", "mask-of-gradient", "penalty-for-l1", "softmax-jacobian-twice"),
    ),
    "kink or saturation": ("zero where θ < 0", "sign where θ < 0", "zero where |θ| is large"),
    "a function of the gradient": (
        *("absolute value", "square", "sign function", "clipped", "times θ"),
        *("each row its factor", "each column its factor"),
    ),
    "too little precision": (
        *("float32", "float16", "whole float32", "the float32 answer", "float32-inside"),
    ),
    "noise": ("noise 1e-3", "noise 1"),
}

FAMILY = {kind: family for family, kinds in FAMILIES.items() for kind in kinds}

PRECISION = FAMILIES["too little precision"]
