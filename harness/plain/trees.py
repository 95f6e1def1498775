"""Parameters as people keep them, an array or dicts, lists and tuples of arrays, and their leaves.

A leaf is named by its path: "w", "layers[0].w", "params" for one bare array.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gradparity.problems import InputError

Tree = Any
Leaves = dict[str, Any]

BARE = "params"
"""The name of a tree that is one array, and of a list or tuple that holds the arrays."""


def leaves_of(tree: Tree) -> Leaves:
    """The leaves by path, in the tree's order.

    Raises: InputError if there is none, or two of them have one path.
    """
    leaves: Leaves = {}
    for path, leaf in _walk(tree, ""):
        if path in leaves:
            raise InputError(f"two parameters have the path {path}; rename one of them")
        leaves[path] = leaf
    if not leaves:
        raise InputError("there are no parameters: params is empty")
    return leaves


def rebuilt(tree: Tree, leaves: Mapping[str, Any], path: str = "") -> Tree:
    """A tree of the form of `tree` with these leaves, of the paths that `leaves_of` gives."""
    if isinstance(tree, Mapping):
        found = {key: rebuilt(x, leaves, _in_dict(path, key)) for key, x in tree.items()}
        return found
    if isinstance(tree, list | tuple):
        parts = [rebuilt(x, leaves, _in_list(path, i)) for i, x in enumerate(tree)]
        if hasattr(tree, "_fields"):
            return type(tree)(*parts)
        return tuple(parts) if isinstance(tree, tuple) else parts
    return leaves[path or BARE]


def matched(tree: Tree, expected: Mapping[str, Any]) -> Leaves:
    """The leaves of a gradient whose parameters have the paths of `expected`, in that order.

    Raises: InputError that names what is missing and what is too much.
    """
    found = dict(_walk(tree, ""))
    missing = [path for path in expected if path not in found]
    surplus = [path for path in found if path not in expected]
    if missing or surplus:
        lacks = f"lacks {', '.join(missing)}" if missing else ""
        has = f"has {', '.join(surplus)}, which is no parameter" if surplus else ""
        raise InputError(
            f"the gradient {' and '.join(filter(None, (lacks, has)))}; "
            "return a tree of the form of params"
        )
    return {path: found[path] for path in expected}


def _walk(tree: Tree, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _walk(value, _in_dict(path, key))
    elif isinstance(tree, list | tuple):
        for i, value in enumerate(tree):
            yield from _walk(value, _in_list(path, i))
    else:
        yield path or BARE, tree


def _in_dict(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def _in_list(path: str, index: int) -> str:
    return f"{path or BARE}[{index}]"
