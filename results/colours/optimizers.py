"""Which colour, marker and dash an optimiser has: the same for ever, in every picture.

The dash says what sort it is: solid for descent with one rate for all, dashed where the rate adapts
to each parameter, dash-dotted where curvature is used, dotted where no gradient is. Each has a
marker of its own, hollow where no gradient is used (strokes and letters are neither), so that a
print in grey can be read.

Colours have a contrast of at least 3:1 on white and are none of the backends'. Any two of them are
at least 0.06 apart in OKLab, those compared most often 0.09, to full colour vision and with either
kind of red-green blindness.
Source: Ottosson, A perceptual color space for image processing, 2020; Machado, Oliveira, Fernandes,
A physiologically-based model for simulation of color vision deficiency, IEEE TVCG 15(6), 2009.
"""

from __future__ import annotations

import zlib
from typing import Any

from gradparity.results.colours.backends import Style

ONE_RATE: Any = "solid"
ADAPTIVE: Any = (0, (6, 1.6))
CURVATURE: Any = (0, (6, 1.4, 1.2, 1.4))
GRADIENT_FREE: Any = (0, (1.3, 1.3))

KNOWN = {
    "gd": Style("#193040", "o", ONE_RATE),
    "momentum": Style("#1F5CCE", "s", ONE_RATE),
    "nesterov": Style("#760077", "D", ONE_RATE),
    "nesterov-textbook": Style("#A37DE0", "d", ONE_RATE),
    "langevin": Style("#8093B2", "h", ONE_RATE),
    "adagrad": Style("#BE8906", "v", ADAPTIVE),
    "rmsprop": Style("#549F7C", "p", ADAPTIVE),
    "adam": Style("#BA220F", "^", ADAPTIVE),
    "adamw": Style("#B84094", "<", ADAPTIVE),
    "adadelta": Style("#7E091B", "1", ADAPTIVE, filled=False),
    "amsgrad": Style("#5100CF", "2", ADAPTIVE, filled=False),
    "nadam": Style("#360024", "3", ADAPTIVE, filled=False),
    "muon": Style("#090051", "4", ADAPTIVE, filled=False),
    "lion": Style("#610000", ">", ADAPTIVE),
    "lbfgs": Style("#1237A7", "*", CURVATURE),
    "newton": Style("#A97018", "P", CURVATURE),
    "trust-region": Style("#266921", "X", CURVATURE),
    "saddle-free-newton": Style("#1D7BBB", "8", CURVATURE),
    "levenberg-marquardt": Style("#007590", "H", CURVATURE),
    "gauss-newton": Style("#3F0000", "$G$", CURVATURE, filled=False),
    "bfgs": Style("#3651FC", "$B$", CURVATURE, filled=False),
    "nelder-mead": Style("#12245A", "v", GRADIENT_FREE, filled=False),
    "powell": Style("#240009", "p", GRADIENT_FREE, filled=False),
    "random-search": Style("#767961", "o", GRADIENT_FREE, filled=False),
    "one-plus-one-es": Style("#745C56", "s", GRADIENT_FREE, filled=False),
    "spsa": Style("#7273F5", "D", GRADIENT_FREE, filled=False),
    "es": Style("#8B306C", "^", GRADIENT_FREE, filled=False),
    "cma-es": Style("#144A45", "*", GRADIENT_FREE, filled=False),
}

COLOURS = ("#4B6A00", "#8A4B00", "#005F73", "#7A2048", "#4A4E9B", "#5F5F5F", "#9B4F96")
MARKERS = ("H", "o", "v", "<", ">", "d", "p")
"""For optimisers that we do not know: hollow, so that they are told from the known ones."""

VARIANTS: Any = ((0, (3, 1.5)), (0, (1, 1.8)), (0, (8, 2)), (0, (4, 1.5, 1, 1.5, 1, 1.5)))


def style(optimizer: str, variant: int = 0) -> Style:
    """Return the style of an optimiser; a further variant has another dash, and its marker hollow.

    variant: 0 for the first or only one with these options in a picture, then 1, 2, ... An unknown
    optimiser's style is chosen by its name alone, so that it is the same in every run.
    """
    found = KNOWN.get(optimizer) or _unknown(optimizer)
    if variant == 0:
        return found
    dash = VARIANTS[(variant - 1) % len(VARIANTS)]
    return Style(found.colour, found.marker, dash, filled=not found.filled)


def _unknown(optimizer: str) -> Style:
    chosen = zlib.crc32(optimizer.encode(errors="backslashreplace"))
    marker = MARKERS[chosen // len(COLOURS) % len(MARKERS)]
    return Style(COLOURS[chosen % len(COLOURS)], marker, (0, (4, 1)), filled=False)
