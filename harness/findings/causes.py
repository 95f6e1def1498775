"""Every cause that a diagnosis may name."""

from __future__ import annotations

CAUSES: dict[str, str] = {
    "none": "every component is right",
    "nonfinite": "infinity or NaN where a number should be, or the reverse",
    "sign": "the wrong sign, of all or of some components",
    "factor": "a constant ratio, of a parameter, of each unit, or elementwise to a known array",
    "parameter-missing": "zero on a whole parameter",
    "unit-missing": "zero on some rows, columns or slices",
    "one-unit": "wrong on one row, column or slice",
    "one-component": "wrong in a single component",
    "off-by-one": "shifted by one, or zero at the first or last place of an axis",
    "transposed": "axes exchanged",
    "permuted": "the right components in another order",
    "swapped": "two arrays exchanged",
    "absolute-value": "the absolute value instead of the gradient",
    "clipped": "limited to a range",
    "function": "another elementwise function of the true gradient",
    "broadcast-sum": "constant along an axis where it should vary",
    "wrong-axis": "summed over the wrong axis",
    "term-missing": "a term left out",
    "term-added": "a term too many",
    "kink": "wrong where an array is zero, or on one side of zero",
    "saturation": "wrong where an array is large, or small",
    "cases": "some cases left out, counted twice, or alone",
    "repeated-index": "an entry that is read several times gets one adjoint instead of all",
    "stale": "the gradient at another point, or with a value kept from another place",
    "wrong-derivative": "one step of the chain rule with another derivative",
    "precision": "right but for the rounding of a shorter format",
    "other": "none of these",
}
