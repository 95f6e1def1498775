"""The oracle: the value and the gradient of a loss, on dual numbers in extended precision.

It evaluates the loss, never a gradient code.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from gradparity.backends.dual_numbers.array import Work
from gradparity.backends.dual_numbers.evaluation import directional, measured
from gradparity.problems import Array, Arrays, Instance, Loss

# Every component is looked at up to this many parameters and this much work (array elements, over
# all directions: about 0.05 s); beyond, random directions.
_PARAMETERS = 2_000
_WORK = 2_000_000
# Elements of the largest tangent: 64 MiB of longdouble.
_TANGENT = 1 << 22


class Oracle:
    """The truth about one loss at one instance.

    exact: whether every component of the gradient can be had cheaply.
    Raises: InputError if the loss cannot be evaluated on dual numbers.
    """

    def __init__(self, loss: Loss, instance: Instance) -> None:
        self._loss, self._instance = loss, instance
        self._value: np.longdouble | None = None
        count = instance.parameters
        self.exact = count <= _PARAMETERS and count * self._measured[1].total <= _WORK

    @cached_property
    def _measured(self) -> tuple[np.longdouble, Work]:
        return measured(self._loss, self._instance.params, self._instance.data)

    @property
    def value(self) -> np.longdouble:
        """The loss: of a look along directions, or else of one of its own."""
        return self._measured[0] if self._value is None else self._value

    def along(self, directions: Arrays) -> Array:
        """Return the derivatives (K,) along K directions, {name: (K, *shape)}; of others, zero."""
        own = self._loss, self._instance.params, self._instance.data
        self._value, found = directional(*own, directions)
        return found

    def components(self, name: str) -> Array:
        """Return all derivatives of parameter `name`, in its shape."""
        shape = np.shape(self._instance.params[name])
        size = int(np.prod(shape))
        chunk = max(1, _TANGENT // max(1, self._measured[1].largest))
        parts = [
            self.along({name: np.eye(min(chunk, size - i), size, i).reshape(-1, *shape)})
            for i in range(0, size, chunk)
        ]
        return np.concatenate([np.zeros(0, np.longdouble), *parts]).reshape(shape)
