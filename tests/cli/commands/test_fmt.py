"""`nnspec fmt`: specs in canonical form."""

import io
import stat
import sys

import pytest

from tests.paths import ROOT

BAD = "network:\n    layers: [ dense: 1 ]\n"
GOOD = "network:\n  layers: [dense: 1]\n"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(BAD, encoding="utf-8")
    return path


def test_files_are_rewritten(nnspec, file):
    file.chmod(0o640)
    (file.parent / "good.yaml").write_text(GOOD, encoding="utf-8")
    done = nnspec("fmt", "a.yaml", "good.yaml")
    assert (done.code, done.out, done.err) == (0, "formatted a.yaml\n", "")
    assert file.read_text("utf-8") == GOOD
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    assert nnspec("fmt", "a.yaml").out == ""
    assert sorted(path.name for path in file.parent.iterdir()) == ["a.yaml", "good.yaml"]


def test_a_link_stays_one(nnspec, file):
    link = file.parent / "link.yaml"
    link.symlink_to("a.yaml")
    assert nnspec("fmt", "link.yaml").code == 0
    assert link.is_symlink()
    assert file.read_text("utf-8") == GOOD


def test_check_and_diff_write_nothing(nnspec, file):
    done = nnspec("fmt", "--check", "a.yaml")
    assert (done.code, done.out, done.err) == (1, "a.yaml\n", "")
    done = nnspec("fmt", "--diff", "a.yaml")
    assert done.code == 0
    assert done.out.splitlines() == [
        "--- a.yaml",
        "+++ a.yaml (formatted)",
        "@@ -1,3 +1,3 @@",
        " network:",
        "-    layers: [ dense: 1 ]",
        "+  layers: [dense: 1]",
        " ",
    ]
    assert nnspec("fmt", "--check", "--diff", "a.yaml").code == 1
    assert file.read_text("utf-8") == BAD


def test_stdin(nnspec, monkeypatch):
    for arguments, code, out in (([], 0, GOOD), (["--check"], 1, "stdin\n")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
        done = nnspec("fmt", "-", *arguments)
        assert (done.code, done.out, done.err) == (code, out, "")


def test_a_wrong_file_stays_and_the_others_are_formatted(nnspec, file):
    wrong = file.parent / "wrong.yaml"
    wrong.write_text("a: [1\n", encoding="utf-8")
    done = nnspec("fmt", "wrong.yaml", "none.yaml", "a.yaml")
    assert (done.code, done.out) == (2, "formatted a.yaml\n")
    assert "wrong.yaml:1:6: error: this list is not closed" in done.err
    assert "cannot read none.yaml" in done.err
    assert wrong.read_text("utf-8") == "a: [1\n"


def test_the_spec_of_a_run_is_refused(nnspec, file):
    run = file.parent / "run"
    run.mkdir()
    (run / "spec.yaml").write_text(BAD, encoding="utf-8")
    done = nnspec("fmt", "run/spec.yaml")
    assert done.code == 2
    assert "is one of a run's own files" in done.err
    assert (run / "spec.yaml").read_text("utf-8") == BAD


def test_the_projects_own_specs(nnspec):
    paths = [str(path) for path in sorted((ROOT / "specs").rglob("*.yaml"))]
    assert nnspec("fmt", "--check", *paths).code == 0


def test_json(nnspec, file):
    (file.parent / "good.yaml").write_text(GOOD, encoding="utf-8")
    changed, same = {"spec": "a.yaml", "changed": True}, {"spec": "good.yaml", "changed": False}
    done = nnspec("fmt", "--check", "--json", "a.yaml", "good.yaml")
    assert (done.code, done.err) == (1, "")
    assert done.json == [{**changed, "problems": []}, {**same, "problems": []}]
    (shown,) = nnspec("fmt", "--diff", "--json", "a.yaml").json
    assert "-    layers: [ dense: 1 ]" in shown["diff"]
    assert file.read_text("utf-8") == BAD
    done = nnspec("fmt", "--json", "a.yaml", "none.yaml")
    assert done.code == 2
    assert done.json[0] == {**changed, "problems": []}
    assert "cannot read none.yaml" in done.json[1]["problems"][0]["message"]
    assert file.read_text("utf-8") == GOOD
    assert nnspec("fmt", "--json", "-").code == 2
