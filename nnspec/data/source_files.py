"""The files that a spec's source reads, which no command may overwrite."""

from __future__ import annotations

from nnspec.components.sources.files import FileSource
from nnspec.spec.document import Spec


def source_files(spec: Spec) -> list[str]:
    """Each file or folder that an option of the source names."""
    source = spec.data.source if spec.data else None
    if not isinstance(source, FileSource):
        return []
    return [str(source.path_of(spec.folder, *option)) for option, _ in source.paths()]
