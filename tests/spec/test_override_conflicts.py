"""Overrides that set one value twice."""

import json

import pytest

from nnspec.errors import SpecError
from nnspec.spec.loader import load
from tests.small_runs import rows

LAYERS = [{"dense": {"name": "a", "units": 4}}, {"dense": {"units": 1, "activation": "sigmoid"}}]


@pytest.fixture
def spec(tmp_path):
    values = rows(network={"layers": LAYERS}, optimizer={"sgd": 0.1}, vars={"n": 1})
    (tmp_path / "x.yaml").write_text(json.dumps(values))
    return tmp_path / "x.yaml"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("train.epochs=2", "train.epochs=3"), ("train.epochs=2", "train.epochs=2"),
        ("train={seed: 2}", "train.seed=7"), ("train.seed=7", "train={seed: 2}"),
        ("network.layers.0.units=9", "network.layers.0.dense.units=8"),
        ("network.layers.0.units=9", "network.layers.a.units=8"),
        ("network.layers.a.units=9", "network.layers.a={dropout: 0.5}"),
        ("optimizer.sgd.momentum=0.9", "optimizer=adam"), ("optimizer=sgd", "optimizer=adam"),
        ("optimizer.sgd=0.2", "optimizer.sgd.learning_rate=0.3"), ("vars.n=2", "vars={}"),
        ("metrics=[]", "metrics=[accuracy]"),
        ("data.source.rows.inputs.0.0=5", "data.source.rows.inputs.0=[1, 2]"),
    ],
)  # fmt: skip
def test_one_value_is_set_once(spec, first, second):
    with pytest.raises(SpecError) as raised:
        load(spec, [first, second])
    (problem,) = raised.value.problems
    assert problem.message == f"{second!r} replaces what {first!r} has set"


@pytest.mark.parametrize(
    "overrides",
    [
        ["optimizer=adam", "optimizer.adam.learning_rate=0.2"],
        ["optimizer.sgd=0.2", "optimizer.sgd.momentum=0.9"],
        ["train={epochs: 3}", "train.seed=4"], ["train={}", "train.seed=4"],
        ["network.layers.0=dense", "network.layers.0.units=3"],
        ["optimizer={adam: null}", "optimizer.adam.learning_rate=0.2"],
        ["network.layers.0.units=3", "network.layers.1.units=1"],
        ["data.source.rows.inputs.0=[1, 2]", "data.source.rows.inputs.1=[1, 2]"],
    ],
)  # fmt: skip
def test_values_beside_each_other_are_set(spec, overrides):
    load(spec, overrides)
