"""Primitives on whole arrays: reductions, products, what moves entries about.

The rules of those below stand in the tables of rules. A primitive that is an `ArrayRecord` brings
its own (`array_record.py`); elementwise ones are in `elementwise.py` and its like. `table.py` joins
them all.

Statics, where they are not obvious: axis of a reduction, of `flip` and of `roll` (with `shift`):
a tuple of integers >= 0; axis elsewhere: one integer >= 0; key, keys: see `keys.py`.
"""

from __future__ import annotations

import numpy as np

from gradparity.backends.numpy_tape.primitives import array_functions
from gradparity.backends.numpy_tape.primitives.box import Primitive

sum = Primitive("sum", array_functions.sum)  # x; axis, keepdims
prod = Primitive("prod", np.prod)  # x; axis, keepdims
max = Primitive("max", np.max)  # x; axis, keepdims
min = Primitive("min", np.min)  # x; axis, keepdims
cumulative_sum = Primitive("cumulative_sum", np.cumulative_sum)  # x; axis

matmul = Primitive("matmul", array_functions.matmul)
einsum = Primitive("einsum", array_functions.einsum)  # *x; subscripts: explicit, letters only

reshape = Primitive("reshape", np.reshape)  # x; shape
broadcast_to = Primitive("broadcast_to", np.broadcast_to)  # x; shape
transpose = Primitive("transpose", np.transpose)  # x; axes
concat = Primitive("concat", array_functions.concat)  # *x; axis
flip = Primitive("flip", np.flip)  # x; axis
roll = Primitive("roll", np.roll)  # x; shift, axis

# getitem and scatter_slices, and then each two in a row, are adjoint to each other. gather indexes
# the axes axis, axis + 1, ... by integer arrays, which are broadcast: x[:, i, j] has axis 1.
getitem = Primitive("getitem", array_functions.getitem)  # x; key
scatter_slices = Primitive("scatter_slices", array_functions.scatter_slices)  # *g; keys, shape
gather = Primitive("gather", array_functions.gather)  # x, *indices; axis
scatter_add = Primitive("scatter_add", array_functions.scatter_add)  # g, *indices; axis, shape
take = Primitive("take", np.take)  # x, i; axis
take_add = Primitive("take_add", array_functions.take_add)  # g, i; axis, shape
take_along_axis = Primitive("take_along_axis", np.take_along_axis)  # x, i; axis
add_along_axis = Primitive("add_along_axis", array_functions.add_along_axis)  # g, i; axis, shape

full = Primitive("full", array_functions.full)  # shape, value, dtype
arange = Primitive("arange", array_functions.arange)  # n, dtype
