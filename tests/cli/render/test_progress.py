"""Text tables, and the progress display."""

import io
import json
import time

import pytest

from nnspec.cli.render import tables
from nnspec.cli.render.epoch_interval import ShownEpochs
from nnspec.cli.render.progress import ProgressDisplay
from nnspec.cli.render.progress_estimate import ProgressEstimator
from nnspec.cli.render.progress_json import ProgressJson
from nnspec.cli.render.progress_lines import ProgressLines
from nnspec.runs.expectations import Expectation
from nnspec.training.history import Epoch
from tests.progress import position


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5000"), (0.0, "0.0000"), (1e-9, "1.000e-09"), (-2e30, "-2.000e+30"),
     (123.456, "123.4560"), (float("nan"), "nan"), (407050, "407,050")],
)  # fmt: skip
def test_numbers(value, text):
    assert tables.number(value) == text


def test_expectations():
    rows = [Expectation("parameters", 1000, 1000, True), Expectation("test loss", 0.5, 0.75, False)]
    assert tables.expectations_table(rows).splitlines() == [
        "            expected  actual  met",
        "parameters     1,000   1,000  yes",
        "test loss     0.5000  0.7500   NO",
    ]


def test_without_a_terminal_there_is_no_bar(monkeypatch, capsys):
    with ProgressDisplay() as display:
        display.on_progress(position(1, 1, 2, {"loss": 0.5}))
    assert capsys.readouterr() == ("", "")


def lines_of(epochs, seconds=0.0):
    """The epochs of a run that get a line."""
    shown = ShownEpochs(epochs)
    return [number for number in range(1, epochs + 1) if shown.shows(number, seconds)]


def test_a_run_of_many_epochs_has_about_fifty_lines():
    assert lines_of(50) == list(range(1, 51))
    assert lines_of(1733) == [1, *range(50, 1733, 50), 1733]
    assert max(len(lines_of(epochs)) for epochs in range(1, 3000, 7)) <= 52
    assert lines_of(100, seconds=61.0) == list(range(1, 101))


def test_a_slow_stage_is_told_once(monkeypatch, capsys):
    monkeypatch.setattr("nnspec.cli.render.slow_stage._SECONDS", 0.05)
    end = time.monotonic() + 30
    with ProgressDisplay() as display:
        display.on_prepare(5_000_000)
        display.on_prepare(4_000_000)
        told = ""
        while not told and time.monotonic() < end:
            time.sleep(0.01)
            told = capsys.readouterr().err
    assert told == "preparing 4,000,000 weights and the data ...\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_bar_goes_over_all_epochs_and_leaves_stdout_alone(monkeypatch, capsys):
    """`nnspec run spec > log` writes the metrics into the log while the bar moves on stderr."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("sys.stderr", terminal := Terminal())
    with ProgressDisplay() as display:
        display.on_progress(position(2, 5, 10, {"loss": 0.5}, 4))
        display.print_line("a figure")
        task = display.indicator.bar.tasks[0]
        assert (task.completed, task.total) == (15, 40)
    assert capsys.readouterr().out == "a figure\n"
    assert "epoch 2/4" in terminal.getvalue()
    assert "a figure" not in terminal.getvalue()


def test_closed_streams(monkeypatch):
    for name in ("sys.stdout", "sys.stderr"):
        monkeypatch.setattr(name, None)
    with ProgressDisplay() as display:
        display.print_line("nobody hears it")


class Clock:
    """A clock that stands still unless it is set."""

    now = 0.0

    def __call__(self):
        return self.now


def test_the_speed_of_a_training_that_goes_on_in_the_middle_is_that_since_then():
    meter = ProgressEstimator(clock := Clock())
    assert meter.at(position(3, 40, 100, {}, 4)) == (240, 400, None, None)
    clock.now = 2.0
    assert meter.at(position(3, 60, 100, {}, 4)) == (260, 400, 10.0, 14.0)


def test_a_long_epoch_has_lines_at_growing_distances(capsys):
    lines = ProgressLines(clock := Clock())
    for second in range(1000):
        clock.now = float(second)
        lines.advance(position(1, second, 10_000, {"loss": 0.5}, 2))
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "epoch 1/2  10 of 10,000  loss 0.5000  1,000 ms/update  5:33:10 left"
    batches = [int(line.split()[2]) for line in told]
    assert batches == [10, 30, 70, 150, 310, 630]


def test_json_lines_come_once_a_second_and_hold_no_nan(capsys):
    lines = ProgressJson(clock := Clock())
    for tenth in range(25):
        clock.now = tenth / 10
        lines.advance(position(1, tenth + 1, 100, {"loss": float("nan")}, 1))
    lines.end_epoch(Epoch(1, {"loss": 0.5}, 2.5))
    *progress, epoch = map(json.loads, capsys.readouterr().err.splitlines())
    assert [line["batch"] for line in progress] == [1, 11, 21]
    assert progress[-1]["updates_per_second"] == pytest.approx(10)
    assert progress[-1]["seconds_left"] == pytest.approx(7.9)
    assert progress[-1]["metrics"] == {"loss": None}
    assert epoch == {"event": "epoch", "epoch": 1, "loss": 0.5, "seconds": 2.5}


@pytest.mark.parametrize("progress", ["lines", "json", "none"])
def test_no_progress_is_written_to_a_closed_stderr(monkeypatch, progress):
    monkeypatch.setattr("sys.stderr", None)
    with ProgressDisplay(progress) as display:
        display.on_progress(position(1, 1, 2, {"loss": 0.5}))
        display.on_evaluate_begin("test")


def test_lines_of_epochs_take_the_place_of_lines_of_positions(capsys):
    lines = ProgressLines(clock := Clock())
    for second in range(100):
        clock.now = float(second)
        lines.advance(position(second + 1, 1, 1, {"loss": 0.5}, 100))
        lines.note_line()
    assert capsys.readouterr().err == ""
