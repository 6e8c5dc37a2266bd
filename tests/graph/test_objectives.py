"""Losses, weights and metrics of each output, and the names under which they are reported."""

from __future__ import annotations

import pytest

from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.graph.objectives import objectives, reported_names
from nnspec.spec.loader import build

KIND = {"name": "kind", "units": 3, "activation": "softmax", "inputs": "input"}
TWO = [{"dense": {"name": "price", "units": 1}}, {"dense": KIND}]
SMOOTH = {"binary_crossentropy": {"label_smoothing": 0.1}}


def spec_of(outputs=("price", "kind"), layers=TWO, **sections):
    network = {"input_shape": 4, "layers": layers}
    return build({"network": {**network, **({"outputs": outputs} if outputs else {})}, **sections})


def made(**sections):
    spec = spec_of(**sections)
    return objectives(spec, compile_spec(spec))


def message(**sections):
    with pytest.raises(SpecError) as caught:
        made(**sections)
    return " / ".join(problem.message for problem in caught.value.problems)


def test_each_output_has_its_loss_weight_and_metrics():
    found = made(
        loss={"kind": "categorical_crossentropy", "price": "mean_squared_error"},
        loss_weights={"price": 0.5},
        metrics={"kind": ["accuracy"]},
    )
    assert [(o.output, o.loss.kind, o.weight) for o in found] == [
        ("price", "mean_squared_error", 0.5),
        ("kind", "categorical_crossentropy", 1.0),
    ]
    assert reported_names(found) == ("loss", "price_loss", "kind_loss", "kind_accuracy")


def test_the_only_output_needs_no_name():
    found = made(
        outputs=None, layers=TWO[1:], loss="categorical_crossentropy", metrics=["accuracy"]
    )
    assert reported_names(found) == ("loss", "accuracy")
    assert found[0].path == ("loss",)
    assert found[0].metrics[0].path == ("metrics", 0)


def test_the_only_output_may_have_its_name():
    found = made(
        outputs=None, layers=TWO[1:], loss={"kind": SMOOTH}, metrics={"kind": ["accuracy"]}
    )
    assert reported_names(found) == ("loss", "accuracy")
    assert (found[0].path, found[0].metrics[0].path) == (("loss", "kind"), ("metrics", "kind", 0))


def test_an_output_without_a_loss_is_not_trained():
    assert [o.output for o in made(loss={"kind": "categorical_crossentropy"})] == ["kind"]


def test_metrics_of_one_kind_are_numbered_or_named():
    metrics = ["binary_crossentropy", SMOOTH, {"binary_crossentropy": {"name": "plain"}}]
    found = made(outputs=None, layers=TWO[1:], loss="categorical_crossentropy", metrics=metrics)
    assert reported_names(found)[1:] == ("binary_crossentropy", "binary_crossentropy_1", "plain")


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({"loss": "mean_squared_error"}, "the network has 2 outputs; say which loss each has"),
        ({"loss": {"size": "mean_squared_error"}}, "the network has no output 'size'"),
        ({"loss": {"price": "mean_squared_error"}, "metrics": {"kind": ["accuracy"]}},
         "the output 'kind' has no loss"),
        ({"loss": {"price": "mean_squared_error"}, "loss_weights": {"kind": 1}},
         "the output 'kind' has no loss"),
        ({"loss": {"price": "mean_squared_error"}, "metrics": ["accuracy"]},
         "the network has 2 outputs; say which metrics each has"),
        ({"loss": {"price": {"mean_squared_error": {"name": "x"}}}},
         "only a metric has a name; the loss is reported as `loss`"),
        ({"loss": {"price": "mean_squared_error"},
          "metrics": {"price": ["accuracy", {"accuracy": {"name": "accuracy"}},
                                {"accuracy": {"name": "a"}},
                                {"mean_squared_error": {"name": "a"}}]}},
         "the name 'price_a' is taken / the name 'price_a' is taken"),
        ({"outputs": None, "layers": TWO[1:], "loss": "mean_squared_error",
          "metrics": [{"accuracy": {"name": "seconds"}}]},
         "the name 'seconds' is taken"),
        ({"outputs": None, "layers": TWO[1:], "loss": "mean_squared_error",
          "metrics": ["accuracy", {"accuracy": {"name": "val_loss"}}]},
         "the name 'val_loss' is taken"),
        ({"outputs": {"val": "price", "kind": "kind"},
          "loss": {"val": "mean_squared_error", "kind": "categorical_crossentropy"}},
         "an output cannot be called 'val'"),
        ({"loss": {"mean_squared_errors": {"x": 1}}}, "there is no loss 'mean_squared_errors'"),
        ({"loss": {"price": "mean_squared_error"}, "expect": {"test": {"price_los": 1}}},
         "expect: the run has no figure 'price_los'"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence(sections, expected):
    assert message(**sections) == expected


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a b", "a\n", "1", "a.", "x" * 101])
def test_an_output_has_a_name_that_a_file_can_have(name):
    with pytest.raises(SpecError, match="must be names of letters"):
        spec_of(outputs={name: "price"})


@pytest.mark.parametrize("name", ["", "a b", "a\n", "a.b", "x" * 101])
def test_a_metric_has_a_name_that_a_column_can_have(name):
    with pytest.raises(SpecError, match="name must be letters"):
        spec_of(outputs=None, metrics=[{"accuracy": {"name": name}}])
