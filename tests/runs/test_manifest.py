"""The manifest: damage of any file is told, also while a run trains and after it was killed."""

import hashlib
import os
from pathlib import Path

import pytest

from nnspec.errors import RunError
from nnspec.runs import checked_json, verified_files
from nnspec.runs.file_writer import FileWriter
from nnspec.runs.lock import RunLock
from nnspec.runs.manifest import read_manifest
from nnspec.runs.verification import accept, check_files
from nnspec.runs.verified_files import read_verified, read_verified_json


class Killed(BaseException):
    """Stands for the end of a process in the middle of its work."""


@pytest.fixture
def writer(tmp_path):
    made = FileWriter(tmp_path)
    for name in ("metrics.json", "spec.yaml", "history.csv"):
        made.write(name, [f"first {name}".encode()])
    return made


def test_each_file_is_listed_with_its_size_and_digest(tmp_path, writer):
    writer.finish()
    (version,) = read_manifest(tmp_path)["spec.yaml"]
    assert version.size == len(b"first spec.yaml")
    assert version.sha256 == hashlib.sha256(b"first spec.yaml").hexdigest()
    assert read_verified(tmp_path, "spec.yaml") == b"first spec.yaml"
    assert [one.damage for one in check_files(tmp_path)] == [""] * 4


def test_a_run_that_is_killed_at_any_moment_stays_whole(tmp_path, writer, monkeypatch):
    """Every step of the replacement of files is the last one once."""
    for steps in range(1, 9):
        with monkeypatch.context() as patched:
            fail_after(patched, steps)
            with pytest.raises(Killed):
                write_often(writer, str(steps))
        assert [one.damage for one in check_files(tmp_path)] == [""] * 4
        writer = FileWriter(tmp_path)  # the process that goes on with the run
    writer.write("history.csv", [b"last"])
    writer.finish()
    assert len(read_manifest(tmp_path)["history.csv"]) == 1
    assert read_verified(tmp_path, "history.csv") == b"last"


def write_often(writer, text):
    for number in range(9):
        for name in ("metrics.json", "history.csv"):
            writer.write(name, [f"{text} {number} {name}".encode()])


def fail_after(patched, steps):
    """Let the replacement of a file by Path.replace end the process after some of them."""
    replace, left = Path.replace, [steps]

    def limited(self, target):
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return replace(self, target)

    patched.setattr(Path, "replace", limited)


def test_a_file_that_is_replaced_while_it_is_read_is_read_again(tmp_path, writer, monkeypatch):
    read, calls = verified_files.read_manifest, []

    def slow(run):
        found = read(run)
        if len(calls) < 3:
            calls.append(0)
            for _ in range(2):
                writer.write("history.csv", [b"number %d %d" % (len(calls), _)])
        return found

    monkeypatch.setattr(verified_files, "read_manifest", slow)
    assert read_verified(tmp_path, "history.csv").startswith(b"number")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"first spec.yamL", "its SHA-256 is not the one in manifest.json"),
        (b"first", "it has 5 bytes, not 15 as in manifest.json"), (None, "it is missing"),
    ],
)  # fmt: skip
def test_a_changed_file_is_named(tmp_path, writer, content, said):
    path = tmp_path / "spec.yaml"
    path.write_bytes(content) if content else path.unlink()
    with pytest.raises(RunError) as caught:
        read_verified(tmp_path, "spec.yaml")
    (problem,) = caught.value.problems
    assert problem.message == f"{path} is damaged or changed: {said}"
    assert problem.hint.endswith(f"nnspec verify {tmp_path} --accept spec.yaml")
    assert {one.name: one.damage for one in check_files(tmp_path)}["spec.yaml"] == said


def test_what_is_no_file_is_not_waited_for(tmp_path, writer):
    (tmp_path / "history.csv").unlink()
    os.mkfifo(tmp_path / "history.csv")
    with pytest.raises(RunError, match="it is not a file"):
        read_verified(tmp_path, "history.csv")


def test_a_file_that_is_not_listed_is_refused(tmp_path, writer):
    (tmp_path / "weights.safetensors").write_bytes(b"x")
    with pytest.raises(RunError, match=r"it is not in manifest\.json"):
        read_verified(tmp_path, "weights.safetensors")
    (tmp_path / "predictions-test.csv").touch()  # no file by which a run is opened
    damage = {one.name: one.damage for one in check_files(tmp_path)}
    assert damage["weights.safetensors"] == "it is not in manifest.json"
    assert "predictions-test.csv" not in damage


def test_without_a_manifest_nothing_is_read(tmp_path, writer):
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(RunError, match=r"has no manifest\.json") as caught:
        read_verified(tmp_path, "spec.yaml")
    assert "--accept manifest.json" in caught.value.problems[0].hint
    accept(tmp_path, ["manifest.json"])
    assert read_verified(tmp_path, "spec.yaml") == b"first spec.yaml"


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "a\\b", "./a", "a//b", ""])
def test_names_that_lead_out_of_the_folder_are_refused(tmp_path, name):
    values = {"files": {name: []}, "format": 1}
    (tmp_path / "manifest.json").write_bytes(checked_json.dump(values))
    with pytest.raises(RunError, match=r"manifest\.json is damaged"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    "values",
    [
        {"files": {}, "format": 2}, {"files": [], "format": 1},
        {"format": 1}, {"files": {"a": [3]}, "format": 1},
        {"files": {"a": [{"size": 1}]}, "format": 1}, {"files": {"a": 1}, "format": 1},
    ],
)  # fmt: skip
def test_other_manifests_are_refused(tmp_path, values):
    (tmp_path / "manifest.json").write_bytes(checked_json.dump(values))
    with pytest.raises(RunError, match=r"manifest\.json is damaged"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_an_accepted_file_that_is_no_json(tmp_path, writer, content):
    (tmp_path / "metrics.json").write_bytes(content)
    writer.finish()
    accept(tmp_path, ["metrics.json"])
    with pytest.raises(RunError, match=r"metrics\.json is damaged: it is no JSON"):
        read_verified_json(tmp_path, "metrics.json")


def test_nothing_is_accepted_while_another_process_writes_the_run(tmp_path, writer):
    lock = RunLock.acquire(tmp_path, pytest.fail)
    with pytest.raises(RunError, match="is being written by process"):
        accept(tmp_path, ["manifest.json"])
    lock.release()
