"""A run of which a bit has flipped or a file was cut: told with the file's name, or without effect.

Never is another answer given, and never is there a traceback.
"""

from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import written
from tests.small_runs import rows

COMMANDS = [
    ("evaluate", "r"), ("predict", "r", "[0, 1]"), ("predict", "r", "test.npy"), ("weights", "r"),
    ("plot", "r", "--json"), ("draw", "r"), ("diff", "r", "r", "--json"),
    ("apply", "r", "--input", "[1, 0]"), ("backprop", "r", "--input", "[1, 0]", "--target", "1"),
    ("gradients", "r"), ("verify", "r"),
]  # fmt: skip
CHANGES = 200


@pytest.fixture
def run(nnspec, tmp_path):
    """A run with a metric, validation rows, steps with a state and a table of predictions."""
    np.save("test.npy", np.eye(2))
    source = {"inputs": [[0, 0], [0, 1], [1, 0], [1, 1]] * 2, "targets": [0, 1, 1, 0] * 2}
    data = {"source": {"rows": source}, "inputs": ["standardize"]}
    train = {"epochs": 2, "validation_split": 0.25}
    values = rows(name="x", data=data, metrics=["accuracy"], optimizer={"adam": 0.1}, train=train)
    assert nnspec("run", written(tmp_path, values)).code == 0
    Path("runs/x/1").rename("r")
    return tmp_path / "r"


def test_no_change_of_a_byte_gives_another_answer(nnspec, run):
    expected = {command: nnspec(*command) for command in COMMANDS}
    assert {done.code for done in expected.values()} == {0}
    files = [path for path in run.rglob("*") if path.is_file() and path.name != ".lock"]
    draw = np.random.default_rng(5)
    for number in range(CHANGES):
        path = files[number % len(files)]
        command = COMMANDS[draw.integers(len(COMMANDS))]
        whole = path.read_bytes()
        path.write_bytes(changed(whole, draw))
        done = nnspec(*command)
        if (done.code, done.out) != expected[command][:2]:
            assert done.code == 2, (command, path)
            assert path.name in done.err + done.out
        path.write_bytes(whole)
    assert {command: nnspec(*command) for command in COMMANDS} == expected


def changed(content, draw):
    """The content with one bit flipped, or cut."""
    if draw.random() < 0.2:
        return content[: draw.integers(len(content))]
    found = bytearray(content)
    found[draw.integers(len(found))] ^= 1 << int(draw.integers(8))
    return bytes(found)


@pytest.mark.parametrize("name", ["manifest.json", "metrics.json", "spec.yaml"])
def test_a_file_that_every_command_reads(nnspec, run, name):
    """A bit of it never goes unnoticed."""
    path = run / name
    whole = path.read_bytes()
    draw = np.random.default_rng(6)
    for _ in range(20):
        path.write_bytes(changed(whole, draw))
        done = nnspec("predict", "r", "[0, 1]")
        assert (done.code, done.out) == (2, "")
        assert f"r/{name} is damaged" in done.err
    path.unlink()
    done = nnspec("predict", "r", "[0, 1]")
    assert (done.code, done.out) == (2, "")
    assert name in done.err


def test_a_run_that_does_not_count_does_not_disturb_the_others(nnspec, run, tmp_path):
    """In a folder of numbered runs, one whose record is damaged is passed over, and told of."""
    run.rename(tmp_path / "runs/x/1")
    nnspec("run", "small.yaml")
    Path("runs/x/2/metrics.json").write_bytes(b"{")
    done = nnspec("predict", "runs/x", "[0, 1]")
    assert done.code == 0
    assert "took runs/x/1; runs/x/2 has a damaged metrics.json" in done.err
    Path("runs/x/2/manifest.json").unlink()
    done = nnspec("predict", "runs/x", "[0, 1]")
    assert "took runs/x/1; runs/x/2 has no manifest.json" in done.err
