"""A real kernel: what a notebook shows of runs, of their progress, and of a live view."""

import json
import time

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

import gradparity as gp
from gradparity.harness.play.views import VIEWS
from gradparity.results.pages.encoding import encoded
from tests import PATIENCE_S

LIBRARY = "import gradparity as gp"


def executed(tmp_path, *cells):
    """The outputs of each cell, run in a kernel of its own."""
    notebook = new_notebook(cells=[new_code_cell(text) for text in cells])
    NotebookClient(
        notebook, timeout=int(PATIENCE_S), resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    return [cell.outputs for cell in notebook.cells]


def test_a_problem_of_the_notebook_runs_with_progress_and_is_a_table(tmp_path):
    problem = """
import numpy as np
factor = 2.0
def bowl(xp, params, data):
    return factor * xp.sum(params["w"] ** 2)
"""
    _, _, shown, raced = executed(
        tmp_path, LIBRARY, problem,
        "gp.run(bowl, {'w': np.ones(2)}, backends=['tape', 'numpy'], rounds=3, processes=1)",
        "gp.train(bowl, {'w': np.ones(2)}, optimizers=['gd'], rates='0.1', steps=20)",
    )  # fmt: skip
    progress, table = (one["data"]["text/html"] for one in shown)
    assert "1/1" in progress
    assert "bowl" in table
    assert "ok" in table
    # f falls by (1 - 0.1 · 4)² a step: after 20, from 4, to 4 · 0.36^20 = 5.3e-9
    assert "gd" in raced[-1]["data"]["text/html"]


def test_a_view_answers_over_its_comm(tmp_path):
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(cwd=str(tmp_path))
    try:
        opened = {}

        def heard(message):
            if message["msg_type"] == "comm_open":
                opened.update(message["content"])

        code = f"{LIBRARY}\nw = gp.play('descent', rate=0.19)\nw"
        done = client.execute_interactive(code, timeout=PATIENCE_S, output_hook=heard)
        assert done["content"]["status"] == "ok"
        code = "w.comm.comm_id"
        ids = []
        client.execute_interactive(
            code,
            timeout=PATIENCE_S,
            output_hook=lambda m: ids.append(m["content"].get("data", {}).get("text/plain")),
        )
        comm = next(one for one in ids if one).strip("'")
        values = {"rate": 0.21}
        content = {
            "comm_id": comm,
            "data": {
                "method": "custom",
                "content": {"ask": 7, "view": "descent", "values": values},
            },
        }
        client.shell_channel.send(client.session.msg("comm_msg", content))
        until = time.monotonic() + PATIENCE_S
        told = None
        while told is None and time.monotonic() < until:
            message = client.get_iopub_msg(timeout=PATIENCE_S)
            data = message["content"].get("data", {})
            if message["msg_type"] == "comm_msg" and data.get("method") == "custom":
                told = data["content"]
        assert (told["to"], told["ok"]) == (7, True)
        assert json.loads(told["text"]) == json.loads(encoded(VIEWS["descent"].frame(values)))
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_loss_of_the_notebook_is_shown_from_a_process_of_its_own(tmp_path):
    loss = """
import math
import numpy as np
steep = 10.0
def bowl(xp, params, data):
    return steep * xp.sum((params["w"] - data["t"]) ** 2)
"""
    asked = """
import json, os
def told(widget):
    return json.loads(widget._ask("landscape", {"steps": 5}).text)["sentence"]
plain = gp.play(lambda x, y: math.sin(x) + steep * (y - x) ** 2, rate=0.01)
given = gp.play(bowl, {"w": np.ones(3)}, {"t": np.zeros(3)})
print(told(plain), "|", told(given), "|", told(gp.play("booth")))
"""
    *_, outputs = executed(tmp_path, LIBRARY, loss, asked)
    plain, given, known = outputs[0]["text"].split("|")
    assert plain.startswith("Rate .001")
    assert given.strip().startswith("2 of 3 directions")
    assert known.strip().startswith("Rate .001")


@pytest.mark.parametrize("target", [3, [1], lambda x: x, "no_such.py"])
def test_what_is_no_loss_is_refused(target):
    with pytest.raises(gp.InputError):
        gp.play(target)


@pytest.mark.parametrize(
    ("view", "values", "told"),
    [("descnt", {}, "did you mean 'descent'"), ("descent", {"rat": 0.1}, "did you mean 'rate'"),
     ("descent", {"rate": -1}, "rate is -1, not in")],
)  # fmt: skip
def test_what_does_not_exist_is_refused(view, values, told):
    with pytest.raises(gp.InputError, match=told):
        gp.play(view, **values)
