"""Graphs on PyTorch: several inputs, outputs and readers, groups, shared weights."""

from __future__ import annotations

import copy
import weakref
from typing import Any

import numpy as np
import pytest

from nnspec.backends.contract import Program, TrainingSetup, batches_of
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import objectives
from nnspec.runs.weight_files import weights_sha256
from nnspec.spec.loader import build
from tests.networks import graph_of, program_of, setup

torch = pytest.importorskip("torch")
from torch.nn import functional  # noqa: E402  (needs torch)

from nnspec.backends.torch import sparse_input_linear  # noqa: E402
from nnspec.backends.torch.layers.normalization import LayerNorm  # noqa: E402
from tests.backends.torch.test_program import REFERENCE, agree, same  # noqa: E402

pytestmark = pytest.mark.framework

ROWS = 6
TOWER = [
    {"conv2d": {"filters": 3, "kernel_size": 3, "padding": "same", "activation": "relu"}},
    {"max_pooling2d": 2},
    "batch_normalization",
    "global_average_pooling2d",
]
PICTURE_AND_WORDS: dict[str, Any] = {
    "network": {
        "inputs": {
            "image": {"shape": [6, 5, 2]},
            "words": {"shape": [4], "dtype": "int32"},
        },
        "layers": [
            {"sequential": {"name": "vision", "inputs": "image", "layers": TOWER}},
            {"embedding": {"name": "tokens", "inputs": "words", "input_dim": 9, "output_dim": 3}},
            {"flatten": {"name": "flat"}},
            {"concatenate": {"name": "trunk", "inputs": ["vision", "flat"]}},
            {"dense": {"name": "price", "units": 1}},
            {"dense": {"name": "kind", "inputs": "trunk", "units": 4, "activation": "softmax"}},
        ],
        "outputs": ["price", "kind"],
    },
    "loss": {"price": "mean_squared_error", "kind": "categorical_crossentropy"},
    "loss_weights": {"price": 0.25},
    "metrics": {"kind": ["accuracy"], "price": ["half_squared_error"]},
    "optimizer": "adam",
}
TWINS: dict[str, Any] = {
    "network": {
        "inputs": {"first": {"shape": [6, 6, 2]}, "second": {"shape": [6, 6, 2]}},
        "layers": [
            {"sequential": {"name": "tower", "inputs": "first", "layers": TOWER}},
            {"shared": {"name": "again", "layer": "tower", "inputs": "second"}},
            {"multiply": {"inputs": ["tower", "again"]}},
            {"dense": {"name": "score", "units": 1}},
        ],
    },
    "loss": "mean_squared_error",
    "optimizer": "adam",
}


def of_sizes(spec: dict[str, Any], **shapes: list[int]) -> dict[str, Any]:
    """A spec with other input shapes."""
    inputs = {name: {**spec["network"]["inputs"][name], "shape": s} for name, s in shapes.items()}
    network = {**spec["network"], "inputs": {**spec["network"]["inputs"], **inputs}}
    return {**spec, "network": network}


def compiled(values: dict[str, Any]) -> tuple[Graph, TrainingSetup]:
    spec = build(values)
    graph = compile_spec(spec)
    return graph, TrainingSetup(objectives(spec, graph), spec.optimizer)


def rows_of(graph: Graph, rows: int = ROWS, seed: int = 0) -> tuple[dict[str, Any], dict[str, Any]]:
    """Random inputs and targets; one-hot where an output is a softmax."""
    draw = np.random.default_rng(seed)
    inputs = {
        name: draw.normal(size=(rows, *spec.shape))
        if spec.is_float
        else draw.integers(0, 9, (rows, *spec.shape))
        for name, spec in graph.inputs.items()
    }
    return inputs, {
        name: _targets(graph, value, rows, draw) for name, value in graph.outputs.items()
    }


def _targets(graph: Graph, value: str, rows: int, draw: np.random.Generator) -> np.ndarray:
    shape = graph.specs[value].shape
    if "softmax" in value:
        return np.eye(shape[-1])[draw.integers(0, shape[-1], rows)]
    return draw.normal(size=(rows, *shape))


