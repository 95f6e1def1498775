"""A whole training loop in thirty lines: two layers, backprop by hand, XOR.

    python examples/training_loop.py

Rows are cases here: Z = X W, and dW = Xᵀ δ. Where columns are cases (a textbook, a course), Z = W A
and dW = δ aᵀ: the same sum over the cases, transposed.
"""

import numpy as np

rng = np.random.default_rng(3)
X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])  # four cases
T = np.array([[0.0], [1.0], [1.0], [0.0]])
W1, b1 = rng.normal(size=(2, 4)), np.zeros(4)
W2, b2 = rng.normal(size=(4, 1)), np.zeros(1)

for step in range(2001):
    A = np.tanh(X @ W1 + b1)  # forward
    P = 1 / (1 + np.exp(-(A @ W2 + b2)))
    loss = -np.mean(T * np.log(P) + (1 - T) * np.log(1 - P))
    D2 = (P - T) / len(X)  # backward: the loss by what enters the sigmoid
    D1 = D2 @ W2.T * (1 - A**2)
    if step % 500 == 0:
        print(f"step {step:4}   loss {loss:.6f}   right {np.mean((P > 0.5) == T):.0%}")
    for w, slope in ((W2, A.T @ D2), (b2, D2.sum(0)), (W1, X.T @ D1), (b1, D1.sum(0))):
        w -= 0.5 * slope  # descend
