"""Every primitive by name. A file of records is one line of `FILES`."""

from __future__ import annotations

from gradparity.backends.numpy_tape.primitives import (
    elementwise,
    matrices,
    order,
    primitive,
    special,
    transforms,
)
from gradparity.backends.numpy_tape.primitives.array_record import ArrayRecord
from gradparity.backends.numpy_tape.primitives.box import Primitive
from gradparity.backends.numpy_tape.primitives.record import Elementwise

FILES = (elementwise, special, primitive, order, matrices, transforms)
"""Where primitives stand."""

_ALL: dict[str, Primitive] = {
    value.name: value
    for file in FILES
    for value in list(vars(file).values())
    if isinstance(value, Primitive) and value is not elementwise.share
}

ELEMENTWISE: dict[str, Elementwise] = {n: x for n, x in _ALL.items() if isinstance(x, Elementwise)}
"""The records of elementwise operations."""

FLAT = frozenset(n for n, f in ELEMENTWISE.items() if not any(f.derivatives))
"""The operations whose derivative is 0 wherever they have one."""

ON_ARRAYS: dict[str, Primitive] = {
    n: x for n, x in _ALL.items() if n not in ELEMENTWISE and n not in ("full", "arange")
}
"""The primitives on whole arrays: every table of rules has a line for each."""

RECORDS: dict[str, ArrayRecord] = {n: x for n, x in ON_ARRAYS.items() if isinstance(x, ArrayRecord)}
"""Those of them that bring their rules along."""

PICKING = {
    *("max", "min", "reshape", "broadcast_to", "transpose", "concat", "flip", "roll"),
    *("getitem", "gather", "take", "take_along_axis"),
    *(n for n, record in RECORDS.items() if record.picks),
}
"""Those that move or pick entries: they round nothing and add up nothing."""

PRIMITIVES: dict[str, Primitive] = _ALL
"""Every primitive by name."""
