"""`nnspec weights import`."""

import json
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.cli.conftest import written
from tests.weight_import.keras_files import functional, write_archive, write_store

DENSE = {"name": "line", "network": {"input_shape": [3], "layers": [{"dense": 4}, {"dense": 2}]}}
FIRST, SECOND = np.arange(12.0).reshape(3, 4), np.arange(8.0).reshape(4, 2)
WEIGHTS = {
    "dense": [FIRST.astype("f4"), np.ones(4, "f4")],
    "dense_1": [SECOND.astype("f4"), np.array([1, -1], "f4")],
}
EXPECTED = (np.array([[1.0, 2, 3]]) @ FIRST + 1) @ SECOND + [1, -1]
BRANCHES = {  # two kernels of one shape, which are told apart by the order of the inputs alone
    "name": "branches",
    "network": {
        "input_shape": [2],
        "layers": [
            {"branches": [[{"dense": {"name": name, "units": 2}}] for name in ("a", "b")]}
        ],
    },
}  # fmt: skip


@pytest.fixture
def line(tmp_path):
    """The file of a spec of two dense layers, and a file of their weights."""
    return written(tmp_path, DENSE), str(write_store(tmp_path / "line.weights.h5", WEIGHTS))


@pytest.fixture
def imported(nnspec, line):
    """A run of imported weights."""
    spec, weights = line
    assert nnspec("weights", "import", weights, "--into", spec).code == 0
    return "runs/line"


def predicted(nnspec, run="runs/line", row="[[1, 2, 3]]"):
    np.save("rows.npy", np.array(json.loads(row)))
    assert nnspec("predict", run, "rows.npy", "-o", "out.npy").code == 0
    return np.load("out.npy")


def refused(nnspec, *arguments):
    """The message of a command that writes nothing."""
    done = nnspec("weights", "import", *arguments)
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert not Path("runs").exists()
    return done.err


def test_weights_of_keras_predict(nnspec, imported):
    np.testing.assert_allclose(predicted(nnspec), EXPECTED)


def test_what_is_printed(nnspec, line):
    done = nnspec("weights", "import", line[1], "--into", line[0])
    assert done.out.splitlines() == [
        "2 layers have weights of line.weights.h5, paired by the order of the layers",
        "parameters 26",
        "runs/line/1",
    ]


def test_json_and_the_files_of_the_run(nnspec, line, tmp_path):
    found = nnspec("weights", "import", line[1], "--into", line[0], "--json").json
    assert found["layers"] == [
        {"layer": "dense", "source": "dense"},
        {"layer": "dense_1", "source": "dense_1"},
    ]
    assert (found["status"], found["initial"], found["unused"]) == ("imported", [], [])
    environment = json.loads((tmp_path / "runs/line/1/environment.json").read_text())
    assert environment["file"] == "line.weights.h5"
    assert environment["file_sha256"] == found["file_sha256"]
    assert (tmp_path / "runs/line/1/history.csv").read_text() == "epoch\n"


def test_the_run_is_selected_and_says_what_it_is(nnspec, imported):
    done = nnspec("weights", "runs/line")
    assert done.out.startswith("epochs 0, updates 0\n\ndense/kernel (3, 4)\n  0  1   2   3\n")
    assert "runs/line/1 has weights imported from line.weights.h5" in done.err


def test_weights_show_is_weights(nnspec, imported):
    shown = nnspec("weights", "show", imported, "--json").json
    assert nnspec("weights", "--json", imported).json == shown


def test_other_commands_on_an_imported_run(nnspec, imported):
    assert "dense" in nnspec("draw", imported).out
    assert nnspec("apply", imported, "--input", "[1, 2, 3]").code == 0
    done = nnspec("evaluate", imported)
    assert (done.code, "the spec has no data section" in done.err) == (2, True)


def test_a_name_of_the_gallery_and_an_unknown_one(nnspec, line):
    assert "the file has no layer left for c1" in refused(nnspec, line[1], "--into", "lenet5")
    assert "did you mean 'lenet5'?" in refused(nnspec, line[1], "--into", "lenet6")


def test_a_weight_of_another_shape_is_refused_by_name(nnspec, line):
    message = refused(nnspec, line[1], "--into", line[0], "network.layers.1.units=7")
    assert "'dense_1' of the file has layers/dense_1/vars/0 of (4, 2)" in message
    assert "dense_1/kernel of the network needs (4, 7) there" in message
    assert "--except NAME" in message


