"""Backpropagation by formulas against finite differences, every backend and worked examples."""

import numpy as np
import pytest

from nnspec.analysis.activations import output
from nnspec.analysis.backprop import layers, losses
from nnspec.analysis.backprop.check import check_backprop
from nnspec.analysis.backprop.trace import backprop as trace
from nnspec.analysis.backprop.trace import without_noise
from nnspec.backends.contract import TrainingSetup
from nnspec.components.optimizers.sgd import SGD
from nnspec.compute import ComputeConfig
from nnspec.errors import Document, SpecError
from nnspec.graph.compile import compile_spec
from nnspec.graph.lower import lower
from nnspec.graph.objectives import Objective, objectives
from nnspec.language.reader import parse
from nnspec.options import registry
from nnspec.options.validation import read_component
from nnspec.randomness.initial_weights import initial_weights
from nnspec.runs.weights import NetworkWithWeights
from nnspec.spec.loader import build
from tests.layer_examples import EXAMPLES, IDS
from tests.networks import OUTPUT, away_from_kinks, graph_of, program_of

NEEDS = {"numpy": "numpy", "numpy:reference": "numpy", "torch": "torch", "keras": "keras"}
CASES = {
    "linear": (["linear"], "half_squared_error"),
    "sigmoid": (["sigmoid", "sigmoid"], "half_squared_error"),
    "tanh": (["tanh", "linear"], "mean_squared_error"),
    "relu": (["relu", "relu", "linear"], "mean_squared_error"),
    "leaky": (["leaky_relu", "softmax"], "mean_squared_error"),
    "prelu": ([{"prelu": {"alpha_initializer": {"constant": 0.2}}}, "tanh"], "half_squared_error"),
    "classes": (["tanh", "softmax"], "categorical_crossentropy"),
    "classes by probabilities": (["softmax", "sigmoid"], "categorical_crossentropy"),
    "smoothed": (["relu", "softmax"], {"categorical_crossentropy": {"label_smoothing": 0.2}}),
    "index": (["sigmoid", "softmax"], "sparse_categorical_crossentropy"),
    "binary": (["tanh", "sigmoid"], "binary_crossentropy"),
    "binary by probabilities": (
        ["tanh", "softmax"],
        {"binary_crossentropy": {"label_smoothing": 0.1}},
    ),
}
IMAGES = [
    {"conv2d": {"filters": 4, "kernel_size": [2, 3], "padding": "same", "activation": "tanh"}},
    {"max_pooling2d": {"pool_size": 3, "strides": 2, "padding": "same"}},
    {"conv2d": {"filters": 4, "kernel_size": 2, "dilation_rate": 2, "groups": 2}},
    {"average_pooling2d": {"pool_size": 2, "strides": 1, "padding": "same"}},
    {"dropout": 0.5},
    "flatten",
    {"dense": {"units": 4, "kernel_regularizer": {"orthogonal": 0.5}}},
    {"dense": {"units": 3, "kernel_regularizer": {"l1_l2": {"l1": 0.1, "l2": 0.2}}}},
]


def backprop(graph, loss, weights, x, y):
    """The pass of one row through a network with one input and one output."""
    objective = Objective(OUTPUT, loss)
    return trace(graph, [objective], weights, {graph.input: x}, {OUTPUT: y})


def dense(*activations, units=3):
    return [{"dense": {"units": units, "activation": one}} for one in activations]


def target(loss, units=3):
    return np.array(1.0) if loss.targets == "class_numbers" else np.eye(units)[1]


def weights_of(graph, seed=0):
    """Weights with biases that are not 0, and variances above it."""
    random = np.random.default_rng(seed)
    drawn = {name: random.normal(size=w.shape) for name, w in graph.weights()}
    return {n: abs(w) if n.endswith("moving_variance") else w for n, w in drawn.items()}


def backend_gradients(backend, graph, loss, weights, x, y):
    pytest.importorskip(NEEDS[backend])
    program = program_of(graph, TrainingSetup((Objective(OUTPUT, loss),), SGD()), backend)
    program.set_weights(weights)
    return program.gradients(program.upload(x[None], y[None]), np.arange(1))


def assert_same(found, expected, rel=1e-12):
    assert found.keys() == expected.keys()
    scale = max(np.abs(g).max() for g in expected.values()) or 1.0
    for name, gradient in expected.items():
        assert found[name].shape == gradient.shape
        assert found[name] == pytest.approx(gradient, abs=rel * scale), name


