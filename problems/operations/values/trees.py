"""Tuples, lists and dicts of arrays, as loops carry them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def leaves(tree: Any) -> list[Any]:
    """The arrays and numbers of a tree, in order; None has none."""
    if tree is None:
        return []
    if isinstance(tree, dict):
        return [x for key in tree for x in leaves(tree[key])]
    if isinstance(tree, tuple | list):
        return [x for part in tree for x in leaves(part)]
    return [tree]


def mapped(function: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """function(leaf, leaves of the others at its place), in the form of the tree."""
    if tree is None:
        return None
    if isinstance(tree, dict):
        return {key: mapped(function, x, *(o[key] for o in others)) for key, x in tree.items()}
    if isinstance(tree, tuple | list):
        parts = [mapped(function, x, *rest) for x, *rest in zip(tree, *others, strict=True)]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return function(tree, *others)


def filled(tree: Any, given: list[Any]) -> Any:
    """The tree with these leaves, in order."""
    rest = iter(given)
    return mapped(lambda _: next(rest), tree)