def test_excepted_layers_keep_their_initial_weights(nnspec, line):
    words = (line[1], "--into", line[0], "network.layers.1.units=7", "--except", "dense_1")
    done = nnspec("weights", "import", *words, "--json")
    assert "note: dense_1 of the file is not used" in done.err
    assert (done.json["initial"], done.json["unused"]) == (["dense_1"], ["dense_1"])
    shown = nnspec("weights", "runs/line", "--json").json["weights"]
    np.testing.assert_array_equal(shown["dense/kernel"], FIRST)
    assert np.shape(shown["dense_1/kernel"]) == (4, 7)


def test_a_layer_that_fits_may_be_excepted_too(nnspec, line):
    words = (line[1], "--into", line[0], "--except", "dense_1")
    assert nnspec("weights", "import", *words, "--json").json["initial"] == ["dense_1"]
    shown = nnspec("weights", "runs/line", "--json").json["weights"]
    assert not np.array_equal(shown["dense_1/kernel"], SECOND)


def test_an_unknown_excepted_layer_is_refused(nnspec, line):
    message = refused(nnspec, line[1], "--into", line[0], "--except", "densse_1")
    assert "no layer with weights is called 'densse_1'" in message
    assert "did you mean 'dense_1'?" in message
    assert message.startswith("--except:1:1: error")


def test_a_folder_that_cannot_be_made_is_not_the_fault_of_the_file(nnspec, line):
    message = refused(nnspec, line[1], "--into", line[0], "-o", line[0])
    assert message.startswith("--out:1:1: error: cannot make the folder")


@pytest.mark.parametrize("pattern", ["tail/b", "tail.b", "tail.*", "*b"])
def test_layers_in_groups_are_excepted_by_either_path(nnspec, tmp_path, pattern):
    tail = {"sequential": {"name": "tail", "layers": [{"dense": {"name": "b", "units": 2}}]}}
    spec = {"name": "grouped", "network": {"input_shape": [3], "layers": [{"dense": 4}, tail]}}
    path = written(tmp_path, spec), str(write_store(tmp_path / "line.weights.h5", WEIGHTS))
    done = nnspec("weights", "import", path[1], "--into", path[0], "--except", pattern, "--json")
    assert done.json["initial"] == ["tail/b"]


@pytest.mark.parametrize("words", [(), ("--backend", "numpy", "--precision", "float32")])
def test_an_imported_run_has_no_training_to_go_on_with(nnspec, imported, line, words):
    weights = Path(imported, "1/weights.safetensors")
    before = weights.read_bytes()
    done = nnspec("resume", imported, *words)
    assert (done.code, done.out) == (2, "")
    assert "runs/line/1 has weights imported from line.weights.h5" in done.err
    assert "train.initial_weights=runs/line/1" in done.err
    assert weights.read_bytes() == before


def test_equal_layers_that_nothing_tells_apart_are_refused(nnspec, tmp_path):
    weights = {"dense": [np.eye(2), np.zeros(2)], "dense_1": [2 * np.eye(2), np.zeros(2)]}
    path = write_store(tmp_path / "two.weights.h5", weights)
    message = refused(nnspec, str(path), "--into", written(tmp_path, BRANCHES))
    assert "the file's layer 'dense' could be" in message
    assert "save the whole model" in message


@pytest.mark.parametrize(("order", "expected"), [("ab", [1, 2, 3, 6]), ("ba", [3, 6, 1, 2])])
def test_the_graph_of_a_whole_model_tells_equal_layers_apart(nnspec, tmp_path, order, expected):
    weights = {"dense": [np.eye(2), np.zeros(2)], "dense_1": [3 * np.eye(2), np.zeros(2)]}
    store = write_store(tmp_path / "two.weights.h5", weights)
    config = functional(
        ("InputLayer", "x", []), ("Dense", "a", ["x"]), ("Dense", "b", ["x"]),
        ("Concatenate", "both", list(order)),
    )  # fmt: skip
    path = write_archive(tmp_path / "two.keras", store, config)
    done = nnspec("weights", "import", str(path), "--into", written(tmp_path, BRANCHES), "--json")
    assert done.json["proof"] == "graph"
    assert predicted(nnspec, "runs/branches", "[[1, 2]]").tolist() == [expected]


