from __future__ import annotations

import numpy as np
import pytest

from nnspec.spec.train_options import TrainOptions
from nnspec.training.row_order import pass_order


def options(**changes):
    return TrainOptions().replace(**changes)


@pytest.mark.parametrize("window", [1, 7, 64, 999, 1000, 5000])
@pytest.mark.parametrize("rows", [1, 10, 1000])
def test_each_row_comes_once(rows, window):
    order = pass_order(rows, options(shuffle_window=window), 3)
    assert np.array_equal(np.sort(order), np.arange(rows))


def test_a_window_as_large_as_the_data_is_a_whole_shuffle():
    whole = pass_order(100, options(), 2)
    assert np.array_equal(pass_order(100, options(shuffle_window=100), 2), whole)
    assert not np.array_equal(pass_order(100, options(shuffle_window=99), 2), whole)


def test_the_rows_of_a_window_lie_in_eight_blocks():
    order = pass_order(10_000, options(shuffle_window=800), 1)
    for window in np.split(order[:9600], 12):
        blocks = np.unique(window // 100)
        assert len(blocks) == 8
        assert not np.array_equal(window, np.sort(window))


def test_the_order_is_of_seed_and_epoch():
    orders = [
        pass_order(500, options(shuffle_window=80, seed=s), e) for s, e in [(0, 1), (0, 2), (1, 1)]
    ]
    assert len({order.tobytes() for order in orders}) == 3
    assert np.array_equal(pass_order(500, options(shuffle_window=80), 1), orders[0])
    assert np.array_equal(pass_order(5, options(shuffle=False), 1), np.arange(5))