def tensors(arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    return {name: torch.tensor(array) for name, array in arrays.items()}


def same_trajectory(values: dict[str, Any], tolerance: float = 1e-10) -> tuple[Program, Program]:
    """Assert that gradients, sums, outputs and weights after 20 updates are the reference's."""
    graph, what = compiled(values)
    reference, program = (program_of(graph, what, name) for name in (REFERENCE, "torch"))
    x, y = rows_of(graph, 17)
    order = batches_of(17, 7) * 7
    y = {each.output: y[each.output] for each in what.objectives}
    pairs = [(each, each.upload(x, y)) for each in (reference, program)]
    expected, found = (each.gradients(rows, order[0]) for each, rows in pairs)
    same(found, expected, tolerance)
    expected, found = (each.train(rows, order[:20]).sums for each, rows in pairs)
    same(found, expected, 1e-12)
    expected, found = (each.evaluate(rows, order[:3]).sums for each, rows in pairs)
    same(found, expected, tolerance)
    same(program.predict_outputs(x), reference.predict_outputs(x), tolerance)
    same(program.weights(), reference.weights(), tolerance)
    return reference, program


# ---------------------------------------------------------------- edges


def test_a_layer_reads_what_it_names() -> None:
    """a(x), then b(x), not b(a(x)): checked by hand."""
    layers = [
        {"dense": {"name": "a", "units": 2, "activation": "tanh"}},
        {"dense": {"name": "b", "units": 3, "inputs": "input"}},
        {"concatenate": {"inputs": ["b", "a"]}},
    ]
    program = program_of(graph_of(layers, (4,)), backend="torch")
    x, w = np.random.default_rng(0).normal(size=(5, 4)), program.weights()
    expected = np.hstack([x @ w["b/kernel"], np.tanh(x @ w["a/kernel"])])
    np.testing.assert_allclose(program.predict(x), expected, rtol=1e-12)


READ_BY_THREE = [
    {"dense": {"name": "trunk", "units": 3, "activation": "tanh"}},
    {"dense": {"name": "a", "units": 3}},
    {"multiply": {"name": "b", "inputs": ["trunk", "a"]}},
    {"maximum": {"name": "c", "inputs": ["trunk", "b"]}},
    {"dense": {"name": "d", "units": 2}},
]


def test_gradients_of_a_value_read_by_three_are_added() -> None:
    graph, what = graph_of(READ_BY_THREE, (4,)), setup("half_squared_error")
    program = program_of(graph, what, "torch")
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(5, 4)), draw.normal(size=(5, 2))
    w = {n: torch.tensor(a, requires_grad=True) for n, a in program.weights().items()}
    trunk = torch.tanh(torch.tensor(x) @ w["trunk/kernel"] + w["trunk/bias"])
    b = trunk * (trunk @ w["a/kernel"] + w["a/bias"])
    p = torch.where(b > trunk, b, trunk) @ w["d/kernel"] + w["d/bias"]
    (0.5 * (p - torch.tensor(y)).square()).mean().backward()
    found = program.gradients(program.upload(x, y), np.arange(5))
    same(found, {name: each.grad.numpy() for name, each in w.items()}, 1e-13)
    agree(graph, what, x, y, 1e-13)


@pytest.mark.parametrize("seed", range(5))
def test_exact_gives_the_same_bits_where_values_have_three_readers(seed: int) -> None:
    wide = {"dense": {"name": "first", "units": 16, "activation": "relu"}}
    graph = graph_of([wide, *READ_BY_THREE], (4,))
    what = setup("mean_squared_error", "adam")
    draw = np.random.default_rng(seed)
    x, y = draw.normal(size=(40, 4)), draw.normal(size=(40, 2))
    digests = set()
    for backend in (REFERENCE, "torch"):
        program = program_of(graph, what, backend, "exact", seed)
        program.train(program.upload(x, y), batches_of(40, 10) * 5)
        digests.add(weights_sha256(program.weights()))
    assert len(digests) == 1


