"""Regularizers that do not fit their weight are refused where they stand."""

from __future__ import annotations

import pytest

from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.spec.loader import load

SPEC = """\
network:
  input_shape: [1, 3, 3, 1]
  layers:
    - reshape: [3, 3, 1]
    - conv2d: {filters: 2, kernel_size: 3, kernel_regularizer: CONVOLUTION}
    - flatten
    - dense: {units: 1, kernel_regularizer: DENSE, bias_regularizer: l2}
"""


def compiled(folder, convolution="l2", dense="l2"):
    path = folder / "s.yaml"
    path.write_text(SPEC.replace("CONVOLUTION", convolution).replace("DENSE", dense))
    return compile_spec(load(path))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"convolution": "orthogonal"},
         r"5:64: error: conv2d/kernel has the shape \(3, 3, 1, 2\); orthogonal penalizes a matrix"),
        ({"dense": "{orthogonal: {mode: columns}}"},
         r"7:46: .*takes 2 to 16,384 columns; dense/kernel has 1(.|\n)*take mode: rows"),
        ({"dense": "{orthogonal: -1}"}, "factor must be at least 0"),
    ],
)  # fmt: skip
def test_a_penalty_on_vectors_needs_some(tmp_path, options, message):
    with pytest.raises(SpecError, match=message):
        compiled(tmp_path, **options)


def test_an_orthogonal_penalty_on_rows(tmp_path):
    assert compiled(tmp_path, dense="orthogonal").output_shape == (1,)
