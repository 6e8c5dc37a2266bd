"""How many rows a block has: enough for long matrix products, few enough to stay in cache."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from nnspec.backends.numpy.fast.blocks import Layout
from nnspec.backends.numpy.fast.layouts import value_layouts
from nnspec.graph.ir import Graph

BLOCK_BYTES = 3 << 20  # about, of a block of the graph's largest images or sequences
IMAGES_PER_BLOCK = 16, 32  # minimum and maximum
MAX_BLOCK_BYTES = 32 << 20  # of the graph's largest images: then the minimum does not hold
VECTORS_PER_BLOCK = 64  # in graphs without images and sequences


def rows_per_block(graph: Graph, dtype: np.dtype[Any]) -> int:
    """Number of rows per block: a power of two by the size of the graph's largest image.

    There are enough rows for long matrix products, unless the images are huge. A sequence that
    windows slide over counts as an image.
    """
    layouts = value_layouts(graph)
    images = (
        spec.shape
        for name, spec in graph.specs.items()
        if len(spec.shape) == 3 or layouts[name] is not Layout.ROWS_FIRST
    )
    largest = max(map(prod, images), default=0)
    if not largest:
        return VECTORS_PER_BLOCK
    size = largest * dtype.itemsize
    rows = int(np.clip(_power_of_two(BLOCK_BYTES // size), *IMAGES_PER_BLOCK))
    return min(rows, _power_of_two(MAX_BLOCK_BYTES // size))


def balanced_rows_per_block(rows: int, block_size: int) -> int:
    """Rows per block of a batch: one of images is at least two blocks, unless these get short.

    Of images so large that fewer than the minimum fit into a block, half as many are enough.
    """
    fewest, most = IMAGES_PER_BLOCK
    if block_size > most:
        return block_size  # of vectors
    fewest = min(fewest, -(-block_size // 2)) if block_size < fewest else fewest
    return min(block_size, max(-(-rows // 2), fewest))


def _power_of_two(number: int) -> int:
    """The largest power of two up to a number; at least 1."""
    return 1 << max(number, 1).bit_length() - 1
