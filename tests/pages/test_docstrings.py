"""Every public name says what it is, and so does each of its methods."""

import inspect

import pytest

import gradparity

NAMES = [name for name in gradparity.__all__ if not name.startswith("__")]


def public(thing):
    """The thing and, of a class, its own methods and properties."""
    yield thing
    if inspect.isclass(thing):
        for name, member in vars(thing).items():
            if not name.startswith("_") and (callable(member) or isinstance(member, property)):
                yield member


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_has_a_docstring(name):
    thing = getattr(gradparity, name)
    for one in public(thing):
        first = (inspect.getdoc(one) or "").partition("\n")[0]
        assert len(first) > 15, one
        assert first.endswith((".", ":", ";")), first
    if inspect.isfunction(thing):  # what it takes is said
        told = inspect.getdoc(thing)
        assert "Raises" in told or "True if" in told or "judge" in told.lower()


def test_a_gap_would_be_found():
    class Bare:
        def method(self):
            pass

    assert [inspect.getdoc(one) for one in public(Bare)] == [None, None]
