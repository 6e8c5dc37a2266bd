"""Numbers of options that a precision cannot hold are errors at the option."""

import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import SpecError
from nnspec.options import registry
from nnspec.options.component import to_plain
from nnspec.spec.loader import load
from nnspec.training.precision_check import check_precision
from tests.small_runs import rows, spec

FLOAT64 = ComputeConfig(precision="float64")
TEXT = """
data: {source: {rows: {inputs: [[1, 2]], targets: [1]}}}
network:
  layers:
    - batch_normalization: {epsilon: 1e-50}
    - dense: {units: 1, kernel_regularizer: {l2: 1e39}}
loss: mean_squared_error
optimizer:
  adam:
    epsilon: 1e-60
    clipvalue: 1e300
"""


def test_each_number_is_told_at_its_place(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(TEXT)
    with pytest.raises(SpecError) as caught:
        check_precision(load(path), ComputeConfig())
    found = {(one.where.line + 1, one.message) for one in caught.value.problems}
    assert found == {
        (5, "1e-50 is 0 in float32"),
        (6, "1e+39 is inf in float32"),
        (10, "1e-60 is 0 in float32"),
        (11, "1e+300 is inf in float32"),
    }
    check_precision(load(path), FLOAT64)


def test_a_large_learning_rate_is_left_to_the_divergence_that_it_brings():
    check_precision(spec(rows(optimizer={"sgd": 1e200})), ComputeConfig())
    with pytest.raises(SpecError, match="1e-50 is 0 in float32"):
        check_precision(spec(rows(optimizer={"sgd": 1e-50})), ComputeConfig())


@pytest.mark.parametrize("kind", registry.kinds("optimizer"))
def test_no_default_of_an_optimizer_is_beyond_float32(kind):
    optimizer = spec(rows(optimizer=kind)).optimizer
    check_precision(spec(rows(optimizer=to_plain(optimizer))), ComputeConfig())
