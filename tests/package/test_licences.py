"""What is installed with gradparity may be used as freely as gradparity itself."""

import tomllib
from email.message import Message

import pytest

from tests import ROOT
from tests.package import licences
from tests.package.environments import closure

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIRED = PROJECT["dependencies"] + [
    f'{one}; extra == "{extra}"' for extra, all_of_it in EXTRAS.items() for one in all_of_it
]


def test_every_dependency_has_a_licence_that_we_accept():
    brought = closure(REQUIRED, EXTRAS)
    assert {"numpy", "torch", "jax", "python-flint", "plotly"} <= brought
    assert {name: licences.refused(name) for name in brought if licences.refused(name)} == {}
    assert set(licences.EXCEPTIONS) <= brought


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"License-Expression": "MIT AND AGPL-3.0-only"}, {"AGPL-3.0-only"}),
        ({"License-Expression": "GPL-3.0-only OR MIT"}, set()),
        ({"Classifier": "License :: OSI Approved :: GNU General Public License (GPL)"}, None),
        ({"Classifier": "License :: OSI Approved :: MIT License"}, set()),
        ({"License": "BSD 3-Clause License"}, set()),
        ({"License": "Proprietary"}, {"Proprietary"}),
        ({}, {"none"}),
    ],
)
def test_a_licence_is_read_as_it_is_told(monkeypatch, fields, found):
    told = Message()
    for name, value in fields.items():
        told[name] = value
    one = type("One", (), {"metadata": told})
    monkeypatch.setattr(licences, "distribution", lambda name: one)
    expected = {"GNU General Public License (GPL)"} if found is None else found
    assert licences.refused("anything") == expected
