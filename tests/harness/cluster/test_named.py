"""What `--cluster` may be, and the line that is said of what it may not."""

import sys
from types import ModuleType
from typing import ClassVar

import pytest

from gradparity.harness.cluster.connection import connected
from gradparity.harness.cluster.named import made, named
from gradparity.problems import InputError

SLURM = """kind = "slurm"
workers = 3

[arguments]
queue = "short"
cores = 4
"""


@pytest.mark.parametrize("text", ["local", "tcp://scheduler:8786", "tls://10.0.0.1:8786"])
def test_a_place_by_its_name(text):
    found = named(text)
    assert (found.text, found.file, found.is_local) == (text, None, text == "local")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "locl",
            "--cluster locl: should be local, an address (tcp://scheduler:8786) or a FILE.toml",
        ),
        (
            "scheduler:8786",
            "--cluster scheduler:8786: should be local, an address (tcp://scheduler:8786) or a FILE.toml",
        ),
        ("none.toml", "cluster none.toml: No such file or directory"),
    ],
)
def test_what_is_no_cluster_is_told_in_a_line(text, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as error:
        named(text)
    assert str(error.value).lower() == told.lower()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('kind = "slrum"\nworkers = 2\n', "cluster it.toml, line 1: unknown kind 'slrum'; did you mean 'slurm'?"),
        ('kind = "slurm"\nworkers = 0\n', "cluster it.toml, line 2: workers: Input should be greater than or equal to 1"),
        ('kind = "slurm"\nworkers = 1\nqueue = "short"\n', "cluster it.toml, line 3: unknown key 'queue'"),
        ("kind = ", "cluster it.toml: Invalid value"),
        ('workers = 1\n', "cluster it.toml: kind: Field required"),
        (SLURM, "it.toml: dask-jobqueue is not installed; type: pip install dask-jobqueue"),
        (SLURM.replace("slurm", "kubernetes"), "it.toml: dask-kubernetes is not installed; type: pip install dask-kubernetes"),
    ],
)  # fmt: skip
def test_a_file_is_told_by_its_line(text, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "it.toml").write_text(text)
    with pytest.raises(InputError) as error:
        named("it.toml")
    assert str(error.value).startswith(told)


def test_jobs_are_of_this_machine():
    assert named("local", 2).is_local
    with pytest.raises(InputError, match="--jobs 2 is of this machine"):
        named("tcp://scheduler:8786", 2)


@pytest.fixture
def job_queue(monkeypatch, tmp_path):
    """A stand-in for dask-jobqueue, which runs no jobs but notes what it is asked for."""

    class SLURMCluster:
        asked: ClassVar = []

        def __init__(self, **arguments):
            if "memory" not in arguments:
                raise ValueError("You must specify how much memory to use")
            self.arguments = arguments

        def scale(self, workers):
            self.asked.append((self.arguments, workers))

    module = ModuleType("dask_jobqueue")
    module.SLURMCluster = SLURMCluster
    monkeypatch.setitem(sys.modules, "dask_jobqueue", module)
    monkeypatch.setattr("gradparity.harness.cluster.named.missing", lambda module: None)
    monkeypatch.chdir(tmp_path)
    return SLURMCluster


def test_a_job_queue_gets_its_arguments_and_ours(job_queue, tmp_path):
    (tmp_path / "it.toml").write_text(SLURM + 'memory = "8GB"\nworker_extra_args = ["--foo"]\n')
    made(named("it.toml").file, "it.toml")
    arguments = {"queue": "short", "cores": 4, "memory": "8GB"}
    extra = {"worker_extra_args": ["--foo", "--resources", "machine=1"]}
    assert job_queue.asked[-1] == (arguments | extra, 3)


def test_what_the_library_refuses_is_told_in_a_line(job_queue, tmp_path):
    (tmp_path / "it.toml").write_text(SLURM)
    told = "it.toml: SLURMCluster: ValueError: You must specify how much memory to use"
    with pytest.raises(InputError, match=told):
        made(named("it.toml").file, "it.toml")


def test_without_the_extra_the_line_to_type_is_named(monkeypatch):
    told = "distributed is not installed; type: pip install 'gradparity[cluster]'"
    monkeypatch.setattr("gradparity.harness.cluster.named.missing", lambda module: told)
    with pytest.raises(InputError, match=r"gradparity\[cluster\]"):
        named("local")


def test_no_scheduler_is_told_in_a_line(monkeypatch):
    monkeypatch.setattr("gradparity.harness.cluster.connection.CONNECT_S", 0.5)
    told = "--cluster tcp://127.0.0.1:9: no scheduler answers there; start one: dask scheduler"
    with (
        pytest.raises(InputError, match=told),
        connected(named("tcp://127.0.0.1:9"), 1, False, lambda text: None),
    ):
        pass
