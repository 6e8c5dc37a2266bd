"""Which of several runs is taken, and what is said of those that did not finish."""

import json

import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import RunError, SpecError
from nnspec.runs.folder import RunFolder
from nnspec.runs.listener import RunListener
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import run
from tests.small_runs import rows, spec, trained

DIVERGING = rows(
    name="x",
    network={"layers": [{"dense": 8}, {"dense": 1}]},
    loss="mean_squared_error",
    optimizer={"sgd": 1e30},
    train={"epochs": 5},
)


class Stop(RunListener):
    """Stops a training after some epochs."""

    def __init__(self, epochs):
        self.left = epochs

    def on_epoch_end(self, _):
        self.left -= 1

    def should_stop(self):
        return self.left <= 0


def finished(out):
    return trained(rows(name="x", train={"epochs": 2}), out).run


def interrupted(out, epochs=0):
    values = rows(name="x", train={"epochs": 9})
    return run(spec(values), ComputeConfig(), out, Stop(epochs)).run


def diverged(out):
    with pytest.raises(SpecError, match="diverged"):
        trained(DIVERGING, out)


def killed(out):
    """A run as it is when its process is killed."""
    folder = finished(out)
    values = {"run": str(folder), "status": "running"}
    (folder / "metrics.json").write_text(json.dumps(values))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (diverged, "diverged: the loss is not finite at update 1 of epoch"),
        (interrupted, "was interrupted before the end of its first epoch"),
        (killed, "has not ended: it was stopped after 2 epochs, or is still running"),
    ],
)
def test_the_newest_that_finished_is_taken_and_the_newer_are_told(tmp_path, make, said):
    finished(tmp_path)
    make(tmp_path)
    notes = []
    opened = TrainedRun.open(tmp_path / "x", on_note=notes.append)
    assert opened.folder.path == tmp_path / "x" / "1"
    (note,) = notes
    assert note.startswith(f"took {tmp_path / 'x' / '1'}; {tmp_path / 'x' / '2'} {said}")


def test_where_none_has_finished_it_is_the_newest_that_was_interrupted(tmp_path):
    interrupted(tmp_path, 1)
    interrupted(tmp_path, 2)
    diverged(tmp_path)
    killed(tmp_path)
    notes = []
    assert RunFolder.open(tmp_path / "x", notes.append).path == tmp_path / "x" / "2"
    assert "x/2, which was interrupted after 2 epochs" in notes[0]


def test_a_run_that_diverged_is_refused_by_its_name_and_where_there_is_no_other(tmp_path):
    diverged(tmp_path)
    for path in (tmp_path / "x", tmp_path / "x" / "1"):
        with pytest.raises(RunError, match=r"x.1 diverged: .*its weights are of no use"):
            TrainedRun.open(path)
        assert RunFolder.open(path).ending().status == "diverged"


def test_a_damaged_record_does_not_hide_an_older_run(tmp_path):
    finished(tmp_path)
    (finished(tmp_path) / "metrics.json").write_text("{")
    notes = []
    assert RunFolder.open(tmp_path / "x", notes.append).path.name == "1"
    assert "has a damaged metrics.json: how it ended is not known" in notes[0]


@pytest.mark.parametrize("content", ["{", "[]", '{"status": "sad"}', None])
def test_a_run_whose_record_is_damaged_or_gone_is_opened_with_a_note(tmp_path, content):
    record = finished(tmp_path) / "metrics.json"
    record.write_text(content) if content else record.unlink()
    for path in (tmp_path / "x", tmp_path / "x" / "1"):
        notes = []
        TrainedRun.open(path, on_note=notes.append)
        assert "metrics.json: how it ended is not known" in notes[0]


@pytest.mark.parametrize(
    ("error", "status"),
    [(MemoryError("5 TiB"), "failed"), (KeyboardInterrupt(), "interrupted")],
)
def test_an_error_is_recorded(tmp_path, error, status):
    class Broken(RunListener):
        def on_epoch_end(self, epoch):
            raise error

    with pytest.raises(type(error)):
        run(spec(rows(name="x")), ComputeConfig(), tmp_path, Broken())
    assert RunFolder.open(tmp_path / "x").ending().status == status


def test_a_run_of_an_older_nnspec_has_no_status(tmp_path):
    path = finished(tmp_path) / "metrics.json"
    values = json.loads(path.read_text())
    for stopped, status in ((True, "interrupted"), (False, "finished")):
        del values["status"]
        path.write_text(json.dumps({**values, "interrupted": stopped}))
        assert RunFolder.open(tmp_path / "x").ending().status == status
        values["status"] = status
    path.unlink()
    assert RunFolder.open(tmp_path / "x").ending().status == "unknown"


def test_a_run_has_a_record_while_it_trains(tmp_path):
    class Reader(RunListener):
        def on_epoch_end(self, _):
            self.status = RunFolder.open(tmp_path / "x").ending().status

    reader = Reader()
    run(spec(rows(name="x")), ComputeConfig(), tmp_path, reader)
    assert reader.status == "running"
