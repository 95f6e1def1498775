"""Parameters as people keep them, an array or dicts, lists and tuples of arrays, and their leaves.

Dataclasses and what is registered with JAX as a pytree (flax, equinox, optax) are trees as well.
What they hold besides arrays and floats, such as an activation or None, stays as it is.
A leaf is named by its path: "w", "layers[0].w", "params" for one bare array.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator, Mapping
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
    if (node := _node(tree)) is not None:
        children, made = node
        return made(
            [x if _is_fixed(x) else rebuilt(x, leaves, _in_dict(path, key)) for key, x in children]
        )
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
    elif (node := _node(tree)) is not None:
        for key, value in node[0]:
            if not _is_fixed(value):
                yield from _walk(value, _in_dict(path, key))
    else:
        yield path or BARE, tree


def _node(tree: Any) -> tuple[list[tuple[str, Any]], Callable[[list[Any]], Any]] | None:
    """The children of a class's instance by name, and how it is made of others; None of a leaf."""
    # Of the class first: to `Closures` a tensor that is asked itself is one that is read.
    if hasattr(type(tree), "dtype") or hasattr(tree, "dtype") or isinstance(tree, Iterator):
        return None
    if (jax := sys.modules.get("jax")) is not None:
        paths, form = jax.tree_util.tree_flatten_with_path(tree, is_leaf=lambda x: x is not tree)
        if not jax.tree_util.treedef_is_leaf(form):
            named = [(jax.tree_util.keystr(keys, simple=True), x) for keys, x in paths]
            return named, form.unflatten
    if dataclasses.is_dataclass(tree) and not isinstance(tree, type):
        names = [field.name for field in dataclasses.fields(tree) if field.init]
        return [(name, getattr(tree, name)) for name in names], lambda parts: dataclasses.replace(
            tree, **dict(zip(names, parts, strict=True))
        )
    return None


def _is_fixed(x: Any) -> bool:
    """Whether a member of a class's instance is no parameter: a function, a name, a count."""
    if isinstance(x, float | complex | Mapping | list | tuple):
        return False
    dtype = str(getattr(x, "dtype", ""))
    return "float" not in dtype and "complex" not in dtype and _node(x) is None


def _in_dict(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)


def _in_list(path: str, index: int) -> str:
    return f"{path or BARE}[{index}]"
