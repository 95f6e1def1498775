"""The learning problems of the catalogue: those whose parameters are told by cases."""

from __future__ import annotations

SHALLOW = (
    "regression-linear",
    "regression-logistic",
    "regression-poisson",
    "softmax-digits",
    "mlp-digits",
    "xor-sigmoid",
    "xor-tanh",
    "xor-relu",
    "conv-digits",
    "norm-spirals",
    "mlp-moons",
    "rnn-waves",
    "gru-waves",
    "lstm-waves",
    "contrastive",
    "diffusion",
    "multitask",
    "ranking",
)
"""Those of a few layers."""

LEARNING = (*SHALLOW, "gpt", "deep-sigmoid", "deep-tanh", "deep-relu", "deep-residual")
