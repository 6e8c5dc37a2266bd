"""`slice` against NumPy's own, forward and backward."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.errors import SpecError
from tests.networks import graph_of
from tests.reference_rule import random_pass

CASES = [
    ({"start": 1, "stop": 3}, np.s_[:, :, 1:3]),
    ({"start": -2}, np.s_[:, :, -2:]),
    ({"stop": -1, "axis": 1}, np.s_[:, :-1]),
    ({"stop": 99}, np.s_[:]),
]


@pytest.mark.parametrize(("options", "part"), CASES)
def test_a_slice_is_numpys(options, part):
    done = random_pass({"slice": options}, (3, 4))
    assert (done.y == done.x[part]).all()
    expected = np.zeros_like(done.x)
    expected[part] = done.dy
    assert (done.dx == expected).all()


def test_an_empty_slice_is_refused():
    with pytest.raises(SpecError, match=r"slice from 4 to the end leaves nothing of axis -1"):
        graph_of([{"slice": 4}], (3, 4))
