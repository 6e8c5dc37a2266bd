"""Where a spec says which rows a part has."""

from __future__ import annotations

from nnspec.graph.ir import Path
from nnspec.spec.document import Spec


def split_path(spec: Spec, part: str) -> Path:
    """The path of what makes a part, `validation` or `test`: a split, or the source."""
    split = spec.data.split if spec.data else None
    if split is not None and split.method == "column":
        return split.path
    if split is not None and getattr(split, part, None) is not None:
        return ("data", "split", part)
    return ("train", "validation_split") if part == "validation" else ("data", "source")
