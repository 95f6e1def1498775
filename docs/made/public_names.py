"""Every public name of the package, by what it is for."""

import inspect

import gradparity

GROUPS = {
    "Is it right?": ("check", "gradcheck", "gradgradcheck", "check_grads", "kernelcheck", "judge"),
    "What does it cost, how does it train?": ("run", "train", "sparse_jacobian"),
    "See it": ("play",),
    "A problem of one's own": ("Problem", "Instance", "Minimum"),
    "What is raised": ("GradientError", "GradientWarning", "KernelError", "InputError"),
}


def public_names():
    """The names of `gradparity.__all__` with their docstrings, by autodoc."""
    grouped = {name for names in GROUPS.values() for name in names}
    assert grouped | {"__version__"} == set(gradparity.__all__), "GROUPS is not what is public"
    told = []
    for title, names in GROUPS.items():
        told += [f"## {title}", "", "```{eval-rst}"]
        for name in names:
            thing = getattr(gradparity, name)
            kind = "function"
            if inspect.isclass(thing):
                kind = "exception" if issubclass(thing, BaseException) else "class"
            told += [f".. auto{kind}:: gradparity.{name}", "   :members:" * (kind == "class"), ""]
        told += ["```", ""]
    return "\n".join(told)
