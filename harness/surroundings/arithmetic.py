"""The arithmetic that gradients are judged in: IEEE 754, to nearest, with subnormal numbers.

A library that was linked with -ffast-math takes subnormal numbers for zero in the process that
loads it, `torch.set_flush_denormal(True)` does, and `fesetround` rounds another way: rounding is
then no longer what bounds are derived for, and a right gradient may be outside of them. So while
the judge is at work the thread has C's default environment (C17, 7.6: FE_DFL_ENV), and afterwards
its own.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

from gradparity.problems.errors import InputError


def arithmetic() -> tuple[str, ...]:
    """Four sums and products that tell directions of rounding, and flushing, apart.

    As texts: where subnormal numbers are taken for zero, they are equal to it as well.
    """
    one, small = float("1"), float("5e-324")
    found = one + 2.0**-53, -one - 2.0**-53, one - 2.0**-54, small * one
    return tuple(map(float.hex, found))


IEEE = (
    *("0x1.0000000000000p+0", "-0x1.0000000000000p+0", "0x1.0000000000000p+0"),
    "0x0.0000000000001p-1022",
)


@contextmanager
def ieee_arithmetic() -> Iterator[bool]:
    """Whether this thread computes otherwise; within, it does not.

    Raises: InputError where it cannot be changed.
    """
    if arithmetic() == IEEE:
        yield False
        return
    own = ctypes.create_string_buffer(512)
    library = ctypes.CDLL(None)
    if library.fegetenv(own) == 0:
        library.fesetenv(_default(library))
    try:
        if arithmetic() != IEEE:
            raise InputError(
                "this process rounds otherwise than to nearest, or takes subnormal numbers for "
                "zero: no gradient can be judged in it"
            )
        yield True
    finally:
        library.fesetenv(own)


def _default(library: ctypes.CDLL) -> ctypes.c_void_p:
    """FE_DFL_ENV: an object of the library on macOS, and (fenv_t *) -1 elsewhere."""
    try:
        return ctypes.c_void_p(ctypes.addressof(ctypes.c_char.in_dll(library, "_FE_DFL_ENV")))
    except ValueError:
        return ctypes.c_void_p(-1)
