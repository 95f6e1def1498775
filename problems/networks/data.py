"""What networks are tried on: named generators, each from a seed alone."""

from __future__ import annotations

from typing import Any

import numpy as np


def moons(rng: np.random.Generator, cases: int) -> tuple[Any, Any]:
    """Two half circles that reach into each other: x (cases, 2), y zeros and ones."""
    y = np.arange(cases) % 2
    angle = np.pi * rng.uniform(size=cases)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.array([1.0, 0.5]) - upper
    x = np.where(y[:, None] == 1, lower, upper) + 0.1 * rng.normal(size=(cases, 2))
    return x, y.astype(np.float64)


def spirals(rng: np.random.Generator, cases: int) -> tuple[Any, Any]:
    """Two spirals around each other, one and a half turns: x (cases, 2), y zeros and ones."""
    y = np.arange(cases) % 2
    radius = np.sqrt(rng.uniform(size=cases))
    angle = 3.0 * np.pi * radius + np.pi * y
    x = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return 2.0 * x + 0.05 * rng.normal(size=(cases, 2)), y.astype(np.float64)


def blobs(rng: np.random.Generator, cases: int, classes: int, features: int) -> tuple[Any, Any]:
    """Normal clouds around random centres: x (cases, features), integer labels (cases,)."""
    y = np.arange(cases) % classes
    centres = 3.0 * rng.normal(size=(classes, features))
    return centres[y] + rng.normal(size=(cases, features)), y


def waves(rng: np.random.Generator, cases: int, steps: int) -> tuple[Any, Any]:
    """Sines of random pitch, and each one step later: x and y (cases, steps, 1)."""
    pitch, phase = rng.uniform(0.2, 0.8, (cases, 1)), rng.uniform(0.0, 6.0, (cases, 1))
    wave = np.sin(pitch * np.arange(steps + 1) + phase)[:, :, None]
    return wave[:, :-1], wave[:, 1:]


LETTERS = " abcdefghijklmnopqrstuvwxyz."

_PLACES = {
    "who": ("the cat", "a dog", "one bird", "the old man", "her sister"),
    "does": ("sees", "follows", "calls", "likes", "waits for"),
    "whom": ("the moon", "a boat", "the rain", "his friend", "two fish"),
}


def text(rng: np.random.Generator, letters: int) -> Any:
    """Sentences of three parts, drawn one after the other: integers of `LETTERS`, (letters,)."""
    found = ""
    while len(found) < letters:
        found += " ".join(str(rng.choice(words)) for words in _PLACES.values()) + ". "
    return np.array([LETTERS.index(letter) for letter in found[:letters]])
