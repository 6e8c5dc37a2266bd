"""Target, task, network and schedule, by the rules that are stated."""

from __future__ import annotations

import pytest

from nnspec.errors import DataError
from nnspec.scaffold.network_choice import convolutions, hidden_layers
from nnspec.scaffold.spec_name import spec_name
from nnspec.scaffold.target_choice import guessed_target, named_target
from nnspec.scaffold.task import Task
from nnspec.scaffold.training_choice import Schedule, adamw
from nnspec.spec.document import Spec
from tests.scaffold.tables import houses, roles

VARIED = list(range(20))


def guess(tmp_path, **columns):
    target = guessed_target("data.csv", list(roles(tmp_path, columns).values()))
    return target.column.name, target.reason


def test_the_target_is_guessed_by_its_name_or_place(tmp_path):
    halves = [n / 2 for n in VARIED]
    assert guess(tmp_path, species=["a", "b"] * 10, x=halves) == ("species", "by its name")
    assert guess(tmp_path, y=halves, target=["a", "b"] * 10, x=halves) == ("target", "by its name")
    # `class` may be that of a ticket: the last column comes first
    titanic = {"class": ["1st", "2nd"] * 10, "age": halves, "survived": [0, 1] * 10}
    assert guess(tmp_path, **titanic) == ("survived", "by its name")
    assert guess(tmp_path, a=halves, b=halves) == ("b", "the last column")
    assert guess(tmp_path, a=halves, row_id=VARIED) == ("a", "the last column")


def test_a_named_target(tmp_path):
    found = list(roles(tmp_path, houses()).values())
    assert named_target("data.csv", found, "rooms").column.name == "rooms"
    with pytest.raises(DataError, match="did you mean 'rooms'"):
        named_target("data.csv", found, "room")
    with pytest.raises(DataError, match="'built' holds dates"):
        named_target("data.csv", found, "built")


def task(tmp_path, values):
    return Task.of(
        roles(tmp_path, {"x": [n / 2 for n, _ in enumerate(values)], "t": values})["t"].summary
    )


def test_tasks(tmp_path):
    assert task(tmp_path, ["a", "b"] * 10).kind == "binary"
    assert task(tmp_path, [0, 1] * 10).is_zero_or_one
    assert task(tmp_path, ["true", "false"] * 10).is_zero_or_one
    assert task(tmp_path, [3, 4, 5, 6] * 5).kind == "classes"
    assert task(tmp_path, [n / 3 for n in VARIED]).kind == "number"
    assert task(tmp_path, [5, 12, 12, 40, 40, 40]).kind == "number"  # one row is of 5
    assert task(tmp_path, list(range(11)) * 2).kind == "number"
    assert not task(tmp_path, [1] * 60 + list(range(11))).is_imbalanced
    assert task(tmp_path, ["a"] * 60 + ["b"] * 10).is_imbalanced
    for values in ([1] * 20, [f"t{n}" for n in VARIED]):
        with pytest.raises(DataError):
            task(tmp_path, values)


@pytest.mark.parametrize(("width", "rows", "units"), [
    (4, 100, (16,)), (10, 100, (32,)), (16, 2000, (32, 16)), (784, 999, (128,)), (1, 1, (16,)),
])  # fmt: skip
def test_hidden_layers(width, rows, units):
    assert hidden_layers(width, rows).units == units


def test_convolutions():
    assert [convolutions(side) for side in (4, 8, 28, 64, 512)] == [
        (16,), (16,), (16, 32), (16, 32, 64), (16, 32, 64)
    ]  # fmt: skip


@pytest.mark.parametrize("rows", [1, 10, 300, 5_000, 60_000, 10_000_000])
def test_schedules(rows):
    schedule = Schedule.of(rows)
    assert 5 <= schedule.epochs <= 100
    assert schedule.batch_size in (16, 32, 128, 512)


@pytest.mark.parametrize("text", ["con", "a b", "..", "", "日本", "x" * 300, "a/b\n#", "-x-"])
def test_any_text_becomes_a_name(text):
    layers = {"layers": ["flatten"]}
    assert Spec.model_validate({"name": spec_name(text), "network": layers}).name


def test_a_column_that_is_passed_over_is_told(tmp_path):
    columns = {"x": [n / 2 for n in VARIED], "price": [f"t{n}" for n in VARIED]}
    target = guessed_target("data.csv", list(roles(tmp_path, columns).values()))
    assert (target.column.name, target.reason) == ("x", "the last column that can be one")
    assert "price" in target.passed_over
    assert not target.is_certain


def test_numbers_of_many_classes(tmp_path):
    numbers = [n % 30 for n in range(300)]
    found = roles(tmp_path, {"label": numbers, "size": numbers})
    assert Task.of(found["label"].summary).kind == "classes"
    assert Task.of(found["size"].summary).kind == "number"


@pytest.mark.parametrize("updates", [100, 2000, 50_000])
def test_the_weight_decay_shrinks_a_weight_to_its_share_over_all_updates(updates):
    options = adamw(0.003, updates)
    left = (1 - options["learning_rate"] * options["weight_decay"]) ** updates
    assert left == pytest.approx(1 / 2.718, rel=0.06)
