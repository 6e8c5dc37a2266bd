"""`nnspec draw`: networks as text and as SVG files."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nnspec.cli.main import run
from tests.paths import SPECS


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(
        """
name: skip
data:
  source: {rows: {inputs: [[1, 0, 1], [0, 1, 0]], targets: [[1], [0]]}}
network: {layers: [{residual: [{dense: 3}, tanh]}, {dense: 1}]}
loss: mean_squared_error
optimizer: {sgd: 0.1}
train: {epochs: 1}
"""
    )
    return path


def test_a_network_in_the_terminal(spec, capsys):
    assert run(["draw", str(spec)]) == 0
    found = capsys.readouterr().out
    assert found.startswith("skip, 16 parameters\n")
    assert "├─╯\n●    add" in found


def test_a_file_of_a_spec_and_of_its_run(spec, tmp_path, capsys):
    assert run(["draw", str(spec), "-o", str(tmp_path / "new" / "a.svg")]) == 0
    assert run(["run", str(spec), "-o", str(tmp_path / "runs")]) == 0
    assert run(["draw", str(tmp_path / "runs" / "skip"), "-o", str(tmp_path / "b.svg")]) == 0
    assert (tmp_path / "b.svg").read_text() == (tmp_path / "new" / "a.svg").read_text()
    assert capsys.readouterr().out.endswith(f"drawn in {tmp_path / 'b.svg'}\n")


def test_a_page_on_which_groups_can_be_unfolded(spec, tmp_path, capsys):
    page = tmp_path / "new" / "a.HTML"
    assert run(["draw", str(spec), "--depth", "0", "-o", str(page)]) == 0
    assert '<a href="#block-1">' in page.read_text()
    assert capsys.readouterr().out == f"drawn in {page}\n"


def test_groups_are_opened(spec, capsys):
    for arguments, boxes in (["--depth", "0"], 3), (["--expand"], 5), ([], 5):
        assert run(["draw", str(spec), *arguments]) == 0
        assert capsys.readouterr().out.count("●") == boxes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "a.png"], "a picture of a network is a .svg or an .html file"),
        (["--expand", "--depth", "1"], "give one of them"),
        (["--depth", "-1"], "-1 is not in the range"),
        (["network.layers.7.units=3"], "network.layers"),
    ],
)
def test_bad_usage(spec, arguments, message, capsys):
    assert run(["draw", str(spec), *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_run_keeps_its_values(spec, tmp_path, capsys):
    run(["run", str(spec), "-o", str(tmp_path)])
    assert run(["draw", str(tmp_path / "skip"), "name=x"]) == 2
    assert "they cannot be changed" in capsys.readouterr().err


def test_no_arrays_are_needed():
    code = (
        "import sys; from nnspec.cli.main import run; run(sys.argv[1:]); "
        "print('numpy' in sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, "draw", str(SPECS / "cnn.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == "False\n"
