"""What a killed process leaves is removed by the next; what anybody else planted is not."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from time import monotonic

import psutil
import pytest

from gradparity.harness.processes.descendants import MARK, _marks, end_orphans
from gradparity.harness.processes.folders import NOTE, PREFIX, remove_leftovers, temporary_folder
from tests import PATIENCE_S, ROOT
from tests.studies.misbehaving_losses import DOUBLE_FORK, Misbehaving

OWNER = """
import time
from gradparity.harness.processes.folders import temporary_folder
with temporary_folder() as folder:
    (folder / "data").write_text("mine")
    print(folder.name, flush=True)
    time.sleep(1000)
"""


@pytest.fixture
def within(tmp_path, monkeypatch):
    """The temporary folder of these tests, and of the processes that they start."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def precious(tmp_path):
    """A folder that nobody may touch."""
    folder = tmp_path / "precious"
    folder.mkdir(mode=0o700)
    (folder / "kept").write_text("kept")
    (folder / NOTE).write_text(folder.name)
    return folder


KILLED = """
import time
from gradparity.harness.messages.timed import Prepare
from gradparity.harness.messages.spec import Spec
from gradparity.harness.processes.environment import allowed_cores
from gradparity.harness.processes.folders import temporary_folder
from gradparity.harness.processes.limits import Limits
from gradparity.harness.processes.process import WorkerProcess
with temporary_folder():
    worker = WorkerProcess("numpy", Limits(allowed_cores()[-1:], 60))
    own = ("tiny", 0, "gradient", "float64", "cpu", 1, "numpy", "portable")
    worker.request(Prepare(Spec("misbehaves", FILE, *own), None))
    print(worker._mark, flush=True)
    time.sleep(1000)
"""


def test_what_a_loss_had_started_when_its_run_was_killed_ends_with_the_next_run(within, tmp_path):
    (tmp_path / "loss.py").write_text(Misbehaving("a daemon", DOUBLE_FORK, ()).file)
    code = KILLED.replace("FILE", repr(str(tmp_path / "loss.py")))
    environment = {"PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(within)}
    owner = subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE)
    mark = owner.stdout.readline().decode().strip()
    daemons, until = [], monotonic() + PATIENCE_S
    while not daemons and monotonic() < until:  # it forks twice, and nobody waits for the second
        marked = [process for process, found in _marks() if found == mark]
        daemons = [process for process in marked if process.ppid() != owner.pid]
    assert daemons
    end_orphans()  # its owner lives
    assert all(daemon.is_running() for daemon in daemons)
    owner.kill()
    owner.wait()
    owner.stdout.close()
    with temporary_folder():
        assert psutil.wait_procs(daemons, timeout=PATIENCE_S)[1] == []


def test_what_runs_in_a_container_is_not_taken_for_an_orphan():
    """Seen on a machine that runs gradparity beside containers that do: numbers meant another's."""
    own_numbers = ["unshare", "--pid", "--fork", "--kill-child"]
    if shutil.which("unshare") is None or subprocess.run([*own_numbers, "true"]).returncode:
        pytest.skip("no process may have a set of process numbers of its own here")
    sleeping = ["env", f"{MARK}=4194303 1.0 0123456789abcdef", "sleep", "1000"]
    here, there = subprocess.Popen(sleeping), subprocess.Popen([*own_numbers, *sleeping])
    try:
        inside, until = [], monotonic() + PATIENCE_S
        while not inside and monotonic() < until:
            inside = psutil.Process(there.pid).children()
        while {x.name() for x in (inside[0], psutil.Process(here.pid))} != {"sleep"}:
            assert monotonic() < until
        end_orphans()
        assert here.wait(PATIENCE_S) == -signal.SIGKILL
        with pytest.raises(subprocess.TimeoutExpired):
            there.wait(0.5)
    finally:
        for process in (here, there):
            process.kill()
            process.wait()


