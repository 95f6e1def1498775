"""The same colours on a dark page: lightness is turned round, hue and saturation stay.

The backends of the first rank have colours of their own there. Of all others the lightness L of
OKLab, 0 to 1, becomes 0.96 - 0.76 L: white is the page, black is nearly white, and what had a
contrast to white has one to the page.
Source: B. Ottosson, A perceptual color space for image processing, 2020.
"""

from __future__ import annotations

from typing import Any

import numpy as np

OWN = {"#0072B2": "#56B4E9", "#D55E00": "#E69F00", "#007A5A": "#009E73", "#A8487F": "#CC79A7"}
"""numpy, jax, torch, tape."""

TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


LEAST = 0.62
"""The lightness of a coloured line on a dark page, at least."""


def darkened(rgb: Any, seen: bool = False) -> Any:
    """Return colours for a dark page; rgb: (..., 3), red, green and blue from 0 to 1.

    seen: of lines and markers, whose light colours would be lost there: these stay light enough.
    """
    given = np.asarray(rgb, float)
    linear = np.where(given <= 0.04045, given / 12.92, ((given + 0.055) / 1.055) ** 2.4)
    lab = np.cbrt(linear @ TO_CONES.T) @ TO_LAB.T
    lab[..., 0] = 0.96 - 0.76 * lab[..., 0]
    if seen:
        coloured = np.hypot(lab[..., 1], lab[..., 2]) > 0.04
        lab[..., 0] = np.where(coloured, np.maximum(lab[..., 0], LEAST), lab[..., 0])
    turned = (lab @ np.linalg.inv(TO_LAB).T) ** 3 @ np.linalg.inv(TO_CONES).T
    turned = np.clip(turned, 0.0, 1.0)
    found = np.where(turned <= 0.0031308, 12.92 * turned, 1.055 * turned ** (1 / 2.4) - 0.055)
    for light, dark in OWN.items():
        found[np.all(np.abs(given - _channels(light)) < 1e-3, axis=-1)] = _channels(dark)
    return found


def _channels(colour: str) -> Any:
    return np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
