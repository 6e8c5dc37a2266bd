"""Specs that words name: files, or names of the gallery where there is no such file."""

from __future__ import annotations

import pytest

from tests.cli.conftest import written

DENSE = {"vars": {"width": 2}, "network": {"input_shape": 3, "layers": [{"dense": "${width}"}]}}


@pytest.mark.parametrize("command", [["summary"], ["draw"], ["check"], ["lint"], ["show"]])
def test_a_name_of_the_gallery_is_a_spec(nnspec, command):
    done = nnspec(*command, "resnet101")
    assert (done.code, done.err) == (0, "")
    if command in (["summary"], ["draw"], ["check"]):
        assert "44,707,176" in done.out


def test_overrides_change_a_spec_of_the_gallery(nnspec):
    """Also where they stand before the name."""
    for words in (["cnn", "name=other"], ["name=other", "cnn"]):
        assert nnspec("summary", *words).out.startswith("other")
    done = nnspec("summary", "resnet50", "vars.variant=resnet101")
    assert done.code == 2
    assert "give one of them" in done.err


def test_a_file_is_meant_before_the_gallery(nnspec, tmp_path):
    (tmp_path / "resnet50").write_text((tmp_path / written(tmp_path, DENSE)).read_text())
    assert " 8" in nnspec("check", "resnet50").out
    assert nnspec("summary", "folder/resnet101").code == 2


def test_a_name_that_is_nearly_one_of_the_gallery(nnspec):
    done = nnspec("summary", "resnet5O")
    assert done.code == 2
    assert "did you mean 'resnet50'?" in done.err
    assert "did you mean" not in nnspec("summary", "none.yaml").err


def test_fmt_writes_no_spec_of_the_gallery(nnspec):
    done = nnspec("fmt", "resnet50")
    assert done.code == 2
    assert "cannot read resnet50" in done.err


def test_two_of_the_gallery_differ(nnspec):
    done = nnspec("diff", "resnet50", "resnet101", "--json")
    assert done.code == 1
    assert [done.json[side]["parameters"]["total"] for side in "ab"] == [25_636_712, 44_707_176]
    assert [done.json[side]["path"] for side in "ab"] == ["resnet50", "resnet101"]


def test_each_side_of_diff_has_the_overrides_behind_it(nnspec, tmp_path):
    written(tmp_path, DENSE)
    done = nnspec("diff", "small.yaml", "small.yaml", "vars.width=5")
    assert done.code == 1
    assert done.out.splitlines()[0].split() == ["A", "small.yaml", "1", "layer", "8", "parameters"]
    assert "B  small.yaml vars.width=5" in done.out
    assert nnspec("diff", "small.yaml", "vars.width=5", "small.yaml", "vars.width=5").code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["small.yaml"], "two specs or runs are compared, and one is given"),
        (["small.yaml"] * 3, "and 3 are given"),
        (["vars.width=5", "small.yaml", "small.yaml"], "name the spec first"),
        (["small.yaml", "vars.widht=5", "small.yaml"], "width"),
        (["small.yaml", "none"], "cannot read none"),
    ],
)
def test_bad_words_of_diff(nnspec, tmp_path, words, message):
    written(tmp_path, DENSE)
    done = nnspec("diff", *words)
    assert done.code == 2
    assert message in done.err


def test_the_values_of_a_run_that_is_compared_cannot_be_changed(nnspec, tmp_path):
    rows = {"inputs": [[0, 1, 2]], "targets": [[1, 1]]}
    sections = {"data": {"source": {"rows": rows}}, "loss": "mean_squared_error"}
    written(tmp_path, {**DENSE, **sections, "optimizer": "sgd"})
    assert nnspec("run", "small.yaml").code == 0
    assert nnspec("diff", "runs/small", "small.yaml").code == 0
    done = nnspec("diff", "runs/small", "vars.width=5", "small.yaml")
    assert done.code == 2
    assert "cannot be changed" in done.err
