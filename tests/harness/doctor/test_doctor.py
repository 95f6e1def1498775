"""The doctor on machines that are drawn as files, and on this one."""

import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

from gradparity.harness.doctor import clock, processor
from gradparity.harness.doctor.noise import noise, noise_between, stolen, ticks
from gradparity.harness.doctor.observation import BETTER, GOOD, UNKNOWN, Observation
from gradparity.harness.doctor.report import write
from gradparity.harness.doctor.threads import threads
from gradparity.harness.processes.environment import allowed_cores
from gradparity.results.records.record import Sample
from tests import PATIENCE_S, ROOT

CPU = "sys/devices/system/cpu"
CLOCK = "sys/devices/system/clocksource/clocksource0"


def machine(folder, **files):
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return folder


HEARD = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
"""What is started in the background of a script is deaf to Ctrl-C, and so are its children."""


def start(cwd, *arguments):
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"{HEARD}from gradparity.harness.cli import main; main()",
            "doctor",
            *arguments,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT / "src")},
    )


def test_a_machine_that_tells_nothing(tmp_path):
    observations = [
        *(processor.model(tmp_path), processor.governor(tmp_path), processor.turbo(tmp_path)),
        *(processor.limit(tmp_path), clock.source(tmp_path), stolen(None, None)),
    ]
    assert {found.verdict for found in observations} == {UNKNOWN}
    assert all(found.value and not found.advice for found in observations)


def test_the_model(tmp_path):
    root = machine(tmp_path, **{"proc/cpuinfo": "processor\t: 0\nmodel name\t: A CPU: 3 GHz\n"})
    assert processor.model(root).value == "A CPU: 3 GHz"


@pytest.mark.parametrize(
    ("names", "verdict"),
    [(["performance"], GOOD), (["powersave"], BETTER), (["performance", "schedutil"], BETTER)],
)
def test_the_governor(tmp_path, names, verdict):
    files = {f"{CPU}/cpu{i}/cpufreq/scaling_governor": name + "\n" for i, name in enumerate(names)}
    found = processor.governor(machine(tmp_path, **files))
    assert (found.verdict, found.figures["governors"]) == (verdict, sorted(names))
    assert ("cpupower" in found.advice) == (verdict == BETTER)


@pytest.mark.parametrize(
    ("file", "content", "on", "off"),
    [
        ("intel_pstate/no_turbo", "0", True, "echo 1 "),
        ("intel_pstate/no_turbo", "1", False, ""),
        ("cpufreq/boost", "1", True, "echo 0 "),
        ("cpufreq/boost", "0", False, ""),
    ],
)
def test_turbo(tmp_path, file, content, on, off):
    found = processor.turbo(machine(tmp_path, **{f"{CPU}/{file}": content}))
    assert found.figures["turbo"] is on
    assert off in found.advice
    assert (f"/{CPU}/{file}" in found.advice) is on


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"proc/self/cgroup": "0::/a/b", "sys/fs/cgroup/a/cpu.max": "50000 100000"}, 0.5),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "150000 100000"}, 1.5),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "max 100000"}, None),
        (
            {
                "proc/self/cgroup": "0::/a",
                "sys/fs/cgroup/cpu.max": "max 100000",
                "sys/fs/cgroup/a/cpu.max": "400000 100000",
            },
            4.0,
        ),
        (
            {
                "proc/self/cgroup": "3:cpu,cpuacct:/docker/1\n4:memory:/m",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "25000",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
                "sys/fs/cgroup/memory/m/cpu.max": "1 100000",
            },
            0.25,
        ),
        (
            {
                "proc/self/cgroup": "1:cpu:/",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            None,
        ),
    ],
)
def test_the_limit_is_the_least_of_all_groups_above(tmp_path, files, cores):
    found = processor.limit(machine(tmp_path, **files))
    assert found.figures["limit_cores"] == cores
    enough = cores is None or cores >= len(allowed_cores())
    assert found.verdict == (GOOD if enough else BETTER)


