"""A spec that is whole by itself, wherever its file stands."""

from __future__ import annotations

from typing import Any

from nnspec.language import writer
from nnspec.options.component import to_plain
from nnspec.spec.document import Spec


def portable_yaml(spec: Spec) -> str:
    """A spec as YAML with absolute paths, and without its `tune` section."""
    return writer.dump(portable_values(spec))


def portable_values(spec: Spec) -> dict[str, Any]:
    """The plain values of a spec with absolute paths, and without its `tune` section."""
    start = spec.train.initial_weights
    if start is not None:
        train = spec.train.replace(initial_weights=start.with_absolute_path(spec.folder))
        spec = spec.replace(train=train)
    values = spec.replace(tune=None).plain()
    if spec.data:
        values["data"]["source"] = to_plain(spec.data.source.with_absolute_paths(spec.folder))
    return values
