"""Users' files for the tests: one that is right, and changes that make it wrong."""

GOOD = """
import os, time
import numpy as np
from gradparity import Instance, Problem

def loss(xp, params, data):
    return xp.mean(xp.square(data["X"] @ params["w"] - data["y"]))

def gradient(params, data):
    residual = data["X"] @ params["w"] - data["y"]
    return np.mean(residual**2), {"w": 2 / len(residual) * (data["X"].T @ residual)}

def draw(rng, n):
    X = rng.normal(size=(n, 3))
    return Instance({"w": rng.normal(size=3)}, {"X": X, "y": rng.normal(size=n)})

PROBLEM = Problem("mine", loss, draw, {"tiny": {"n": 20}, "small": {"n": 50}}, "a test", gradient=gradient)
"""

HELD = (
    GOOD
    + """
from dataclasses import replace

CALLS = []

def held(params, data):
    CALLS.append(1)
    while len(CALLS) > 5 and not os.path.exists(LET):
        time.sleep(0.05)
    return gradient(params, data)

PROBLEM = replace(PROBLEM, name="held", gradient=held)
"""
)
"""Is tried and judged, and timed only when the file LET is there: nobody has to hurry to catch it at work."""


def held_until(let, folder):
    """A file in this folder, named "held", whose gradient can be timed once the file `let` is there."""
    file = folder / "held.py"
    file.write_text(HELD.replace("LET", repr(str(let))))
    return file


SEVERAL = (
    GOOD
    + """
from dataclasses import replace

def dies(params, data):
    os.kill(os.getpid(), 9)

def hangs(params, data):
    time.sleep(100)

def hogs(params, data):
    return gradient(params, {name: np.repeat(array, 10**9) for name, array in data.items()})

def prints(params, data):
    print('{"ok": {"forged": true}}')
    return gradient(params, data)

DIES = replace(PROBLEM, name="dies", sizes={"tiny": {"n": 20}}, gradient=dies)
HANGS = replace(DIES, name="hangs", gradient=hangs)
HOGS = replace(DIES, name="hogs", gradient=hogs)
PRINTS = replace(DIES, name="prints", gradient=prints)
"""
)
