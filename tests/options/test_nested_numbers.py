from __future__ import annotations

from typing import Any

import pytest

from nnspec.errors import SpecError
from nnspec.spec.document import Spec
from nnspec.spec.loader import build


def _spec(**rows: Any) -> Spec:
    return build({"data": {"source": {"rows": rows}}, "network": {"layers": [{"dense": 1}]}})


@pytest.mark.parametrize(
    ("inputs", "shape", "dtype"),
    [
        ([1, 2], (), "int64"),
        ([1, 2.5], (), "float64"),
        ([[1, 2], [3, 4]], (2,), "int64"),
        ([[[1], [2.0]], [[3], [4]]], (2, 1), "float64"),
    ],
)
def test_a_row_has_the_shape_of_its_lists(inputs: Any, shape: tuple[int, ...], dtype: str) -> None:
    data = _spec(inputs=inputs, targets=[0, 1]).data
    assert data is not None
    assert tuple(data.source.data_spec(None).inputs)[:2] == (shape, dtype)  # type: ignore[arg-type, union-attr]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"inputs": [], "targets": []}, "inputs has no rows"),
        ({"inputs": [1], "targets": [1, 2]}, "1 inputs and 2 targets"),
        ({"inputs": [[1, 2], [3]], "targets": [1, 2]}, "row 1 of inputs has another shape"),
        ({"inputs": [[1, 2], 3], "targets": [1, 2]}, "row 1 of inputs has another shape"),
        ({"inputs": [[1, [2]]], "targets": [1]}, "row 0 of inputs is a list"),
        ({"inputs": [[]], "targets": [1]}, "row 0 of inputs is an empty list"),
        ({"inputs": [1, "a"], "targets": [1, 2]}, "row 1 of inputs must hold numbers, not 'a'"),
        ({"inputs": [1], "targets": [True]}, "row 0 of targets must hold numbers, not true"),
        ({"inputs": [None], "targets": [1]}, "row 0 of inputs must hold numbers"),
        ({"inputs": [{"a": 1}], "targets": [1]}, "row 0 of inputs must hold numbers"),
        ({"inputs": [float("nan")], "targets": [1]}, "must hold finite numbers"),
        ({"inputs": [1], "targets": [float("-inf")]}, "row 0 of targets must hold finite numbers"),
        ({"inputs": [2**53 + 1], "targets": [1]}, "must hold finite numbers below"),
        (
            {"inputs": [[1, 2]], "targets": [1], "test": {"inputs": [[1]], "targets": [1]}},
            "test inputs are",
        ),
        (
            {"inputs": [1], "targets": [1], "test": {"inputs": [1, 2], "targets": [1]}},
            "2 inputs and 1 targets",
        ),
        ({"inputs": "abc", "targets": 3}, "inputs must be a list"),
    ],
)
def test_what_makes_no_table_is_refused(rows: Any, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        _spec(**rows)
