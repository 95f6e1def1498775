"""Transforms, and what a loss does with complex numbers between them: the results are real.

The standard has no function that makes a complex array of two real ones, and its `fft` and `ifft`
take complex ones alone.
"""

from tests.backends.operations.cases.case import Case

OFF = {"complex-step": "the absolute value of a parameter is not analytic"}
TWO = {"domains": ((-2.0, 2.0), (-2.0, 2.0)), "shapes": ((5,), (5,))}
MATRIX = {"shapes": ((3, 4),)}


def _both(xp, z):
    """A number that sees both parts."""
    return xp.real(z) * 2.0 + xp.imag(z) * xp.real(z)


def _loop(xp, x, y):
    """z ← z² / 4 + c, three times."""
    c = xp.complex(x, y)
    return _both(xp, xp.fori_loop(0, 3, lambda i, z: z * z / 4.0 + c, c))


def _functions(xp, x, y):
    """Functions whose slopes are complex, away from the cut of the logarithm."""
    z = xp.complex(xp.exp(x), y)
    found = xp.sqrt(z) * xp.exp(-z) + xp.sin(z) + z**0.3 / z**2
    return _both(xp, found)


def _structure(xp, x, y):
    """What is done to both parts alike, and products of complex matrices."""
    z = xp.reshape(xp.complex(x, y)[:4], (2, 2))
    joined = xp.concat([z, xp.flip(z, axis=0) @ xp.matrix_transpose(z)], axis=0)
    return _both(xp, xp.sum(xp.where(xp.real(joined) > 0, joined, 2.0 * joined), axis=0))


CASES = {
    "fourier": Case(lambda xp, x: xp.fourier(x, axis=0), shapes=((3, 2, 2),)),
    "fourier, inverse": Case(
        lambda xp, x: xp.square(xp.fourier(x, inverse=True)), shapes=((2, 5, 2),)
    ),
    "complex": Case(_structure, **TWO),
    "complex, in a loop": Case(_loop, **TWO),
    "complex, functions": Case(_functions, **TWO, off=OFF),
    "real": Case(lambda xp, x, y: xp.real(x / xp.complex(y, x + 3.0)), standard=False, **TWO),
    "imag": Case(
        lambda xp, x, y: xp.imag((1.5 - xp.complex(x, y)) * xp.complex(y, x)), standard=False, **TWO
    ),
    "conj": Case(
        lambda xp, x, y: _both(xp, xp.conj(xp.complex(x, y)) * xp.complex(y, y)),
        standard=False,
        **TWO,
    ),
    "angle": Case(
        lambda xp, x, y: xp.angle(xp.complex(x, y)),
        domains=((0.5, 2.0), (-2.0, 2.0)),
        shapes=((5,), (5,)),
    ),
    "fft.fft": Case(
        lambda xp, x: xp.abs(xp.fft.fft(x, n=5, norm="ortho")), **MATRIX, off=OFF, standard=False
    ),
    "fft.ifft": Case(
        lambda xp, x: _both(xp, xp.fft.ifft(xp.fft.fft(x) ** 2, axis=0)), standard=False, **MATRIX
    ),
    "fft.rfft": Case(lambda xp, x: _both(xp, xp.fft.rfft(x, n=5, axis=0)), **MATRIX),
    "fft.irfft": Case(
        lambda xp, x: xp.fft.irfft(xp.fft.rfft(x) * xp.fft.rfft(xp.sin(x)), n=4), **MATRIX
    ),
    "fft.irfft, odd": Case(
        lambda xp, x: xp.fft.irfft(xp.complex(x, xp.cos(x)), n=5, norm="forward"),
        standard=False,
        **MATRIX,
    ),
    "fft.fft2": Case(lambda xp, x: _both(xp, xp.fft.fft2(x)), **MATRIX),
    "fft.ifft2": Case(lambda xp, x: _both(xp, xp.fft.ifft2(x, s=(4, 3))), **MATRIX),
    "fft.rfft2": Case(lambda xp, x: _both(xp, xp.fft.rfft2(x)), **MATRIX),
    "fft.irfft2": Case(lambda xp, x: xp.fft.irfft2(xp.fft.rfft2(x) ** 2, s=(3, 4)), **MATRIX),
}
