"""How long a move of a slider takes on the live page: `python -m tests.benchmarks.round_trip`.

For each view: random moves as the page sends them while a slider moves, over HTTP to a server of its
own. A move sets one number, among those that are shown, to a random position, from a random preset.
Wall time is what a reader waits for; CPU time, of server and computing process together, is what it
would be on a machine that does nothing else.
"""

from __future__ import annotations

import http.client
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from gradparity.harness.landscapes.targets import view_of
from gradparity.harness.play.views import VIEWS
from gradparity.harness.views.controls import Number
from gradparity.harness.views.view import View

TARGET = "rosenbrock"
MOVES = 200
LIMIT_MS = 100.0


def main() -> None:
    """Print a line for each view."""
    shown = {name: VIEWS[name] for name in ("slope", "steepest", "descent", "xor", "flow")}
    shown["landscape"] = view_of(TARGET)
    command = [sys.executable, "-m", "gradparity", "play", TARGET, "--port", "0", "--no-open"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        found = re.search(r":(\d+)/", server.stderr.readline())
        assert found is not None
        port = int(found[1])
        print(
            f"{'view':10} {'moves':>5} {'wall, median':>13} {'95 %':>8} {'CPU, median':>12}", end=""
        )
        print(f" {'95 %':>8} {'CPU <= 100 ms':>14}")
        for name, view in shown.items():
            _measure(name, view, port, server.pid)
        server.terminate()


def _measure(name: str, view: View, port: int, pid: int) -> None:
    rng = random.Random(1)
    _asked(port, name, {})
    walls, cpus = [], []
    for values in _moves(view, rng):
        before, start = _cpu_s(pid), time.perf_counter()
        status = _asked(port, name, values)
        walls.append(1e3 * (time.perf_counter() - start))
        cpus.append(1e3 * (_cpu_s(pid) - before))
        assert status in (200, 422), (values, status)
    (wall, high), (cpu, most) = (np.quantile(x, [0.5, 0.95]) for x in (walls, cpus))
    share = np.mean(np.array(cpus) <= LIMIT_MS)
    print(
        f"{name:10} {len(walls):5} {wall:10.0f} ms {high:5.0f} ms {cpu:9.0f} ms {most:5.0f} ms",
        end="",
    )
    print(f" {share:13.1%}", flush=True)


def _moves(view: View, rng: random.Random) -> Iterator[dict[str, Any]]:
    defaults = {control.name: control.default for control in view.controls}
    moving = {"moving": True} if "moving" in defaults else {}
    for _ in range(MOVES):
        preset = rng.choice([{}, *(one.values for one in view.presets)])
        at = {**defaults, **preset}
        numbers = [x for x in view.controls if isinstance(x, Number) and _is_shown(x, at)]
        control = rng.choice(numbers)
        yield {**preset, control.name: _anywhere(control, rng.random()), **moving}


def _is_shown(control: Number, at: Mapping[str, Any]) -> bool:
    return all(at[other] in wanted for other, wanted in (control.when or {}).items())


def _anywhere(control: Number, share: float) -> float:
    low, high = control.low, control.high
    value = low * (high / low) ** share if control.scale == "log" else low + (high - low) * share
    value = min(max(value, low), high)
    return int(value) if control.whole else value


def _asked(port: int, view: str, values: Mapping[str, Any]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/json"}
    connection.request("POST", f"/api/{view}", json.dumps(values), headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


def _cpu_s(pid: int) -> float:
    """Seconds on a core, of a process and what it has started, to the nanosecond where Linux says."""
    total = 0.0
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        with suppress(OSError, psutil.Error):
            tasks = Path(f"/proc/{process.pid}/task")
            if tasks.is_dir():
                total += (
                    sum(int((one / "schedstat").read_text().split()[0]) for one in tasks.iterdir())
                    / 1e9
                )
            else:
                total += sum(process.cpu_times()[:2])
    return total


if __name__ == "__main__":
    main()