@pytest.mark.parametrize("kind", ["maximum", "minimum"])
def test_the_gradient_of_a_tie_goes_to_the_first(kind: str) -> None:
    layers = [
        *({"prelu": {"name": name, "inputs": "input"}} for name in "abc"),
        {kind: {"inputs": ["b", "a", "c"]}},
    ]
    graph = graph_of(layers, (3,))
    program = program_of(graph, setup("half_squared_error"), "torch")
    x, y = -np.ones((2, 3)), np.ones((2, 3))
    found = program.gradients(program.upload(x, y), np.arange(2))
    assert {name for name, gradient in found.items() if gradient.any()} == {"b/alpha"}
    agree(graph, setup("half_squared_error"), x, y, 1e-15)


def test_the_largest_of_a_channel_is_the_first_of_equal_ones() -> None:
    graph = graph_of([{"prelu": {"alpha_initializer": "ones"}}, "global_max_pooling2d"], (2, 3, 2))
    what = setup("half_squared_error")
    x, y = -np.ones((2, 2, 3, 2)), np.ones((2, 2))
    program = program_of(graph, what, "torch")
    gradient = program.gradients(program.upload(x, y), np.arange(2))["prelu/alpha"]
    assert np.argwhere(gradient).tolist() == [[0, 0, 0], [0, 0, 1]]
    agree(graph, what, x, y, 1e-15)


# ---------------------------------------------------------------- inputs and outputs


def test_two_inputs_and_two_outputs_train_as_the_reference() -> None:
    _, program = same_trajectory(PICTURE_AND_WORDS)
    names = ["loss", "price_loss", "kind_loss", "price_half_squared_error", "kind_accuracy"]
    x, y = rows_of(program.graph)
    assert list(program.evaluate(program.upload(x, y), [np.arange(ROWS)]).sums) == names


class PictureAndWords(torch.nn.Module):
    """The network as a user of torch writes it, on channels-first images."""

    def __init__(self) -> None:
        super().__init__()
        nn = torch.nn
        self.conv2d, self.norm = nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3, eps=1e-3)
        self.tokens, self.price, self.kind = (
            nn.Embedding(9, 3), nn.Linear(15, 1), nn.Linear(15, 4),
        )  # fmt: skip

    def forward(self, image: Any, words: Any) -> dict[str, Any]:
        pooled = functional.max_pool2d(functional.relu(self.conv2d(image.permute(0, 3, 1, 2))), 2)
        trunk = torch.cat([self.norm(pooled).mean((2, 3)), self.tokens(words).flatten(1)], 1)
        return {"price": self.price(trunk), "kind": functional.softmax(self.kind(trunk), -1)}


def test_native_is_what_a_user_of_torch_writes() -> None:
    graph, what = compiled(PICTURE_AND_WORDS)
    program = program_of(graph, what, "torch")
    x, y = rows_of(graph)
    program.train(program.upload(x, y), [np.arange(ROWS)] * 3)
    mine, state = PictureAndWords().double().eval(), program.native.state_dict()
    renamed = {
        name.replace("vision.", "").replace("batch_normalization", "norm"): tensor
        for name, tensor in state.items()
    }
    renamed["norm.num_batches_tracked"] = torch.tensor(0)
    mine.load_state_dict(renamed)
    with torch.no_grad():
        expected, found = mine(**tensors(x)), program.native(**tensors(x))
    for name in ("price", "kind"):
        torch.testing.assert_close(found[name], expected[name], rtol=1e-12, atol=1e-12)
    assert program.native.vision.conv2d.weight.shape == (3, 2, 3, 3)


def test_native_takes_inputs_by_place_and_by_name() -> None:
    program = program_of(*compiled(PICTURE_AND_WORDS), "torch")
    x, native = tensors(rows_of(program.graph)[0]), program.native
    with torch.no_grad():
        expected = native(**x)["price"]
        assert torch.equal(native(*x.values())["price"], expected)
        assert torch.equal(native(x["image"], words=x["words"])["price"], expected)
    for arguments, named in [
        ((x["image"],), {}), ((), {"words": x["words"]}), ((*x.values(), x["words"]), {}),
        ((x["image"],), x), (tuple(x.values()), {"sound": x["words"]}),
    ]:  # fmt: skip
        with pytest.raises(TypeError, match="each of its inputs once"):
            native(*arguments, **named)


