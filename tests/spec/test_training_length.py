"""`train: epochs` and `steps`: one of them is written, and one takes the place of the other."""

import pytest

import nnspec
from nnspec.errors import SpecError
from nnspec.language import writer
from nnspec.spec import loader
from nnspec.spec.loader import build, load_resolved
from nnspec.spec.train_options import TrainOptions

NETWORK = {"input_shape": [2], "layers": [{"dense": 1}]}


def length(spec):
    return spec.train.epochs, spec.train.steps


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ("{epochs: 3, steps: 2}", "spec:2:27: error: train: epochs and steps both say when"),
        ("{epochs: null}", "spec:2:17: error: training has no end: write epochs or steps"),
        ("{steps: 0}", "spec:2:16: error: train: steps must be above 0, not 0"),
        ("{steps: 1.5}", "spec:2:16: error: train: steps must be a whole number"),
        ("{steps_per_epoch: 0}", "spec:2:26: error: train: steps_per_epoch must be above 0"),
        ("{validation_freq: 0}", "spec:2:26: error: train: validation_freq must be above 0"),
        ("{time_budget: 0}", "spec:2:22: error: train: time_budget must be above 0"),
        ("{time_budget: 1 h}", "spec:2:22: error: train: time_budget must be a number"),
    ],
)
def test_refused(train, message):
    with pytest.raises(SpecError) as error:
        nnspec.load("network: {input_shape: [2], layers: [{dense: 1}]}\ntrain: " + train)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("train", [{}, {"epochs": 3}, {"steps": 9}, {"steps": 9, "epochs": None}])
def test_the_resolved_spec_is_read_again(tmp_path, train):
    spec = build({"network": NETWORK, "train": train})
    assert length(spec) == ((None, 9) if "steps" in train else (train.get("epochs", 1), None))
    again = load_resolved(writer.dump(spec.plain()).encode(), tmp_path / "spec.yaml")
    assert again.train == spec.train
    assert length(build(spec.plain())) == length(spec)


@pytest.mark.parametrize(
    ("train", "override", "expected"),
    [
        ("{epochs: 3}", "train.steps=9", (None, 9)),
        ("{steps: 3}", "train.epochs=9", (9, None)),
        ("{epochs: null, steps: 3}", "train.epochs=9", (9, None)),
        ("{epochs: 3}", "train.steps=null", (3, None)),
        ("{epochs: 3}", "train.steps_per_epoch=9", (3, None)),
        ("{}", "train.steps=9", (None, 9)),
    ],
)
def test_an_override_of_one_replaces_the_other(tmp_path, train, override, expected):
    text = f"network: {{input_shape: [2], layers: [{{dense: 1}}]}}\ntrain: {train}\n"
    (tmp_path / "s.yaml").write_text(text)
    assert length(loader.load(tmp_path / "s.yaml", [override])) == expected
    name, _, value = override.partition("=")
    if value != "null":
        assert length(nnspec.load(nnspec.load(text), {name: int(value)})) == expected


def test_two_overrides_of_both_are_refused(tmp_path):
    (tmp_path / "s.yaml").write_text("network: {input_shape: [2], layers: [{dense: 1}]}\n")
    with pytest.raises(SpecError, match=r"replaces what 'train\.epochs=2' has set"):
        loader.load(tmp_path / "s.yaml", ["train.epochs=2", "train.steps=9"])


@pytest.mark.parametrize(
    ("train", "expected"),
    [("{steps: 9}", (None, 9)), ("{epochs: 9}", (9, None)), ("{seed: 1}", (3, None))],
)
def test_a_file_replaces_what_the_one_that_it_extends_says(tmp_path, train, expected):
    base = "network: {input_shape: [2], layers: [{dense: 1}]}\ntrain: {epochs: 3}\n"
    (tmp_path / "base.yaml").write_text(base)
    (tmp_path / "s.yaml").write_text(f"extends: base.yaml\ntrain: {train}\n")
    assert length(loader.load(tmp_path / "s.yaml")) == expected
    assert (tmp_path / "base.yaml").read_text() == base


def test_options_that_are_replaced_keep_the_rest():
    options = TrainOptions(epochs=3, seed=2).replace(epochs=None, steps=5)
    assert (options.epochs, options.steps, options.seed) == (None, 5, 2)
    assert options.replace(seed=4).steps == 5
