"""Specs that are built from values of Python."""

import numpy as np
import pytest

from nnspec.errors import SpecError
from nnspec.spec.loader import build
from tests.small_runs import ROWS, rows

LAYER = {"dense": {"units": 1, "activation": "sigmoid"}}


def test_numbers_and_arrays_of_numpy_are_numbers_and_lists():
    source = {"inputs": np.array(ROWS["inputs"]), "targets": list(np.array(ROWS["targets"]))}
    layer = {"dense": {"units": np.int64(1), "activation": np.str_("sigmoid")}}
    given = rows(source, network={"layers": (layer,)}, optimizer={"sgd": np.float64(0.25)})
    assert build(given) == build(rows(optimizer={"sgd": 0.25}))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({1.5: 2}, r"the spec: a key is a text, not 1\.5"),
        (rows(train={True: 2}), "train: a key is a text, not True"),
        (rows(network={"layers": [{None: 2}]}), r"network\.layers: a key is a text, not None"),
        (rows(network={"layers": [LAYER, {"dense": np.float64(2.5)}]}), "whole number"),
    ],
)
def test_what_yaml_cannot_write_is_told(values, message):
    with pytest.raises(SpecError, match=message):
        build(values)
