"""Rows of several inputs and targets: sources, splits, hashes and preprocessing by name."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from nnspec.data.folds import tuning_rows
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.rows import Rows
from nnspec.data.sources import read_source
from nnspec.data.splits import data_sha256, load_splits, split_rows
from nnspec.errors import DataError, SpecError
from nnspec.graph.compile import compile_spec
from nnspec.options.validation import read_component
from nnspec.spec import loader
from nnspec.spec.validation_split import ValidationSplit
from tests.small_runs import IMAGES, NAMED_ROWS, WORDS, named, rows, spec


def fitted():
    made = spec(named())
    return FittedPreprocessing.fit(made, load_splits(made).train)


def test_written_rows_are_arrays_by_name():
    train, test, _ = read_source(read_component("source", {"rows": NAMED_ROWS}), None)
    assert train.rows == 6
    assert test.rows == 2
    assert train.inputs["words"].tolist() == WORDS
    assert train.inputs["words"].dtype.kind == train.targets["kind"].dtype.kind == "i"


def test_rows_are_taken_from_each_array():
    train = read_source(read_component("source", {"rows": NAMED_ROWS}), None).train
    few = train.take([4, 1])
    assert few.inputs["image"].tolist() == [IMAGES[4], IMAGES[1]]
    assert few.targets["kind"].tolist() == [1, 1]


def test_validation_rows_are_split_off_each_array():
    raw = read_source(read_component("source", {"rows": NAMED_ROWS}), None)
    splits = split_rows(raw, ValidationSplit(fraction=0.5), 0)
    assert splits.train.inputs["words"].tolist() == WORDS[:3]
    assert splits.validation.targets["kind"].tolist() == [0, 1, 2]


def archive(folder, **arrays):
    np.savez(folder / "a.npz", **arrays)
    names = {"inputs": {"image": "u", "words": "w"}, "targets": "y", "test_targets": "y_test"}
    return read_component("source", {"npz": {"path": "a.npz", **names}})


def test_an_archive_gives_arrays_by_name(tmp_path):
    source = archive(tmp_path, u=np.ones((3, 2)), w=np.arange(3), y=np.ones(3))
    train, test, _ = read_source(source, tmp_path)
    assert train.inputs["image"].shape == (3, 2)
    assert train.inputs["words"].tolist() == [0, 1, 2]
    assert train.targets.shape == (3,)
    assert test is None


def test_an_archive_has_test_rows_where_they_are_named(tmp_path):
    np.savez(
        tmp_path / "a.npz", u=np.ones(3), w=np.ones(3), y=np.ones(3), v=np.ones(2), z=np.ones(2)
    )
    options = {"inputs": {"a": "u", "b": "w"}, "targets": "y", "test_targets": "z"}
    options["test_inputs"] = {"a": "v", "b": "v"}
    source = read_component("source", {"npz": {"path": "a.npz", **options}})
    assert read_source(source, tmp_path).test.rows == 2


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"u": np.ones(3), "w": np.ones(2), "y": np.ones(3)}, "3 rows in u, 2 rows in w and 3"),
        ({"u": np.ones(3), "y": np.ones(3)}, "no array 'w'"),
        (
            dict.fromkeys(["u", "w", "y", "x_test", "y_test"], np.ones(1)),
            "test_inputs: a map with image, words",
        ),
    ],
)  # fmt: skip
def test_arrays_that_do_not_fit_are_an_error(tmp_path, arrays, message):
    with pytest.raises(DataError, match=message):
        read_source(archive(tmp_path, **arrays), tmp_path)


def test_an_input_and_a_target_of_one_name_are_both_checked(tmp_path):
    np.savez(tmp_path / "a.npz", u=np.ones(3), y=np.ones(2))
    options = {"path": "a.npz", "inputs": {"a": "u"}, "targets": {"a": "y"}}
    with pytest.raises(DataError, match="3 rows in u and 2 rows in y"):
        read_source(read_component("source", {"npz": options}), tmp_path)


def test_the_hash_of_single_arrays_is_that_of_types_shapes_and_bytes():
    digest = hashlib.sha256()
    for array in (np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])):
        digest.update(f"{array.dtype.str}{array.shape}".encode() + array.tobytes())
    assert data_sha256(load_splits(spec(rows()))) == digest.hexdigest()


def test_the_hash_tells_names_and_arrays_apart():
    hashes = set()
    for source in (
        {"inputs": {"a": [1], "b": [2]}, "targets": [0]},
        {"inputs": {"b": [1], "a": [2]}, "targets": [0]},
        {"inputs": {"a": [2], "b": [1]}, "targets": [0]},
    ):
        raw = read_source(read_component("source", {"rows": source}), None)
        hashes.add(data_sha256(split_rows(raw, None, 0)))
    assert len(hashes) == 3


def test_each_array_has_its_own_steps():
    train = load_splits(spec(named())).train
    prepared = fitted().apply(train)
    image = np.array(IMAGES)
    expected = (image - image.mean(axis=0)) / image.std(axis=0)
    np.testing.assert_allclose(prepared.inputs["image"], expected)
    assert prepared.inputs["words"] is train.inputs["words"]
    assert prepared.targets["kind"] is train.targets["kind"]
    assert abs(prepared.targets["price"].mean()) < 1e-12


def test_fitted_steps_are_saved_by_name():
    values = json.loads(json.dumps(fitted().plain()))
    assert list(values["inputs"]) == ["image", "words"]
    assert values["inputs"]["words"] == {"rows": 6, "steps": []}
    assert FittedPreprocessing.from_plain(values, spec(named())) == fitted()


def test_steps_of_a_single_array_are_saved_as_before():
    values = {"steps": ["standardize"]}
    made = spec(rows(data={"source": rows()["data"]["source"], "inputs": values["steps"]}))
    plain = FittedPreprocessing.fit(made, load_splits(made).train).plain()
    assert list(plain["inputs"]) == ["rows", "steps"]
    assert plain["targets"] == {"rows": 4, "steps": []}


def test_saved_steps_of_another_spec_are_refused():
    values = fitted().plain()
    other = spec(named(data={**named()["data"], "inputs": {"words": ["standardize"]}}))
    with pytest.raises(ValueError, match="other steps"):
        FittedPreprocessing.from_plain(values, other)


@pytest.mark.parametrize("given", [np.ones((2, 2)), {"image": np.ones((2, 2))}])
def test_arrays_other_than_the_fitted_ones_are_refused(given):
    with pytest.raises(DataError, match="there must be image, words"):
        fitted().prepared("inputs", given)


def test_a_value_that_is_no_number_is_named():
    inputs = {"image": np.array([[1.0, 2], [np.nan, 1]]), "words": np.zeros((2, 3), int)}
    with pytest.raises(DataError, match="row 1 of image, column 0: nan is no number"):
        fitted().prepared("inputs", inputs)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ("{imag: [standardize]}", "s.yaml:4:12: error: the source has no inputs 'imag'.*'image'"),
        ("[standardize]", "s.yaml:4:11: error: the source has several inputs; say which steps"),
        ("{image: [{reshape: [3]}]}", "s.yaml:4:21: error: "),
    ],
)
def test_a_mistake_in_the_steps_is_located(tmp_path, inputs, message):
    text = f"""data:
  source:
    rows: {{inputs: {{image: [[1, 2]], words: [[1]]}}, targets: [1]}}
  inputs: {inputs}
network:
  inputs: {{image: {{}}, words: {{}}}}
  layers: [{{concatenate: {{inputs: [image, words]}}}}]
"""
    path = tmp_path / "s.yaml"
    path.write_text(text)
    with pytest.raises(SpecError, match=f"(?s){message}"):
        compile_spec(loader.load(path))


def test_names_that_only_the_data_tell_are_checked_when_they_are_read():
    made = spec(named(data={**named()["data"], "inputs": {"image": ["standardize"]}}))
    train = Rows({"picture": np.ones((1, 2))}, np.ones(1))
    with pytest.raises(DataError, match="the source has no inputs 'image'"):
        FittedPreprocessing.fit(made, train)


def test_tuning_takes_the_first_rows_of_each_array():
    made = spec(named(tune={"parameters": {"train.epochs": [1]}, "rows": 4, "folds": 2}))
    assert tuning_rows(made, made.tune).inputs["words"].tolist() == WORDS[:4]
