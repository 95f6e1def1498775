"""What `--cluster` names: this machine, a scheduler's address, or a file about a cluster."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gradparity.problems import InputError
from gradparity.problems.errors import unknown
from gradparity.problems.extras import missing
from gradparity.problems.user_files import read_text

LOCAL = "local"

KINDS = {
    "slurm": ("dask_jobqueue", "SLURMCluster"),
    "pbs": ("dask_jobqueue", "PBSCluster"),
    "lsf": ("dask_jobqueue", "LSFCluster"),
    "sge": ("dask_jobqueue", "SGECluster"),
    "oar": ("dask_jobqueue", "OARCluster"),
    "htcondor": ("dask_jobqueue", "HTCondorCluster"),
    "kubernetes": ("dask_kubernetes.operator", "KubeCluster"),
}
"""Kind in a file -> module and class of the library that makes such a cluster."""

JOB_QUEUE = "dask_jobqueue"

_ADDRESS = re.compile(r"(tcp|tls|ucx|ws|wss)://[^\s/:]+(:\d+)?|tcp://\[[0-9a-fA-F:]+\]:\d+")


class ClusterFile(BaseModel):
    """A cluster that is made for the run, and is gone after it.

    kind: one of `KINDS`. workers: jobs or pods to ask for. arguments: of the library's class.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    workers: int = Field(ge=1, le=100_000)
    arguments: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class NamedCluster:
    """text: as typed. file: what stands in it, where a file was named."""

    text: str
    file: ClusterFile | None = None

    @property
    def is_local(self) -> bool:
        """Whether it is this machine."""
        return self.text == LOCAL


def named(text: str, jobs: int = 1) -> NamedCluster:
    """The cluster that `--cluster TEXT` names; imports no library but looks whether there is one.

    jobs: as `--jobs` says: the workers of this machine; 1 where nobody said.
    Raises InputError, one line, for what is no cluster, and for a library that is missing.
    """
    if absent := missing("distributed"):
        raise InputError(absent)
    if text != LOCAL and jobs != 1:
        raise InputError(f"--jobs {jobs} is of this machine; {text} has workers of its own")
    if text == LOCAL or _ADDRESS.fullmatch(text):
        return NamedCluster(text)
    if not text.endswith(".toml"):
        raise InputError(
            f"--cluster {text}: should be local, an address (tcp://scheduler:8786) or a FILE.toml"
        )
    file = _read(text)
    package = KINDS[file.kind][0].partition(".")[0]
    if absent := missing(package):
        raise InputError(f"{text}: {absent.replace('_', '-')}")
    return NamedCluster(text, file)


def made(cluster: ClusterFile, shown: str) -> Any:
    """The library's own cluster, asked for its workers. Raises InputError for what it refuses.

    Every worker has the resource `machine`, by which timed workloads have their host alone.
    """
    module, name = KINDS[cluster.kind]
    arguments = dict(cluster.arguments)
    if module == JOB_QUEUE:
        own = arguments.get("worker_extra_args", [])
        arguments["worker_extra_args"] = [*own, "--resources", "machine=1"]
    try:
        cluster_class = getattr(import_module(module), name)
        found = cluster_class(**arguments)
        found.scale(cluster.workers)
    except Exception as error:
        told = " ".join(str(error).split())
        raise InputError(f"{shown}: {name}: {type(error).__name__}: {told}") from error
    return found


def _read(text: str) -> ClusterFile:
    source = read_text(Path(text), f"cluster {text}")
    try:
        found = ClusterFile.model_validate(tomllib.loads(source))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = str(first["loc"][0])
        if first["type"] == "extra_forbidden":
            told = str(unknown("key", key, ClusterFile.model_fields))
        else:
            told = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise InputError(f"cluster {text}{_line(source, key)}: {told}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"cluster {text}: {error}") from error
    if found.kind not in KINDS:
        told = str(unknown("kind", found.kind, KINDS))
        raise InputError(f"cluster {text}{_line(source, 'kind')}: {told}")
    return found


def _line(source: str, key: str) -> str:
    """Where a key of the top level stands, as ", line 3"; "" where it does not."""
    for number, line in enumerate(source.splitlines(), 1):
        if re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return f", line {number}"
    return ""