@pytest.mark.parametrize("backend", NEEDS)
@pytest.mark.parametrize("case", CASES)
def test_gradients_are_those_of_every_backend(case, backend):
    activations, written = CASES[case]
    loss, graph = read_component("loss", written), graph_of(dense(*activations), (4,))
    weights, x, y = weights_of(graph), away_from_kinks((4,)), target(loss)
    found = backprop(graph, loss, weights, x, y)
    assert_same(found.gradients, backend_gradients(backend, graph, loss, weights, x, y))


@pytest.mark.parametrize("backend", NEEDS)
def test_images_penalties_and_layers_without_noise(backend):
    loss, graph = (
        read_component("loss", "mean_squared_error"),
        without_noise(graph_of(IMAGES, (7, 6, 2))),
    )
    assert "dropout" not in [node.name for node in graph.nodes]
    weights, x, y = weights_of(graph), away_from_kinks((7, 6, 2)), np.arange(3.0)
    found = backprop(graph, loss, weights, x, y)
    assert_same(found.gradients, backend_gradients(backend, graph, loss, weights, x, y))


@pytest.mark.parametrize("case", CASES)
def test_gradients_are_finite_differences_of_the_loss(case):
    activations, written = CASES[case]
    loss, graph = read_component("loss", written), graph_of(dense(*activations), (4,))
    weights, x, y = weights_of(graph, 1), away_from_kinks((4,), 1), target(loss)
    found = backprop(graph, loss, weights, x, y).gradients
    for name, array in weights.items():
        for index in np.ndindex(array.shape):
            low, high = (
                backprop(graph, loss, {**weights, name: _shifted(array, index, by)}, x, y).loss
                for by in (-1e-6, 1e-6)
            )
            assert found[name][index] == pytest.approx((high - low) / 2e-6, abs=1e-7)


def _shifted(array, index, by):
    shifted = array.copy()
    shifted[index] += by
    return shifted


WITHOUT_FORMULA = {
    "dot", "glu", "group_normalization", "layer_normalization", "local_response_normalization",
    "rms_normalization", "unit_normalization",
    *(f"global_max_pooling{rank}d" for rank in (1, 2, 3)),
    *(f"conv{rank}d_transpose" for rank in (1, 2, 3)),
    *(f"up_sampling{rank}d" for rank in (1, 2, 3)),
    *(f"{kind}_conv{rank}d" for kind in ("depthwise", "separable") for rank in (1, 2)),
}  # fmt: skip


@pytest.mark.parametrize(("cls", "example"), EXAMPLES, ids=IDS)
def test_each_layer_with_a_formula_agrees_on_its_examples(cls, example):
    """A dense layer stands before each input, so that its gradient is tested too."""
    if cls.kind in WITHOUT_FORMULA:
        assert not layers.has_formula(read_component("layer", {cls.kind: example.options}))
        return
    if cls.kind == "embedding":
        return  # its input has no gradient; see `test_a_word_that_stands_twice`
    before, names = [], []
    for number, spec in enumerate(example.inputs):
        units = int(np.prod(spec.shape))
        names.append(f"x{number}")
        before.append({"dense": {"units": units, "inputs": "input"}})
        before.append({"reshape": {"target_shape": list(spec.shape), "name": names[-1]}})
    layer = {cls.kind: {**example.options, "inputs": names}}
    found, expected = traced([*before, layer, "flatten", {"dense": 2}])
    assert_same(found, expected)


def traced(written, shape=(3,)):
    """The gradients by formulas, and those of the reference engine."""
    loss = read_component("loss", "half_squared_error")
    graph = without_noise(lower(graph_of(written, shape)))
    weights, x, y = weights_of(graph), away_from_kinks(shape), np.array([0.5, -2.0])
    assert all(layers.has_formula(node.layer) for node in graph.nodes)
    found = backprop(graph, loss, weights, x, y).gradients
    return found, backend_gradients("numpy:reference", graph, loss, weights, x, y)


@pytest.mark.parametrize("cls", registry.classes("loss"), ids=lambda cls: cls.kind)
def test_each_loss_has_its_formulas(cls):
    assert losses.has_formula(cls())
    fused = losses.fused_loss_formula.dispatch(cls) is not losses.fused_loss_formula.dispatch(
        object
    )
    assert fused == (cls.fuses_with is not None)


