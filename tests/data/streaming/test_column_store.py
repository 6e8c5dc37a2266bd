"""Columns of a table in a cache folder: written again where they are damaged."""

import os

import numpy as np
import pytest

from nnspec.components.sources.tables import Csv
from nnspec.data.streaming.column_store import stored_table
from nnspec.data.tables.reading import TableReader

NAMES = ["a", "city"]
LONG_AGO = (0, 0)


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "t.csv"
    path.write_text("a,city\n" + "".join(f"{n / 2},x{n}\n" for n in range(100)))

    def call():
        table = stored_table(TableReader(Csv(path=path.name), path), NAMES, (), ())
        return [np.asarray(table.columns[name]).tolist() for name in NAMES]

    return call


def flip(content):
    return content[:20] + bytes([content[20] ^ 1]) + content[21:]


@pytest.mark.parametrize("damage", [flip, lambda content: content[:-1], lambda _: b""])
@pytest.mark.parametrize("name", ["0.column", "1.column", "1.ends", "columns.json", "crc32.json"])
def test_a_damaged_file_is_written_again(tmp_path, read, name, damage):
    before = read()
    (file,) = (tmp_path / "cache").rglob(name)
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    assert read() == before
    assert file.read_bytes() == whole


def test_what_a_killed_process_has_left_is_removed_once_it_is_old(tmp_path, read):
    old, new = (tmp_path / "cache" / "tables" / name for name in (".old", ".new"))
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "0.column").write_bytes(b"part")
    for path in (old / "0.column", old):
        os.utime(path, LONG_AGO)
    read()
    assert [old.exists(), new.exists()] == [False, True]
