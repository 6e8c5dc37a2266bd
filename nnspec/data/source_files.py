"""The files that a spec's source reads, which no command may overwrite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnspec.language.paths import PathError, written_path
from nnspec.options.component import to_plain
from nnspec.spec.document import Spec


def source_files(spec: Spec) -> list[str]:
    """Each text among the options of the source as a path; the files among them are its own."""
    options = to_plain(spec.data.source) if spec.data else None
    found = list[str]()
    for text in _texts(options):
        try:
            found.append(str(spec.folder / written_path(text)))
        except PathError:
            continue
    return found


def _texts(value: Any) -> Iterator[str]:
    """All texts in a plain value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | Sequence):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(one)