def test_predictions_of_no_rows_and_of_many() -> None:
    graph, what = compiled(PICTURE_AND_WORDS)
    program = program_of(graph, what, "torch", "float32")
    for rows in (0, 300):
        found = program.predict_outputs(rows_of(graph, rows)[0])
        assert {name: y.shape for name, y in found.items()} == {
            "price": (rows, 1), "kind": (rows, 4)
        }  # fmt: skip
        assert all(y.dtype == np.float32 for y in found.values())


def test_an_output_without_a_loss_leaves_its_own_weights_as_they_are() -> None:
    spec = {**PICTURE_AND_WORDS, "loss": {"price": "mean_squared_error"}, "metrics": {}}
    _, program = same_trajectory({**spec, "loss_weights": None})
    before = program_of(program.graph, program.setup, "torch").weights()
    np.testing.assert_array_equal(program.weights()["kind/kernel"], before["kind/kernel"])
    assert np.any(program.weights()["price/kernel"] != before["price/kernel"])
    x, y = rows_of(program.graph)
    rows = program.upload(x, {"price": y["price"]})
    assert not program.gradients(rows, np.arange(ROWS))["kind/kernel"].any()


def test_learning_rates_may_be_given() -> None:
    graph = graph_of([{"dense": 2}], (3,))
    x, y = np.random.default_rng(0).normal(size=(4, 3)), np.ones((4, 2))
    for optimizer in ("sgd", "adam", {"sgd": {"learning_rate": 0.5, "weight_decay": 0.1}}):
        programs = [program_of(graph, setup(optimizer=optimizer), b) for b in (REFERENCE, "torch")]
        for each in programs:
            each.train(each.upload(x, y), [np.arange(4)] * 3, [0.0, 0.3, 0.1])
        same(programs[1].weights(), programs[0].weights(), 1e-13)
    still = program_of(graph, setup(), "torch")
    before = still.weights()
    still.train(still.upload(x, y), [np.arange(4)] * 2, [0.0, 0.0])
    assert weights_sha256(still.weights()) == weights_sha256(before)


# ---------------------------------------------------------------- shared weights


def test_shared_weights_train_as_the_reference() -> None:
    same_trajectory(TWINS)


def test_shared_weights_are_one_parameter() -> None:
    program = program_of(*compiled(TWINS), "torch")
    native = program.native
    trained = sum(w.size for _, w in program.graph.weights() if w.trainable)
    assert sum(p.numel() for p in native.parameters()) == trained
    assert not any(name.startswith("again") for name in native.state_dict())
    first, second = tensors(rows_of(program.graph)[0]).values()
    with torch.no_grad():
        assert torch.equal(native(first, second), native(second, first))


def test_shared_weights_of_layers_for_other_sizes() -> None:
    """The padding of a strided convolution depends on the image, so its module does too."""
    strided = {"conv2d": {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same",
                          "use_bias": False}}  # fmt: skip
    network = TWINS["network"]
    tower = {"sequential": {"name": "tower", "inputs": "first", "layers": [strided, *TOWER[1:]]}}
    spec = {**TWINS, "network": {**network, "layers": [tower, *network["layers"][1:]]}}
    _, program = same_trajectory(of_sizes(spec, second=[7, 9, 2]))
    native, x = program.native, tensors(rows_of(program.graph)[0])
    assert native.again.conv2d.weight is native.tower.conv2d.weight
    assert native.again.conv2d.pads != native.tower.conv2d.pads
    trained = sum(w.size for _, w in program.graph.weights() if w.trainable)
    assert sum(p.numel() for p in native.parameters()) == trained
    single = native.to(torch.float32)
    assert single.again.conv2d.weight is single.tower.conv2d.weight
    assert single(**{name: each.float() for name, each in x.items()}).dtype == torch.float32


def test_a_penalty_counts_once_for_a_shared_weight() -> None:
    layers = [
        {"dense": {"name": "a", "units": 3, "kernel_regularizer": {"l2": 0.5}}},
        {"shared": {"layer": "a"}},
    ]
    graph = graph_of(layers, (3,))
    program = program_of(graph, setup("mean_squared_error"), "torch")
    x = np.random.default_rng(0).normal(size=(4, 3))
    loss = program.evaluate(program.upload(x, np.zeros((4, 3))), [np.arange(4)]).results["loss"]
    w, p = program.weights()["a/kernel"], program.predict(x)
    assert loss == pytest.approx((p**2).mean() + 0.5 * (w**2).sum(), rel=1e-12)


