"""What a host's workers find around them is what they find without a cluster."""

import os

import dask
import distributed

from gradparity.harness.cluster.at_host import _without_the_nannys


def test_what_the_nanny_sets_is_dropped_and_what_a_user_sets_stays(monkeypatch):
    given = dask.config.get("distributed.nanny.pre-spawn-environ")
    assert "MALLOC_TRIM_THRESHOLD_" in given, distributed.__version__
    for name, value in given.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    _without_the_nannys()
    assert "MALLOC_TRIM_THRESHOLD_" not in os.environ
    assert os.environ["OMP_NUM_THREADS"] == "7"