@pytest.mark.parametrize(
    ("now", "offered", "verdict", "advice"),
    [
        ("tsc", "tsc hpet", GOOD, ""),
        ("kvm-clock", "kvm-clock", GOOD, ""),
        ("hpet", "tsc hpet", BETTER, f"echo tsc | sudo tee /{CLOCK}/current_clocksource"),
        ("acpi_pm", "acpi_pm", BETTER, "no cheaper one"),
    ],
)
def test_the_clock_source(tmp_path, now, offered, verdict, advice):
    files = {f"{CLOCK}/current_clocksource": now, f"{CLOCK}/available_clocksource": offered}
    found = clock.source(machine(tmp_path, **files))
    assert found.verdict == verdict
    assert advice in found.advice


def test_the_clock_is_finer_than_a_millisecond():
    figures = clock.resolution(1000).figures
    assert 0 < figures["step_s"] < 1e-3
    assert figures["reading_s"] > 0


def test_stolen_time_is_the_eighth_column(tmp_path):
    root = machine(tmp_path, **{"proc/stat": "cpu  10 0 0 80 0 0 0 10 0 0\ncpu0 1\n"})
    before = ticks(root)
    machine(tmp_path, **{"proc/stat": "cpu  60 0 0 100 0 0 0 40 0 0\ncpu0 1\n"})
    found = stolen(before, ticks(root))
    assert (found.figures["stolen"], found.verdict) == (0.3, BETTER)


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, GOOD), (1.5, BETTER)])
def test_noise_of_equals_that_are_known(factor, verdict):
    """Ratios are `factor`, and twice that in one round of 41, so that the median is `factor`."""
    ours = [Sample(i, 0, 1, factor * (2.0 if i == 7 else 1.0), 1.0) for i in range(41)]
    theirs = [Sample(i, 1, 1, 1.0, 1.0) for i in range(41)]
    found = noise_between(ours, theirs)
    assert found.verdict == verdict
    assert found.figures["ratio"] == pytest.approx(factor)
    assert found.figures["p95"] == pytest.approx(factor - 1)
    assert found.figures["rounds"] == 41


DYING = """
import os
from gradparity.backends import LibraryBackend

def prepare(problem, operator, instance, setting):
    os.kill(os.getpid(), 11)

BACKEND = LibraryBackend("dying", "numpy", prepare)
"""


def test_a_worker_that_fails_is_an_observation(tmp_path):
    file = tmp_path / "dying.py"
    file.write_text(DYING)
    (found,) = threads([str(file)])
    assert found.verdict == BETTER
    assert "signal 11" in found.value
    (found,) = noise(0.1, backend=str(file))
    assert (found.verdict, found.value) == (UNKNOWN, "crashed: signal 11")


@pytest.mark.parametrize("verdict", [GOOD, BETTER, UNKNOWN])
def test_the_report_tells_value_and_advice(capsys, verdict):
    seen = Observation("topic", "a\x1b[31m value", verdict, "do\nthis", {"n": 1})
    write([seen], "table")
    text = capsys.readouterr().out
    assert "\x1b" not in text
    for word in (verdict, "topic", "value", "do this"):
        assert word in text
    write([seen], "json")
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert (found["topic"], found["verdict"], found["figures"]) == ("topic", verdict, {"n": 1})


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "1e9"])
def test_seconds_that_are_none(tmp_path, seconds):
    process = start(tmp_path, "--seconds", seconds)
    out, errors = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, out) == (2, "")
    assert "seconds is" in errors
    assert len(errors.splitlines()) == 1


def test_this_machine(tmp_path):
    process = start(tmp_path, "--seconds", "0.5", "--format", "json")
    out, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, errors
    found = {seen["topic"]: seen for seen in json.loads(out)["findings"]}
    assert found["cores"]["figures"]["cores"] == os.cpu_count()
    for backend in ("numpy", "tape", "jax", "torch"):
        # One core was allowed, and no more can have worked; the clocks differ by a tick.
        assert 0 < found[f"threads of {backend}"]["figures"]["cpu_per_wall"] < 1.1
    assert found["BLAS in numpy"]["figures"]["pools"]
    noise = found["noise"]["figures"]
    assert noise["ratio_low"] <= noise["ratio"] <= noise["ratio_high"]
    assert noise["rounds"] >= 6
    assert not list(tmp_path.iterdir())


def test_ctrl_c_leaves_nothing_behind(tmp_path):
    process = start(tmp_path, "--seconds", "60")
    assert "threads of" in process.stderr.readline()
    workers = []
    while not workers:
        assert process.poll() is None
        workers = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "Traceback" not in out + errors
    assert not psutil.wait_procs(workers, timeout=PATIENCE_S)[1]