def test_a_state_dict_goes_to_another_program_and_back() -> None:
    graph, what = compiled(TWINS)
    first, second = (program_of(graph, what, "torch", seed=seed) for seed in (1, 2))
    assert weights_sha256(first.weights()) != weights_sha256(second.weights())
    second.native.load_state_dict(first.native.state_dict())
    assert weights_sha256(first.weights()) == weights_sha256(second.weights())


def test_a_copy_of_native_has_weights_of_its_own_that_are_shared_in_it() -> None:
    """That of a user: an average of weights, a file, a program that torch exports."""
    program = program_of(*compiled(of_sizes(TWINS, second=[7, 9, 2])), "torch")
    native, x = program.native, tensors(rows_of(program.graph)[0])
    with torch.no_grad():
        expected = native(**x)
        copied = copy.deepcopy(native)
        exported = torch.export.export(native, (), x).module()
        torch.testing.assert_close(exported(**x), expected)
        native.tower.conv2d.weight.zero_()
        assert torch.equal(copied(**x), expected)
        copied.tower.conv2d.weight.zero_()
        assert torch.equal(copied(**x), native(**x))


# ---------------------------------------------------------------- modules


def test_names_in_groups_may_be_those_that_modules_use() -> None:
    group = {"sequential": {"name": "train", "layers": [{"dense": {"name": "type", "units": 2}}]}}
    program = program_of(
        graph_of([group, {"dense": {"name": "forward", "units": 2}}], (3,)), None, "torch"
    )
    assert program.native.train_.type_.weight.shape == (2, 3)
    assert program.native.forward_.weight.shape == (2, 2)


def test_values_are_freed_after_their_last_reader() -> None:
    """While the last layer computes, only its input is alive."""
    layers = [{"dense": {"name": name, "units": 3}} for name in "abc"]
    residual = [*layers, {"add": {"name": "d", "inputs": ["a", "c"]}}, {"dense": 2}]
    native = program_of(graph_of(residual, (3,)), backend="torch").native
    seen: dict[str, weakref.ref[Any]] = {}
    for name in "abcd":
        native.get_submodule(name).register_forward_hook(
            lambda _, __, y, name=name: seen.update({name: weakref.ref(y)})
        )
    alive: list[set[str]] = []
    for name in ("c", "dense"):
        native.get_submodule(name).register_forward_pre_hook(
            lambda *_: alive.append({name for name, each in seen.items() if each() is not None})
        )
    with torch.inference_mode():
        native(torch.zeros(2, 3, dtype=torch.float64))
    assert alive == [{"a", "b"}, {"d"}]


def test_layer_normalization_is_torchs_own_on_the_last_axes() -> None:
    def module_of(**options: Any) -> Any:
        graph = graph_of([{"layer_normalization": options}], (3, 2, 4))
        return program_of(graph, backend="torch").native.layer_normalization

    assert type(module_of()) is torch.nn.LayerNorm
    assert type(module_of(axis=[2, 3], center=False)) is torch.nn.LayerNorm
    assert type(module_of(scale=False, center=False)) is torch.nn.LayerNorm
    assert type(module_of(axis=1)) is LayerNorm
    assert type(module_of(scale=False)) is LayerNorm


@pytest.mark.parametrize("axis", [1, 2, [1, 3], [2, 3], -1])
@pytest.mark.parametrize(("center", "scale"), [(True, False), (False, True), (True, True)])
def test_layer_normalization_over_any_axes(axis: Any, center: bool, scale: bool) -> None:
    options = {
        "axis": axis, "center": center, "scale": scale,
        "beta_initializer": "random_normal", "gamma_initializer": "random_normal",
    }  # fmt: skip
    graph = graph_of(["prelu", {"layer_normalization": options}, {"dense": 2}], (3, 2, 4))
    draw = np.random.default_rng(0)
    agree(graph, setup(), draw.normal(size=(4, 3, 2, 4)), draw.normal(size=(4, 3, 2, 2)), 1e-11)


