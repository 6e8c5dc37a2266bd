"""`history.csv`: damage in any way is told with the file's path."""

import math
from pathlib import Path

import pytest

from nnspec.errors import RunError
from nnspec.runs.history import history_of, history_text, parse_history
from nnspec.training.history import Epoch

PATH = Path("run/history.csv")


def test_what_is_written_is_read():
    epochs = [Epoch(n, {"loss": 0.5}, 1.0, {"loss": 0.25}) for n in (1, 2)]
    expected = {"epoch": [1, 2], "loss": [0.5] * 2, "val_loss": [0.25] * 2, "seconds": [1.0] * 2}
    assert parse_history(history_text(epochs).encode(), PATH) == expected
    assert parse_history(history_text([]).encode(), PATH) == {}


def test_cells_of_epochs_that_were_not_validated_are_empty():
    epochs = [Epoch(1, {"loss": 0.5}, 1.0), Epoch(2, {"loss": 0.5}, 1.0, {"loss": 0.25})]
    text = history_text(epochs)
    assert text.splitlines() == ["epoch,loss,val_loss,seconds", "1,0.5,,1.0", "2,0.5,0.25,1.0"]
    for found in (parse_history(text.encode(), PATH), history_of(epochs)):
        assert list(found) == ["epoch", "loss", "val_loss", "seconds"]
        assert found["val_loss"] == pytest.approx([math.nan, 0.25], nan_ok=True)
        assert found["loss"] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("epoch,loss\n1,\n", "it is no table"),
        ("", "it is no table"), ("\n", "no column epoch"), ("epoch,loss\n", "after its header"),
        ("epoch,loss", "after its header"), ("epoch,loss\n1,0.5", "ends within a row"),
        ("epoch,loss\n1\n", "not those of its header"), ("epoch,loss\n1,2,3\n", "not those of"),
        ("epoch,loss\n1,2\n2\n", "it is no table"), ("epoch,loss\n1,low\n", "it is no table"),
        ("a,b\n1,2\n", "no column epoch"), ("epoch,epoch\n1,1\n", "not those of its header"),
        ("epoch,loss\n2,1\n", "its epochs are not"), ('epoch,"loss\n1,2\n', "it is no table"),
    ],
)  # fmt: skip
def test_damage_is_told(content, message):
    with pytest.raises(RunError, match=f"run/history.csv is damaged: .*{message}"):
        parse_history(content.encode(), PATH)
