"""Numbers of run folders: each run gets its own, however many start at once."""

from concurrent.futures import ThreadPoolExecutor

from nnspec.runs.folder import RunFolder
from nnspec.runs.numbered_folders import make_numbered_folder


def test_runs_are_numbered(tmp_path):
    assert [RunFolder.create(tmp_path, "net").path.name for _ in range(3)] == ["1", "2", "3"]
    for name in ("7", "08", "x", "٩"):
        (tmp_path / "net" / name).mkdir()
    assert RunFolder.create(tmp_path, "net").path == tmp_path / "net" / "8"


def test_a_number_taken_by_a_concurrent_run_is_skipped(tmp_path, monkeypatch):
    RunFolder.create(tmp_path, "net")
    monkeypatch.setattr("nnspec.runs.numbered_folders.folder_numbers", lambda _: [])
    assert RunFolder.create(tmp_path, "net").path.name == "2"


def test_runs_that_start_at_once_get_a_number_each(tmp_path):
    with ThreadPoolExecutor(20) as threads:
        made = list(threads.map(lambda _: make_numbered_folder(tmp_path / "net"), range(20)))
    assert sorted(int(path.name) for path in made) == list(range(1, 21))
