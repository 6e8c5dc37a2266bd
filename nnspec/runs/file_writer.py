"""Writing of a run's files: the manifest lists each new version before it replaces the old one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from nnspec.runs import atomic_files
from nnspec.runs.file_names import MANIFEST, SPEC
from nnspec.runs.manifest import FileVersion, FileVersionHasher, read_manifest, write_manifest


class FileWriter:
    """Replaces files of the run in a folder, and keeps its manifest.

    Without a spec the folder is no run yet, and nobody reads it: its manifest is written before
    the spec is.
    """

    def __init__(self, run: Path) -> None:
        self.run = run
        self._manifest = dict(read_manifest(run)) if (run / MANIFEST).exists() else {}

    def write(self, name: str, chunks: Iterable[bytes | memoryview]) -> None:
        """Replace the file `name` atomically; its folder must exist."""
        hasher = FileVersionHasher()
        atomic_files.write_chunks(
            self.run / name,
            hasher.passing(chunks),
            before_replacing=lambda: self._list_new(name, hasher.version),
        )
        self._manifest[name] = (hasher.version,)  # told with the next file, or at the end

    def finish(self) -> None:
        """Write the manifest with the versions that the files have now."""
        if SPEC in self._manifest:
            write_manifest(self.run, self._manifest)

    def _list_new(self, name: str, version: FileVersion) -> None:
        """List a version that a file is about to have beside those that it may have now."""
        before = self._manifest.get(name, ())
        self._manifest[name] = (*before, *([] if version in before else [version]))
        if SPEC in self._manifest:
            write_manifest(self.run, self._manifest)
