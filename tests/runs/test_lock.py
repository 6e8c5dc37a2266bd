"""The lock on a run folder: one writer at a time; a killed process leaves none behind."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from nnspec.errors import RunError
from nnspec.runs import lock as lock_module
from nnspec.runs.folder import RunFolder
from nnspec.runs.lock import RunLock, find_holder

HERE = f"process {os.getpid()} on {socket.gethostname()}"
HOLDER = """
import sys, time
from pathlib import Path
from nnspec.runs.lock import RunLock
lock = RunLock.acquire(Path(sys.argv[1]), print)
print("locked", flush=True)
time.sleep(60)
"""


@pytest.fixture
def other(tmp_path):
    """Another process, which holds the lock on a folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout.readline() == "locked\n"
        yield process
        process.kill()


def acquire(run):
    return RunLock.acquire(run, pytest.fail)


def test_a_second_writer_is_told_of_the_first(tmp_path, other):
    assert find_holder(tmp_path).pid == other.pid
    message = rf"is being written by process {other.pid} on "
    with pytest.raises(RunError, match=message):
        acquire(tmp_path)


def test_a_killed_process_leaves_no_lock(tmp_path, other):
    os.kill(other.pid, signal.SIGKILL)
    other.wait()
    assert find_holder(tmp_path) is None
    acquire(tmp_path).release()


def test_a_lock_ends_with_its_release_or_its_object(tmp_path):
    held = acquire(tmp_path)
    with pytest.raises(RunError, match=HERE):
        acquire(tmp_path)
    held.release()
    held.release()
    held = acquire(tmp_path)
    del held
    assert find_holder(tmp_path) is None
    acquire(tmp_path).release()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_does_not_release_it(tmp_path):
    held = acquire(tmp_path)
    child = os.fork()
    if child == 0:
        held.release()
        os._exit(0)
    os.waitpid(child, 0)
    assert find_holder(tmp_path).pid == os.getpid()
    held.release()


def test_readers_need_no_lock_and_do_not_disturb_a_writer(tmp_path):
    assert find_holder(tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    for _ in range(20):
        held = acquire(tmp_path)
        assert str(find_holder(tmp_path)) == HERE
        held.release()
        assert find_holder(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"[", b"[1]", b'["a", "b"]', b"\xff"])
def test_a_holder_that_has_not_written_its_name(tmp_path, content):
    held = acquire(tmp_path)
    (tmp_path / ".lock").write_bytes(content)
    with pytest.raises(RunError, match="is being written by another process"):
        acquire(tmp_path)
    held.release()


def test_a_system_without_locks_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(lock_module, "fcntl", None)
    notes = []
    assert RunLock.acquire(tmp_path, notes.append) is None
    assert "is not locked (this system has none): let no other process" in notes[0]
    assert RunFolder.create(tmp_path, "net").path.name == "1"
    assert find_holder(tmp_path) is None


def test_a_file_system_without_locks_is_told(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(lock_module.fcntl, "flock", refuse)
    notes = []
    assert RunLock.acquire(tmp_path, notes.append) is None
    assert "is not locked (No locks available)" in notes[0]


def test_a_run_is_locked_until_it_is_closed(tmp_path):
    folder = RunFolder.create(tmp_path, "net")
    (folder.path / "spec.yaml").touch()
    with pytest.raises(RunError, match=HERE):
        RunFolder.open_to_write(folder.path)
    folder.close()
    RunFolder.open_to_write(folder.path).close()
    with pytest.raises(RunError, match="is no run folder"):
        RunFolder.open_to_write(tmp_path)