def test_a_graph_that_is_not_the_network_s_is_refused(nnspec, tmp_path):
    square = {"dense": [np.eye(2), np.zeros(2)], "dense_1": [np.eye(2), np.zeros(2)]}
    store = write_store(tmp_path / "two.weights.h5", square)
    config = functional(("InputLayer", "x", []), ("Dense", "a", ["x"]), ("Dense", "b", ["a"]))
    path = write_archive(tmp_path / "two.keras", store, config)
    message = refused(nnspec, str(path), "--into", written(tmp_path, BRANCHES))
    assert "its graph is another one" in message


def test_a_state_dict_reads_flattened_images_channels_first(nnspec, tmp_path):
    rng = np.random.default_rng(0)
    convolution = {"conv2d": {"filters": 4, "kernel_size": 3}}
    layers = [convolution, "relu", "flatten", {"dropout": 0.5}, {"dense": 5}]
    spec = written(tmp_path, {"name": "t", "network": {"input_shape": [4, 5, 2], "layers": layers}})
    kernel, bias = rng.normal(size=(4, 2, 3, 3)), rng.normal(size=4)
    dense, last = rng.normal(size=(5, 24)), rng.normal(size=5)
    names = {"0.weight": kernel, "0.bias": bias, "4.weight": dense, "4.bias": last}
    tensors = {f"net.{name}": array.astype("f4") for name, array in names.items()}
    counts = {"net.1.num_batches_tracked": np.array(7)}
    save_file({**tensors, **counts}, tmp_path / "t.safetensors")
    assert nnspec("weights", "import", "t.safetensors", "--into", spec).code == 0
    image = rng.normal(size=(4, 5, 2))
    channels_first = image.transpose(2, 0, 1)
    windows = np.lib.stride_tricks.sliding_window_view(channels_first, (3, 3), axis=(1, 2))
    maps = np.einsum("cyxij,fcij->fyx", windows, kernel) + bias[:, None, None]
    expected = dense @ np.maximum(maps, 0).reshape(-1) + last
    found = predicted(nnspec, "runs/t", json.dumps([image.tolist()]))
    np.testing.assert_allclose(found[0], expected, rtol=1e-4, atol=1e-5)


def test_bfloat16_and_float16_are_converted(nnspec, line, tmp_path):
    half = {"0.weight": FIRST.T.copy().astype("f2"), "0.bias": np.ones(4, "f2")}
    save_file(half | {"1.weight": SECOND.T.copy(), "1.bias": np.array([1.0, -1])}, "t.safetensors")
    assert nnspec("weights", "import", "t.safetensors", "--into", line[0]).code == 0
    np.testing.assert_allclose(predicted(nnspec), EXPECTED)
    write_bfloat16(tmp_path / "b.safetensors")
    assert nnspec("weights", "import", "b.safetensors", "--into", line[0]).code == 0
    np.testing.assert_allclose(predicted(nnspec), EXPECTED)


def write_bfloat16(path):
    """The weights as the upper halves of float32, which hold these small numbers."""
    arrays = {"0.weight": FIRST.T, "0.bias": np.ones(4), "1.weight": SECOND.T}
    arrays["1.bias"] = np.array([1, -1])
    header, content = {}, b""
    for name, array in arrays.items():
        data = (np.ascontiguousarray(array, "<f4").view("<u4") >> 16).astype("<u2").tobytes()
        offsets = [len(content), len(content) + len(data)]
        header[name] = {"dtype": "BF16", "shape": list(array.shape), "data_offsets": offsets}
        content += data
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + content)


def test_integers_in_a_state_dict_are_refused(nnspec, line):
    save_file({"0.weight": np.ones((4, 3), "i8")}, "t.safetensors")
    message = refused(nnspec, "t.safetensors", "--into", line[0])
    assert "'0.weight' has numbers of type I64" in message


def test_a_value_that_is_no_number_is_refused(nnspec, line, tmp_path):
    weights = {**WEIGHTS, "dense": [FIRST * np.nan, np.ones(4)]}
    path = write_store(tmp_path / "nan.weights.h5", weights)
    message = refused(nnspec, str(path), "--into", line[0])
    assert "'layers/dense/vars/0' of the file holds a value that is no number" in message


@pytest.mark.parametrize("size", [0, 7, 100, 900, 2000])
def test_a_truncated_file_is_refused(nnspec, line, tmp_path, size):
    cut = tmp_path / "cut.h5"
    cut.write_bytes(Path(line[1]).read_bytes()[:size])
    assert "cut.h5 is" in refused(nnspec, str(cut), "--into", line[0])


def test_a_pickle_is_never_read(nnspec, line, tmp_path):
    (tmp_path / "weights.h5").write_bytes(pickle.dumps({"x": 1}))
    message = refused(nnspec, "weights.h5", "--into", line[0])
    assert "is a pickle, which could run code" in message