LOSSES = [
    (cls.kind, options, activation)
    for cls in registry.classes("loss")
    for options in cls.examples
    for activation in (["linear"] if "from_logits" in options else ["sigmoid", "softmax"])
]


@pytest.mark.parametrize(("kind", "options", "activation"), LOSSES)
def test_formulas_of_losses_agree_with_the_reference(kind, options, activation):
    loss, graph = read_component("loss", {kind: options}), graph_of(dense(activation), (4,))
    weights, x, y = weights_of(graph), away_from_kinks((4,)), target(loss)
    found = backprop(graph, loss, weights, x, y)
    expected = backend_gradients("numpy:reference", graph, loss, weights, x, y)
    assert_same(found.gradients, expected)


def test_layers_of_a_worked_example():
    """Two inputs, two sigmoids, one linear output, computed by hand."""
    graph = graph_of([*dense("sigmoid", units=2), {"dense": 1}], (2,))
    weights = {
        "dense/kernel": np.array([[0.5, -1.0], [-0.2, 0.3]]),
        "dense/bias": np.array([0.1, 0.0]),
        "dense_1/kernel": np.array([[0.7], [-0.4]]),
        "dense_1/bias": np.array([0.2]),
    }
    loss = read_component("loss", "half_squared_error")
    found = backprop(graph, loss, weights, np.array([1.0, 2.0]), np.array([1.0]))
    hidden, last = found.layers
    a1, a2 = 1 / (1 + np.exp(-0.2)), 1 / (1 + np.exp(0.4))
    out = 0.2 + 0.7 * a1 - 0.4 * a2
    assert (hidden.k, last.k) == (2, 3)
    assert hidden.z == pytest.approx([0.2, -0.4])
    assert hidden.a == pytest.approx([a1, a2])
    assert last.z == last.a == pytest.approx([out])
    assert found.loss == pytest.approx((1 - out) ** 2 / 2)
    delta = -(1 - out)
    assert last.delta == pytest.approx([delta])
    hidden_delta = [0.7 * delta * a1 * (1 - a1), -0.4 * delta * a2 * (1 - a2)]
    assert hidden.delta == pytest.approx(hidden_delta)
    assert last.gradients["dense_1/kernel"][:, 0] == pytest.approx([delta * a1, delta * a2])
    assert hidden.gradients["dense/kernel"][1] == pytest.approx(2 * np.array(hidden_delta))
    assert hidden.gradients["dense/bias"] == pytest.approx(hidden_delta)


@pytest.mark.parametrize(
    ("activation", "moves"),
    [
        ("tanh", {"dense_2/bias"}),
        ("relu", {"dense_2/bias"}),
        ("sigmoid", {"dense_2/bias", "dense_2/kernel"}),
    ],
)
def test_all_weights_0_leave_nearly_every_weight_where_it_is(activation, moves):
    """The gradient is 0 but for the output's bias; with g(0) = 1/2 also the output's weights."""
    graph = graph_of(dense(activation, activation, "softmax"), (4,))
    weights = {name: np.zeros(w.shape) for name, w in graph.weights()}
    loss = read_component("loss", "categorical_crossentropy")
    found = backprop(graph, loss, weights, np.array([1.0, -2.0, 0.5, 3.0]), np.eye(3)[0])
    assert {name for name, gradient in found.gradients.items() if gradient.any()} == moves


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_neurons_that_start_equal_stay_equal(activation):
    graph = graph_of([*dense(activation, activation), {"dense": 1}], (4,))
    weights = {name: np.full(w.shape, 0.3) for name, w in graph.weights()}
    weights["dense/kernel"] = np.repeat([[0.1], [0.5], [-0.2], [0.3]], 3, axis=1)
    loss = read_component("loss", "half_squared_error")
    for _ in range(5):
        found = backprop(graph, loss, weights, np.array([1.0, 2.0, 0.5, 3.0]), np.array([1.0]))
        for layer in found.layers:
            for values in (layer.z, layer.a, layer.delta):
                assert np.ptp(values) == pytest.approx(0, abs=1e-15)
            for gradient in layer.gradients.values():
                assert np.ptp(gradient, axis=-1) == pytest.approx(0, abs=1e-15)
        assert any(gradient.any() for gradient in found.gradients.values())
        weights = {name: w - 0.1 * found.gradients[name] for name, w in weights.items()}


