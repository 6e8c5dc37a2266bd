"""Polynomial expansion: the products, their order, and invalid options."""

from itertools import combinations_with_replacement
from math import comb

import numpy as np
import pytest

from nnspec.components.preprocessing.base import unprepared
from nnspec.data.preprocessing.pipeline import FittedPipeline, LocatedStep
from nnspec.errors import DataError, ShapeError, SpecError
from nnspec.graph.compile import compile_spec
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.validation import read_component
from tests.small_runs import rows, spec, trained

RNG = np.random.default_rng(0)


def expanded(x, degree, **options):
    step = read_component("preprocessing", {"polynomial": {"degree": degree, **options}})
    return FittedPipeline.fit([LocatedStep(step)], x).apply(x)


def test_two_columns_of_degree_2_by_hand():
    x = np.array([[2.0, 5.0], [-1.0, 3.0]])
    assert expanded(x, 2).tolist() == [[2, 5, 4, 10, 25], [-1, 3, 1, -3, 9]]
    assert expanded(x, 2, interactions=False).tolist() == [[2, 5, 4, 25], [-1, 3, 1, 9]]


@pytest.mark.parametrize("degree", [1, 2, 3, 5])
@pytest.mark.parametrize("columns", [1, 2, 4])
def test_products_are_in_their_documented_order(columns, degree):
    x = RNG.normal(size=(6, columns))
    found = expanded(x, degree)
    chosen = [
        list(which)
        for of in range(1, degree + 1)
        for which in combinations_with_replacement(range(columns), of)
    ]
    assert found.shape[1] == len(chosen) == comb(columns + degree, degree) - 1
    for place, which in enumerate(chosen):
        assert found[:, place] == pytest.approx(x[:, which].prod(axis=1))


@pytest.mark.parametrize("interactions", [True, False])
def test_the_columns_are_those_of_scikit_learn(interactions):
    """Without interactions: those of its products with a single column."""
    sklearn = pytest.importorskip("sklearn.preprocessing")
    x = RNG.normal(size=(10, 3))
    peer = sklearn.PolynomialFeatures(4, include_bias=False).fit(x)
    single = (peer.powers_ > 0).sum(axis=1) == 1
    expected = peer.transform(x)[:, single | interactions]
    assert expanded(x, 4, interactions=interactions) == pytest.approx(expected)


def test_scalar_rows_are_a_column():
    assert expanded(np.array([1, 2, 3]), 3).tolist() == [[1, 1, 1], [2, 4, 8], [3, 9, 27]]


@pytest.mark.parametrize("options", [{"degree": 3}, {"degree": 4, "interactions": False}])
@pytest.mark.parametrize("shape", [(), (1,), (3,)])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_the_tensor_spec_describes_the_array(options, shape, dtype):
    step = read_component("preprocessing", {"polynomial": options})
    x = np.ones((5, *shape), dtype)
    found = expanded(x, **options)
    source = unprepared(TensorSpec(shape, dtype))
    assert step.apply(source)[:2] == (found.shape[1:], found.dtype.name)


def test_rows_are_expanded_independently_without_fitting():
    x = RNG.normal(size=(9, 2))
    fitted = FittedPipeline.fit(
        [LocatedStep(read_component("preprocessing", {"polynomial": 3}))], x[:4]
    )
    assert fitted.state == ({},)
    assert (fitted.apply(x)[5:6] == fitted.apply(x[5:6])).all()
    assert fitted.apply(x[:0]).shape == (0, 9)


def test_an_image_must_be_flattened_first():
    with pytest.raises(ShapeError, match=r"polynomial gets \(28, 28\); flatten it first"):
        read_component("preprocessing", {"polynomial": 2}).apply(TensorSpec((28, 28), "uint8"))


@pytest.mark.parametrize("shape", [(10**6,), (0,)])
def test_an_invalid_number_of_columns_is_an_error(shape):
    with pytest.raises(ShapeError, match=r"polynomial makes (more than|no)"):
        read_component("preprocessing", {"polynomial": 100}).apply(TensorSpec(shape, "float64"))


@pytest.mark.parametrize("degree", [0, -1, 101, 1.5, "two", True, None, [2]])
def test_invalid_degrees_are_errors(degree):
    with pytest.raises(SpecError, match="degree"):
        read_component("preprocessing", {"polynomial": {"degree": degree}})


def test_the_network_gets_the_expanded_columns():
    data = {"source": rows()["data"]["source"], "inputs": [{"polynomial": 3}]}
    graph = compile_spec(spec(rows(data=data)))
    assert graph.input_shape == (9,)
    assert graph.nodes[0].weights["kernel"].shape == (9, 1)


def test_overflowing_products_are_an_error(tmp_path):
    values = rows({"inputs": [[1e200], [1]], "targets": [0, 1]})
    values["data"]["inputs"] = [{"polynomial": 2}]
    with pytest.raises(
        DataError, match=r"training row 0 of inputs, column 0: polynomial gets 1e\+200"
    ):
        trained(values, tmp_path)
