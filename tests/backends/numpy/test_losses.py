"""Values of losses against Keras' own functions, and what stands in their docstrings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnspec.backends.numpy.losses import loss_formula
from nnspec.backends.numpy.metrics import row_metric
from nnspec.errors import ShapeError
from nnspec.options import registry
from nnspec.options.validation import read_component
from tests.networks import graph_of, program_of, setup

RNG = np.random.default_rng(4)
NUMBERS, ONE_HOT = RNG.normal(size=(6, 3, 4)), np.eye(4)[RNG.integers(0, 4, (6, 3))]
PROBABILITIES = RNG.uniform(0.05, 0.95, (6, 3, 4))
TARGETS = {
    "any": RNG.normal(size=(6, 3, 4)),
    "non_negative": RNG.uniform(0, 3, (6, 3, 4)),
    "signs": np.sign(RNG.normal(size=(6, 3, 4))),
    "probabilities": RNG.uniform(size=(6, 3, 4)),
    "distributions": PROBABILITIES / PROBABILITIES.sum(axis=-1, keepdims=True),
    "class_numbers": RNG.integers(0, 4, (6, 3)),
}
MORE: dict[str, list[dict[str, Any]]] = {"cosine_similarity": [{"axis": 1}, {"axis": -2}]}
LOSSES = [
    (cls.kind, options)
    for cls in registry.classes("loss")
    if cls.kind != "half_squared_error" and cls.__module__.startswith("nnspec.")
    for options in [*cls.examples, *MORE.get(cls.kind, [])]
]


def row_values(loss: Any, p: np.ndarray, y: np.ndarray) -> np.ndarray:
    return row_metric(read_component("loss", loss))(p, y)


@pytest.mark.framework
@pytest.mark.parametrize(("kind", "options"), LOSSES)
def test_values_are_those_of_keras(kind: str, options: dict[str, Any]) -> None:
    pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    loss = read_component("loss", {kind: options})
    p, y = NUMBERS if options.get("from_logits") else PROBABILITIES, TARGETS[loss.targets]
    expected = np.asarray(getattr(keras.losses, kind)(y, p, **options)).mean(axis=-1)
    np.testing.assert_allclose(row_values({kind: options}, p, y), expected, rtol=1e-6)


@pytest.mark.parametrize(("kind", "options"), LOSSES)
@pytest.mark.parametrize("fused", [False, True])
def test_float32_stays_float32(kind: str, options: dict[str, Any], fused: bool) -> None:
    loss = read_component("loss", {kind: options})
    if fused and not loss.fuses_with:
        return
    formula = loss_formula(loss, fused)
    p, y = (array.astype(np.float32) for array in (PROBABILITIES, TARGETS[loss.targets]))
    assert {formula.elements(p, y).dtype, formula.gradient(p, y).dtype} == {np.dtype("float32")}


@pytest.mark.parametrize("kind", ["hinge", "squared_hinge"])
def test_a_target_0_is_a_no(kind: str) -> None:
    signs = TARGETS["signs"]
    no_as_0 = row_values(kind, NUMBERS, (signs + 1) / 2)
    np.testing.assert_array_equal(no_as_0, row_values(kind, NUMBERS, signs))


@pytest.mark.parametrize(
    ("focal", "plain"),
    [
        ({"binary_focal_crossentropy": {"gamma": 0}}, "binary_crossentropy"),
        (
            {"categorical_focal_crossentropy": {"gamma": 0, "alpha": 1}},
            "categorical_crossentropy",
        ),
    ],
)
@pytest.mark.parametrize("fused", [False, True])
def test_a_focal_loss_without_gamma_is_the_crossentropy(
    focal: Any, plain: str, fused: bool
) -> None:
    one, other = (loss_formula(read_component("loss", each), fused) for each in (focal, plain))
    p, y = NUMBERS if fused else PROBABILITIES, ONE_HOT
    np.testing.assert_allclose(one.elements(p, y), other.elements(p, y), rtol=1e-14)
    np.testing.assert_allclose(one.gradient(p, y), other.gradient(p, y), atol=1e-14)


@pytest.mark.parametrize(
    ("kind", "activation"),
    [("binary_focal_crossentropy", "sigmoid"), ("categorical_focal_crossentropy", "softmax")],
)
@pytest.mark.parametrize("gamma", [0, 0.5, 2])
def test_focal_losses_of_confident_networks_are_finite(
    kind: str, activation: str, gamma: float
) -> None:
    graph = graph_of([{"dense": {"units": 4, "activation": activation}}], (4,))
    program = program_of(graph, setup({kind: {"gamma": gamma}}))
    rows = program.upload(1000 * np.eye(4), np.eye(4))
    for gradient in program.gradients(rows, np.arange(4)).values():
        assert np.isfinite(gradient).all()


@pytest.mark.parametrize("kind", ["binary_crossentropy", "categorical_crossentropy"])
def test_from_logits_trains_as_after_the_activation(kind: str) -> None:
    """The predictions are logits there, and probabilities here."""
    activation = "sigmoid" if kind.startswith("binary") else "softmax"
    x, y, found = RNG.normal(size=(6, 3)), np.eye(4)[np.arange(6) % 4], []
    for last, options in ((activation, {}), ("linear", {"from_logits": True})):
        graph = graph_of([{"dense": {"units": 4, "activation": last}}], (3,))
        program = program_of(graph, setup({kind: options}, metrics=[{kind: options}]))
        sums = program.train(program.upload(x, y), [np.arange(6)]).sums
        assert sums[kind] == pytest.approx(sums["loss"], rel=1e-12)
        found.append((program.weights()["dense/kernel"], program.predict(x)))
    (kernel, probabilities), (other, logits) = found
    np.testing.assert_allclose(kernel, other, rtol=1e-12)
    assert probabilities.min() > 0 > logits.min()


@pytest.mark.parametrize("axis", [0, 3, -3, -4])
def test_an_axis_that_a_row_lacks_is_refused(axis: int) -> None:
    with pytest.raises(ShapeError, match="axis"):
        read_component("loss", {"cosine_similarity": axis}).check((3, 4), (3, 4))


@pytest.mark.parametrize("kind", ["kl_divergence", "categorical_hinge"])
def test_losses_of_classes_need_a_column_for_each(kind: str) -> None:
    with pytest.raises(ShapeError, match="an output for each class"):
        read_component("loss", kind).check((1,), (1,))
    with pytest.raises(ShapeError, match="columns"):
        read_component("loss", kind).check((3,), (2,))


@pytest.mark.parametrize("kind", ["mean_squared_logarithmic_error", "kl_divergence"])
def test_clipped_predictions_have_no_gradient(kind: str) -> None:
    formula, p = loss_formula(read_component("loss", kind), fused=False), np.array([[-1.0, 0.5]])
    assert (formula.gradient(p, np.array([[0.5, 0.4]])) != 0).tolist() == [[False, True]]
