"""Buffers of the compiled tape start on a cache line, wherever the allocator puts them."""

import numpy as np
import pytest

from gradparity.backends.numpy_tape.compile import compile_operator
from gradparity.problems.catalogue import PROBLEMS


@pytest.mark.parametrize("name", ["rosenbrock", "ackley"])
def test_the_gradient_of_many_variables_starts_on_a_cache_line(name):
    instance = PROBLEMS[name].instance("medium", seed=0)
    kept = []
    for shift in range(8):  # the allocator gives other places every time
        kept.append(np.empty(1000 + 2 * shift))
        compiled = compile_operator("gradient", PROBLEMS[name].loss, instance.params, instance.data)
        _, gradient = compiled.run(instance.params, instance.data)
        kept.append(gradient["x"])
        assert gradient["x"].ctypes.data % 64 == 0