@pytest.mark.parametrize(("w", "z"), [((0.5, -0.5), 499_996), ((-0.5, 0.5), -499_996)])
def test_unscaled_features_let_the_start_decide(w, z):
    graph = graph_of([{"dense": 1}], (2,))
    weights = {"dense/kernel": np.array(w)[:, None], "dense/bias": np.zeros(1)}
    loss = read_component("loss", "half_squared_error")
    found = backprop(graph, loss, weights, np.array([1_000_000, 8]), np.array([0.0]))
    assert found.layers[0].z == z


def test_a_convolution_is_a_dense_layer_with_weights_removed_and_shared():
    """The 36x16 matrix: of each column's 36 weights 9 are left, the same 9 in every column."""
    graph = graph_of([{"conv2d": {"filters": 1, "kernel_size": 3, "use_bias": False}}], (6, 6, 1))
    weights = initial_weights(graph, seed=0)
    kernel = weights["conv2d/kernel"][:, :, 0, 0]
    matrix = np.zeros((6, 6, 4, 4))
    for i, j in np.ndindex(4, 4):
        matrix[i : i + 3, j : j + 3, i, j] = kernel
    matrix = matrix.reshape(36, 16)
    assert (np.count_nonzero(matrix, axis=0) == 9).all()
    assert len(np.unique(matrix[matrix != 0])) == 9
    image = away_from_kinks((6, 6, 1))
    connected = graph_of(["flatten", {"dense": {"units": 16, "use_bias": False}}], (6, 6, 1))
    compute = ComputeConfig(precision="float64")
    feature_map = output(graph, weights, image[None], compute)
    plain = output(connected, {"dense/kernel": matrix}, image[None], compute)
    assert plain == pytest.approx(feature_map.reshape(1, 16), rel=1e-12)
    _assert_shared_gradient(graph, connected, weights, matrix, image)


def _assert_shared_gradient(graph, connected, weights, matrix, image):
    """The filter's gradient is the sum of the gradients of the weights that share it."""
    loss, y = read_component("loss", "half_squared_error"), away_from_kinks((16,), 1)
    flat = graph_of(
        [{"conv2d": {"filters": 1, "kernel_size": 3, "use_bias": False}}, "flatten"], (6, 6, 1)
    )
    (shared,) = backprop(flat, loss, weights, image, y).gradients.values()
    (free,) = backprop(connected, loss, {"dense/kernel": matrix}, image, y).gradients.values()
    free = free.reshape(6, 6, 4, 4)
    summed = [[sum(free[i + u, j + v, i, j] for i, j in np.ndindex(4, 4)) for v in range(3)]
              for u in range(3)]  # fmt: skip
    assert shared[:, :, 0, 0] == pytest.approx(np.array(summed), rel=1e-12)


def test_a_network_of_one_activation_has_a_delta_too():
    graph = graph_of(["softmax"], (3,))
    loss, x, y = read_component("loss", "categorical_crossentropy"), np.zeros(3), np.eye(3)[0]
    found = backprop(graph, loss, {}, x, y)
    (only,) = found.layers
    assert found.outputs[0].gradient is None
    assert only.delta == pytest.approx([1 / 3 - 1, 1 / 3, 1 / 3])


# ---------------------------------------------------------------- graphs

GRAPHS = {
    "residual": [{"dense": 3}, {"residual": [{"dense": 3}, "tanh"]}, "tanh", {"dense": 2}],
    "several readers": [
        {"dense": {"units": 3, "name": "a", "activation": "tanh"}},
        {"dense": {"units": 3, "name": "b"}},
        {"multiply": {"inputs": ["a", "b", "a"], "name": "c"}},
        {"subtract": {"inputs": ["c", "a"]}},
        {"dense": 2},
    ],
    "branches": [{"branches": [[{"dense": 2}], [{"dense": 3}, "tanh"], []]}, {"dense": 2}],
    "shared": [
        {"sequential": {"name": "twice", "layers": [{"dense": 3}, "sigmoid"]}},
        {"shared": {"layer": "twice"}},
        {"average": {"inputs": ["twice", "shared"]}},
        {"dense": 2},
    ],
}