def leftover(within, name="gradparity-x", note=None):
    """A folder as a killed owner leaves it."""
    folder = within / name
    folder.mkdir(mode=0o700)
    (folder / NOTE).write_text(name if note is None else note)
    return folder


def test_a_folder_is_private_and_gone_afterwards(within):
    with temporary_folder() as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.parent == within
    assert list(within.iterdir()) == []


def test_a_killed_owners_folder_is_removed_by_the_next_and_a_living_ones_is_not(within):
    environment = {"PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(within)}
    owner = subprocess.Popen([sys.executable, "-c", OWNER], env=environment, stdout=subprocess.PIPE)
    name = owner.stdout.readline().decode().strip()
    assert remove_leftovers() == []
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert (within / name / "data").exists()
    with temporary_folder() as mine:
        assert list(within.iterdir()) == [mine]
    assert list(within.iterdir()) == []


def test_a_leftover_goes_and_what_its_links_lead_to_stays(within, precious):
    folder = leftover(within)
    (folder / "link").symlink_to(precious)
    assert remove_leftovers() == ["gradparity-x"]
    assert (precious / "kept").read_text() == "kept"


def open_to_others(within, precious):
    leftover(within).chmod(0o770)


def of_another_user(within, precious):
    if os.geteuid() != 0:
        pytest.skip("only root gives a folder away")
    os.chown(leftover(within), 65534, 65534)


def with_another_users_note(within, precious):
    if os.geteuid() != 0:
        pytest.skip("only root gives a file away")
    os.chown(leftover(within) / NOTE, 65534, 65534)


def with_another_name_in_its_note(within, precious):
    leftover(within, note=str(precious))


def whose_note_is_a_link(within, precious):
    folder = leftover(within)
    (folder / NOTE).unlink()
    (precious / NOTE).write_text("gradparity-x")
    (folder / NOTE).symlink_to(precious / NOTE)


def whose_note_has_two_names(within, precious):
    os.link(leftover(within) / NOTE, within / "elsewhere")


def whose_note_is_a_pipe(within, precious):
    folder = leftover(within)
    (folder / NOTE).unlink()
    os.mkfifo(folder / NOTE)


def without_a_note(within, precious):
    (leftover(within) / NOTE).rename(within / "gradparity-x" / "other")


def that_is_a_link(within, precious):
    (precious / NOTE).write_text("gradparity-x")
    (within / "gradparity-x").symlink_to(precious)


def that_is_a_file(within, precious):
    (within / "gradparity-x").write_text("gradparity-x")


def that_is_new_and_empty(within, precious):
    (within / "gradparity-x").mkdir(mode=0o700)


def in_a_folder_in_which_others_rename(within, precious):
    leftover(within)
    within.chmod(0o777)


PLANTED = (
    open_to_others,
    of_another_user,
    with_another_users_note,
    with_another_name_in_its_note,
    whose_note_is_a_link,
    whose_note_has_two_names,
    whose_note_is_a_pipe,
    without_a_note,
    that_is_a_link,
    that_is_a_file,
    that_is_new_and_empty,
    in_a_folder_in_which_others_rename,
)


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.__name__)
def test_what_is_not_surely_a_leftover_is_left_alone(within, precious, planted):
    planted(within, precious)
    assert remove_leftovers() == []
    assert os.path.lexists(within / "gradparity-x")
    assert (precious / "kept").read_text() == "kept"


def test_an_old_empty_folder_was_left_before_it_was_locked(within):
    folder = within / f"{PREFIX}old"
    folder.mkdir(mode=0o700)
    an_hour_ago = time.time() - 3600
    os.utime(folder, (an_hour_ago, an_hour_ago))
    assert remove_leftovers() == [folder.name]


def test_several_at_once_do_not_remove_each_other(within):
    with ExitStack() as stack:
        folders = [stack.enter_context(temporary_folder()) for _ in range(5)]
        assert all(folder.is_dir() for folder in folders)
    assert list(within.iterdir()) == []
