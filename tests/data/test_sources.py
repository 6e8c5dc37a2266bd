"""Sources: rows in the spec, MNIST, and intact or damaged NumPy archives."""

import numpy as np
import pytest

from nnspec.data.sources import read_source, read_unlabelled
from nnspec.data.splits import load_splits
from nnspec.errors import DataError, SpecError
from nnspec.graph.compile import compile_spec
from nnspec.lint.rules import advise
from nnspec.options.validation import read_component as component
from nnspec.training.session import TrainingSession
from tests.small_runs import rows, spec


def raw(source, folder):
    return read_source(component("source", source), folder)


def saved(folder, **arrays):
    np.savez(folder / "data.npz", **arrays)
    return {"npz": "data.npz"}


def test_mnist_takes_the_first_rows(tmp_path):
    train, test, _ = raw({"mnist": {"train_rows": 3, "test_rows": 2}}, tmp_path)
    assert train.inputs.shape == (3, 28, 28)
    assert train.targets.tolist() == [5, 0, 4]
    assert test.targets.tolist() == [7, 2]


def test_rows_in_the_spec(tmp_path):
    source = {"inputs": [[1, 2], [3, 4]], "targets": [0.5, 1]}
    train, test, _ = raw({"rows": source}, tmp_path)
    assert train.inputs.tolist() == [[1, 2], [3, 4]]
    assert train.inputs.dtype.kind == "i"
    assert train.targets.dtype == np.float64
    assert test is None


def test_rows_with_test_rows(tmp_path):
    source = {"inputs": [1, 2], "targets": [1, 2], "test": {"inputs": [3], "targets": [4]}}
    assert raw({"rows": source}, tmp_path).test.targets.tolist() == [4]


def test_whole_numbers_without_bounds_are_refused(tmp_path):
    with pytest.raises(SpecError, match="numbers below 2"):
        raw({"rows": {"inputs": [10**30], "targets": [1]}}, tmp_path)


def test_an_archive_with_and_without_test_rows(tmp_path):
    arrays = {"x_train": np.ones((3, 2)), "y_train": np.arange(3)}
    assert raw(saved(tmp_path, **arrays), tmp_path).test is None
    both = saved(tmp_path, **arrays, x_test=np.zeros((1, 2)), y_test=np.zeros(1))
    assert raw(both, tmp_path).test.rows == 1


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"x_train": np.ones(3)}, "no array 'y_train'"),
        ({"x_train": np.ones(3), "y_train": np.ones(2)}, "3 rows in x_train and 2 rows in y_train"),
        ({"x_train": np.ones(0), "y_train": np.ones(0)}, "0 rows in x_train and 0 rows in y_train"),
        ({"x_train": np.array(["a"]), "y_train": np.ones(1)}, "x_train in data.npz .* not text"),
        ({"x_train": np.array(1.0), "y_train": np.ones(1)}, "a single number; it needs rows"),
        ({"x_train": np.ones(1, complex), "y_train": np.ones(1)}, "not complex numbers"),
        (
            {"x_train": np.ones(1), "y_train": np.ones(1, "g")},
            "floats of more than 64 bits",
        ),
        ({"x_train": np.array([{}], object), "y_train": np.ones(1)}, "no intact file"),
    ],
)
def test_an_archive_without_valid_arrays_is_an_error(tmp_path, arrays, message):
    with pytest.raises(DataError, match=message):
        raw(saved(tmp_path, **arrays), tmp_path)


def test_test_rows_have_the_shape_of_training_rows(tmp_path):
    arrays = {"x_train": np.ones((3, 2)), "y_train": np.arange(3)}
    source = saved(tmp_path, **arrays, x_test=np.ones((1, 4)), y_test=np.ones(1))
    message = r"a test row of x_test is \(4\), and a training row of x_train \(2\)"
    with pytest.raises(DataError, match=message):
        raw(source, tmp_path)


def test_test_inputs_without_targets_can_be_predicted_alone(tmp_path):
    test = np.array([[1.0], [2.0]])
    np.savez(tmp_path / "data.npz", x_train=np.eye(2), y_train=np.ones(2), x_test=test)
    source = component("source", {"npz": "data.npz"})
    assert read_source(source, tmp_path).test is None
    assert (read_unlabelled(source, tmp_path) == test).all()


def test_a_damaged_byte_is_a_data_error_or_harmless(tmp_path):
    source = saved(tmp_path, x_train=np.ones((50, 3)), y_train=np.ones(50))
    path = tmp_path / "data.npz"
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            train = raw(source, tmp_path).train
        except DataError:
            continue
        assert train.rows == 50  # the damaged byte is not read
    for size in (0, 1, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(DataError):
            raw(source, tmp_path)


@pytest.mark.parametrize("name", ["missing.npz", ".", "a\0b", "data.npy"])
def test_a_path_that_is_no_archive_is_an_error(tmp_path, name):
    np.save(tmp_path / "data.npy", np.ones(3))
    with pytest.raises(DataError):
        raw({"npz": name}, tmp_path)


def test_an_error_of_the_source_is_located_in_the_spec(tmp_path):
    from nnspec.spec.loader import load as load_spec

    path = tmp_path / "s.yaml"
    path.write_text(
        "data:\n  source: {npz: none.npz}\nnetwork: {input_shape: 1, layers: [flatten]}\n"
    )
    with pytest.raises(DataError, match=r"s.yaml:2:\d+: error: cannot read"):
        load_splits(load_spec(path))


def test_a_spec_without_data_is_an_error():
    values = rows()
    del values["data"]
    values["network"]["input_shape"] = [2]
    with pytest.raises(DataError, match="no data section"):
        load_splits(spec(values))


def test_a_path_from_the_home_folder_is_read_everywhere(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    arrays = {"x_train": np.ones((4, 2)), "y_train": np.ones(4), "x_test": np.ones((2, 2))}
    np.savez(tmp_path / "d.npz", **arrays)
    made = spec(rows(data={"source": {"npz": "~/d.npz"}}, expect={"test": {"loss": 1}}))
    assert load_splits(made).train.rows == 4
    assert "incomplete-test" in [one.code for one in advise(made, compile_spec(made))]
    with pytest.raises(SpecError, match="the source lacks y_test beside x_test"):
        TrainingSession.prepare(made)
