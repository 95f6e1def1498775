"""The Compose file starts what the tests start: the same commands with the same options."""

from pathlib import Path

import yaml

from tests import dask_cluster

COMPOSE = Path(__file__).parents[3] / "examples/cluster/compose.yaml"
OF_A_PLACE = {"--host", "--port", "--scheduler-file", "--local-directory", "--death-timeout"}


def options(command):
    words = command.split()
    return {word for word in words if word.startswith("--")} - OF_A_PLACE


def test_scheduler_and_workers_are_started_as_in_the_tests():
    services = yaml.safe_load(COMPOSE.read_text())["services"]
    source = Path(dask_cluster.__file__).read_text()
    for name, verb in (("scheduler", "dask scheduler"), ("worker", "dask worker")):
        assert services[name]["command"].startswith(verb)
        for option in options(services[name]["command"]):
            assert f'"{option}"' in source, option
        assert f'"{verb.split()[1]}"' in source
    assert 'resources: str = "machine=1"' in source
    assert services["worker"]["command"].endswith("--resources machine=1")