def test_dense_layers_on_inputs_skip_columns_of_zeros(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that read a network input as it is, in any shape; no others."""
    monkeypatch.setattr(sparse_input_linear, "MIN_KERNEL_SIZE", 1)
    layers = [
        {"flatten": {"name": "flat", "inputs": "a"}},
        {"dense": {"name": "first", "units": 2}},
        {"dense": {"name": "second", "units": 2, "inputs": "flat"}},
        {"dense": {"name": "third", "units": 2, "inputs": "b"}},
        {"dense": {"name": "places", "units": 2, "inputs": "a"}},
        {"flatten": {"name": "all"}},
        {"dense": {"name": "fourth", "units": 2}},
        {"concatenate": {"inputs": ["first", "second", "third", "fourth"]}},
    ]
    inputs = {"a": {"shape": [2, 5]}, "b": {"shape": [8]}}
    values = {"network": {"inputs": inputs, "layers": layers}, "loss": "mean_squared_error"}
    graph, what = compiled({**values, "optimizer": {"sgd": {"learning_rate": 0.1}}})
    x, y = rows_of(graph)
    x["a"][:, 0] = 0
    x["b"][:3, 1:] = 0
    batches = [np.arange(3), np.arange(3, 6)]
    reference, program = (program_of(graph, what, name) for name in (REFERENCE, "torch"))
    rows = program.upload(x, y)
    chosen = [
        {n: c.tolist() for n, c in each.items()} for each in rows.selection.of_batches(batches)
    ]
    half = {"first": [5, 6, 7, 8, 9], "second": [5, 6, 7, 8, 9]}
    assert chosen == [{**half, "third": [0]}, half]
    expected = reference.train(reference.upload(x, y), batches * 3)
    same(program.train(rows, batches * 3).sums, expected.sums, 1e-12)
    same(program.weights(), reference.weights(), 1e-12)


# ---------------------------------------------------------------- a residual network


def _block(filters: int, stride: int) -> dict[str, Any]:
    """A residual block of two 3x3 convolutions; a 1x1 one where the shape changes."""

    def convolution(size: int, strides: int = 1) -> dict[str, Any]:
        return {"conv2d": {"filters": filters, "kernel_size": size, "strides": strides,
                           "padding": "same", "use_bias": False}}  # fmt: skip

    shortcut = [convolution(1, stride), "batch_normalization"] if stride > 1 else []
    layers = [
        convolution(3, stride),
        "batch_normalization",
        "relu",
        convolution(3),
        "batch_normalization",
    ]
    residual = {"residual": {"layers": layers, "shortcut": shortcut}}
    return {"sequential": [residual, "relu"]}


def resnet() -> list[Any]:
    """ResNet-18 with 4 to 16 channels."""
    stem = {"conv2d": {"filters": 4, "kernel_size": 3, "padding": "same", "use_bias": False}}
    blocks = [_block(f, 2 if f > 4 and not i else 1) for f in (4, 8, 12, 16) for i in range(2)]
    head = ["global_average_pooling2d", {"dense": {"units": 3, "activation": "softmax"}}]
    return [stem, "batch_normalization", "relu", *blocks, *head]


def test_a_residual_network_trains_as_the_reference() -> None:
    graph = graph_of(resnet(), (12, 12, 3))
    what = setup("categorical_crossentropy", "adam", ["accuracy"])
    draw = np.random.default_rng(0)
    x, y = draw.normal(size=(20, 12, 12, 3)), np.eye(3)[draw.integers(0, 3, 20)]
    order = batches_of(20, 10) * 10
    for precision in ("float64", "exact"):
        reference, program = (program_of(graph, what, b, precision) for b in (REFERENCE, "torch"))
        expected = reference.train(reference.upload(x, y), order).sums["loss"]
        found = program.train(program.upload(x, y), order).sums["loss"]
        np.testing.assert_allclose(found, expected, rtol=1e-12)
        same(program.weights(), reference.weights(), 1e-10)
        if precision == "exact":
            assert weights_sha256(program.weights()) == weights_sha256(reference.weights())