def test_archives_folders_and_missing_files(nnspec, line, tmp_path):
    for name in ("x.keras", "pickled.pt"):
        import zipfile

        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("archive/data.pkl" if name == "pickled.pt" else "other", "")
    assert "has no 'config.json'" in refused(nnspec, "x.keras", "--into", line[0])
    assert "is a pickle of torch" in refused(nnspec, "pickled.pt", "--into", line[0])
    assert "Is a directory" in refused(nnspec, ".", "--into", line[0])
    assert "No such file" in refused(nnspec, "none.h5", "--into", line[0])


def test_a_link_to_another_file_is_not_followed(nnspec, line, tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "links.h5", "w") as file:
        file.create_group("layers/dense/vars")["0"] = h5py.ExternalLink(line[1], "layers/dense")
    message = refused(nnspec, "links.h5", "--into", line[0])
    assert "has a link '0', which is not followed" in message


def test_a_group_in_itself_is_refused(nnspec, line, tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "cycle.h5", "w") as file:
        dense = file.create_group("layers/dense")
        dense["inner"] = dense
    assert "or in itself" in refused(nnspec, "cycle.h5", "--into", line[0])


def test_a_file_of_keras_2_has_a_list_of_its_layers(nnspec, line, tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["layer_names"] = [b"input", b"z", b"a"]
        file.create_group("input").attrs["weight_names"] = np.array([], "S1")
        for layer, group in (("z", "dense"), ("a", "dense_1")):
            names = [f"{layer}/kernel:0", f"{layer}/bias:0"]
            file.create_group(layer).attrs["weight_names"] = [name.encode() for name in names]
            for name, array in zip(names, WEIGHTS[group], strict=True):
                file[f"{layer}/{name}"] = array
    done = nnspec("weights", "import", "old.h5", "--into", line[0], "--json")
    assert done.json["layers"][0] == {"layer": "dense", "source": "z"}
    np.testing.assert_allclose(predicted(nnspec), EXPECTED)


def test_a_configuration_without_all_layers_is_no_proof(nnspec, line, tmp_path):
    config = functional(("InputLayer", "x", []), ("Dense", "dense", ["x"]))
    path = write_archive(tmp_path / "part.keras", Path(line[1]), config)
    done = nnspec("weights", "import", str(path), "--into", line[0], "--json")
    assert done.json["proof"] == "order"


def test_a_huge_declared_shape_is_refused_unread(nnspec, line, tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "huge.h5", "w") as file:
        variables = file.create_group("layers/dense/vars")
        variables.create_dataset("0", (1 << 30, 1 << 20), "f4", chunks=(1024, 1024))
        variables["1"] = np.ones(4)
    message = refused(nnspec, "huge.h5", "--into", line[0])
    assert "(1073741824, 1048576)" in message


def test_without_h5py_it_is_said_how_to_install_it(nnspec, line, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert "pip install 'nnspec[hdf5]'" in refused(nnspec, line[1], "--into", line[0])


def test_a_spec_with_data_is_prepared_for(nnspec, tmp_path, line):
    rows = {"inputs": [[0, 2, 4], [2, 4, 6]], "targets": [[1, 2], [3, 4]]}
    data = {"source": {"rows": rows}, "inputs": [{"divide": 2}]}
    extra = {"data": data, "loss": "mean_squared_error", "optimizer": {"sgd": 0.1}}
    spec = written(tmp_path, DENSE | extra)
    assert nnspec("weights", "import", line[1], "--into", spec).code == 0
    np.testing.assert_allclose(predicted(nnspec, row="[[2, 4, 6]]"), EXPECTED)
    assert nnspec("evaluate", "runs/line").code == 0


def test_images_become_rows_of_the_network_s_input(nnspec, tmp_path):
    from PIL import Image

    layers = ["flatten", {"dense": 1}]
    spec = written(tmp_path, {"name": "i", "network": {"input_shape": [2, 2, 3], "layers": layers}})
    path = write_store(tmp_path / "i.weights.h5", {"dense": [np.ones((12, 1)), np.zeros(1)]})
    assert nnspec("weights", "import", str(path), "--into", spec).code == 0
    Image.fromarray(np.full((2, 2, 3), 10, np.uint8)).save("ten.png")
    assert nnspec("predict", "runs/i", "ten.png", "-o", "out.npy").code == 0
    assert np.load("out.npy").tolist() == [[120]]
