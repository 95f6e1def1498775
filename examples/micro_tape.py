"""Reverse mode in sixty lines: f = x·y + sin x at x = 2, y = 3, every number worked through.

    python examples/micro_tape.py

Forward, each operation writes down what it made, of what, and its local slopes:

    p = x·y = 6             slope y = 3 by x, slope x = 2 by y
    s = sin x = 0.909297    slope cos 2 = -0.416147 by x
    f = p + s = 6.909297    slope 1 by p, slope 1 by s

Backward, the slope of f by a result times a local slope is added to the operand's (chain rule):

    df/dp = 1, df/ds = 1
    df/dx = 3 · 1 + (-0.416147) · 1 = 2.583853      x was used twice: two terms
    df/dy = 2 · 1 = 2
"""

import math
from dataclasses import dataclass, field


@dataclass(eq=False)
class Number:
    """A number that remembers where it comes from: (operand, local slope) for each operand."""

    value: float
    name: str
    operands: list = field(default_factory=list)
    slope: float = 0.0  # of the result by this number

    def __add__(self, other):
        """a + b: both slopes are 1."""
        made = self.value + other.value
        return Number(made, f"{self.name} + {other.name}", [(self, 1.0), (other, 1.0)])

    def __mul__(self, other):
        """a · b: each slope is the other factor."""
        operands = [(self, other.value), (other, self.value)]
        return Number(self.value * other.value, f"{self.name}·{other.name}", operands)


def sin(a):
    """The sine, whose slope is the cosine."""
    return Number(math.sin(a.value), f"sin {a.name}", [(a, math.cos(a.value))])


def backward(result):
    """Fill in `slope` of all that `result` was made of; return them, operands first."""
    order = []

    def visit(number):
        if number not in order:
            for operand, _ in number.operands:
                visit(operand)
            order.append(number)

    visit(result)
    result.slope = 1.0
    for number in reversed(order):  # each before its operands: its slope is complete by then
        for operand, local in number.operands:
            operand.slope += number.slope * local
    return order


if __name__ == "__main__":
    x, y = Number(2.0, "x"), Number(3.0, "y")
    for number in backward(x * y + sin(x)):
        print(f"{number.name:11} = {number.value:.6f}   df/d({number.name}) = {number.slope:.6f}")
