"""Every family, and what follows of them: the whitelist. A new family is one line here."""

from __future__ import annotations

from gradparity.problems.operations import (
    activations,
    arrangements,
    comparisons,
    control,
    creation,
    elementwise,
    fourier,
    linear_algebra,
    order,
    products,
    reductions,
    running,
    scatters,
    selections,
    shapes,
    special,
    statistics,
    windows,
)
from gradparity.problems.operations.family import Composite

FAMILIES = (
    elementwise.FAMILY,
    comparisons.FAMILY,
    special.FAMILY,
    activations.FAMILY,
    selections.FAMILY,
    reductions.FAMILY,
    statistics.FAMILY,
    running.FAMILY,
    order.FAMILY,
    products.FAMILY,
    linear_algebra.FAMILY,
    fourier.FAMILY,
    shapes.FAMILY,
    arrangements.FAMILY,
    scatters.FAMILY,
    windows.FAMILY,
    creation.FAMILY,
    control.FAMILY,
)

ELEMENTWISE: tuple[str, ...] = tuple(
    name for family in FAMILIES if family.elementwise for name in family.primitives
)
"""The operations for which a number system has a rule for each entry."""

PRIMITIVES: tuple[str, ...] = tuple(name for family in FAMILIES for name in family.primitives)
"""The operations that every number system computes by a rule of its own."""

COMPOSITES: dict[str, Composite] = {
    name: function for family in FAMILIES for name, function in family.composites.items()
}
"""The operations that are functions over others: name -> f(xp, arguments)."""

OPERATIONS: tuple[str, ...] = (*PRIMITIVES, *COMPOSITES)
"""All that a loss may use."""
