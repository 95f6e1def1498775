"""What a killed process leaves is removed by the next; what anybody else planted is not."""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack

import pytest

from gradparity.harness.processes.folders import NOTE, PREFIX, remove_leftovers, temporary_folder
from tests import ROOT

OWNER = """
import time
from gradparity.harness.processes.folders import temporary_folder
with temporary_folder() as folder:
    (folder / "data").write_text("mine")
    print(folder.name, flush=True)
    time.sleep(60)
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
