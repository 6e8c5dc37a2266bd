"""Constraints: what an update leaves of a weight, and which weights have none."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.spec.loader import load
from tests.networks import graph_of, program_of, setup

SPEC = """\
network:
  input_shape: [3]
  layers:
    - dense: {units: 2, kernel_constraint: KERNEL, bias_constraint: BIAS}
"""


def compiled(folder, kernel="max_norm", bias="non_neg"):
    path = folder / "s.yaml"
    path.write_text(SPEC.replace("KERNEL", kernel).replace("BIAS", bias))
    return compile_spec(load(path))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel": "{max_norm: {axis: 2}}"},
         r"4:62: error: dense/kernel has the shape \(3, 2\), without an axis 2(.|\n)*0 to 1"),
        ({"bias": "{unit_norm: [0, 1]}"},
         r"4:83: .*dense/bias has the shape \(2\), without an axis 1(.|\n)*its only axis is 0"),
        ({"kernel": "{unit_norm: [0, -2]}"},
         r"4:56: .*unit_norm names an axis of dense/kernel \(3, 2\) twice"),
        ({"kernel": "{max_norm: -1}"}, "4:55: .*max_value must be at least 0"),
        ({"kernel": "{min_max_norm: {min_value: 2}}"}, "min_value must be at most max_value"),
        ({"kernel": "{min_max_norm: {rate: 2}}"}, "rate must be at most 1"),
        ({"kernel": "maxnorm"}, "there is no constraint 'maxnorm'(.|\n)*did you mean 'max_norm'"),
    ],
)  # fmt: skip
def test_a_constraint_that_fits_no_weight_is_refused_where_it_stands(tmp_path, options, message):
    with pytest.raises(SpecError, match=message):
        compiled(tmp_path, **options)


@pytest.mark.parametrize("backend", ["numpy", "numpy:reference"])
def test_an_update_ends_with_the_constraint(backend):
    """Rows of zeros have no gradient for the kernel, that of the bias is 2 (b - y) / 2."""
    dense = {"units": 2, "kernel_constraint": {"max_norm": 1}, "bias_constraint": "non_neg"}
    graph = graph_of([{"dense": dense}], (2,))
    program = program_of(graph, setup(optimizer={"sgd": 0.5}), backend)
    start = {"dense/kernel": np.array([[3.0, 0.3], [4.0, 0.4]]), "dense/bias": np.array([1.0, 1])}
    program.set_weights(start)
    rows = program.upload(np.zeros((1, 2)), np.array([[-3.0, 3]]))
    assert program.evaluate(rows, [np.arange(1)]).results["loss"] == 10
    assert program.weights()["dense/kernel"].max() == 4  # what starts stays
    program.train(rows, [np.arange(1)])
    weights = program.weights()
    assert weights["dense/bias"].tolist() == [0, 2]
    expected = np.array([[0.6, 0.3], [0.8, 0.4]])
    np.testing.assert_allclose(weights["dense/kernel"], expected, rtol=1e-6)