@pytest.mark.parametrize("name", GRAPHS)
def test_gradients_of_several_readers_and_uses_are_added(name):
    assert_same(*traced(GRAPHS[name]))


TWO = """
network:
  inputs: {a: {shape: [3]}, b: {shape: [2]}}
  layers:
    - dense: {units: 2, inputs: a, name: left}
    - add: {inputs: [left, b]}
    - {dense: {units: 2, name: trunk, activation: tanh, kernel_regularizer: {l2: 0.1}}}
    - dense: {units: 1, name: price}
    - dense: {units: 3, name: kind, inputs: trunk, activation: softmax}
  outputs: [price, kind]
loss: {price: mean_squared_error, kind: categorical_crossentropy}
loss_weights: {price: 0.5}
"""
ROW = {"a": np.array([0.3, -1.2, 0.7]), "b": np.array([0.4, -0.1])}
TARGET = {"price": np.array([2.0]), "kind": np.array([0.0, 1.0, 0.0])}


def two():
    spec = build(parse(Document("two", TWO)))
    graph = compile_spec(spec)
    return graph, objectives(spec, graph), weights_of(graph)


def test_several_inputs_and_outputs():
    graph, targets, weights = two()
    found = trace(graph, targets, weights, ROW, TARGET)
    program = program_of(graph, TrainingSetup(targets, SGD()), "numpy:reference")
    program.set_weights(weights)
    rows = [{n: array[None] for n, array in side.items()} for side in (ROW, TARGET)]
    device_rows = program.upload(*rows)
    assert_same(found.gradients, program.gradients(device_rows, np.arange(1)))
    expected = program.evaluate(device_rows, [np.arange(1)]).results
    assert found.loss == pytest.approx(expected["loss"], rel=1e-12)
    assert found.output("price").value == pytest.approx(expected["price_loss"], rel=1e-12)
    assert found.output("kind").value == pytest.approx(expected["kind_loss"], rel=1e-12)


def test_a_word_that_stands_twice_gets_the_sum_of_both_gradients():
    inputs = {"words": {"shape": [3], "dtype": "int32"}}
    layers = [{"embedding": {"input_dim": 4, "output_dim": 2}}, "flatten", {"dense": 2}]
    graph = compile_spec(build({"network": {"inputs": inputs, "layers": layers}}))
    graph = graph.replace(outputs={OUTPUT: graph.output})
    loss, weights = read_component("loss", "half_squared_error"), weights_of(graph)
    x, y = np.array([2, 0, 2]), np.array([0.5, -2.0])
    found = backprop(graph, loss, weights, x, y).gradients
    assert_same(found, backend_gradients("numpy:reference", graph, loss, weights, x, y))
    assert not found["embedding/embeddings"][[1, 3]].any()


def test_layers_say_what_they_read():
    graph, targets, weights = two()
    found = trace(graph, targets, weights, ROW, TARGET)
    numbers = [(one.k, one.name, one.reads, one.reader, one.output) for one in found.layers]
    assert numbers == [
        (3, "left", (1,), 4, None),
        (4, "add", (3, 2), 5, None),
        (5, "trunk", (4,), None, None),
        (6, "price", (5,), None, "price"),
        (7, "kind", (5,), None, "kind"),
    ]
    assert not found.is_chain


def test_a_layer_that_no_loss_depends_on_has_delta_0():
    graph, targets, weights = two()
    found = trace(graph, targets[:1], weights, ROW, TARGET)
    kind = found.layer(7)
    assert not kind.delta.any()
    assert not any(gradient.any() for gradient in kind.gradients.values())


def test_a_layer_without_a_formula_is_refused_at_its_place(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(
        "network:\n  input_shape: [2, 3]\n  layers:\n"
        "    - residual: [layer_normalization]\n    - flatten\n    - dense: 1\n"
        "loss: mean_squared_error\n"
    )
    network = NetworkWithWeights.open(path, ())
    row = network.given_row(np.ones((2, 3)), np.ones(1))
    with pytest.raises(SpecError) as caught:
        check_backprop(network, row, ComputeConfig("numpy:reference", "float64"))
    (problem,) = caught.value.problems
    assert problem.message == "backprop has no formula by hand for layer_normalization"
    assert (problem.where.line, problem.where.column) == (3, 17)
