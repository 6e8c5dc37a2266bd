"""`extends`: a spec that changes values of others."""

from __future__ import annotations

import os
from functools import reduce
from pathlib import Path
from typing import Any, NamedTuple

from nnspec.errors import Document, Problem, SourceSpan, SpecError, quoted
from nnspec.language import reader
from nnspec.language.located import LocatedList, LocatedMap

MAX_EXTENDS = 16


def read_extended(path: Path) -> LocatedMap:
    """Read a spec file, laid over the files that it extends."""
    return _Reader({}).read(path, ())


def extended(root: LocatedMap, folder: Path) -> LocatedMap:
    """A map that no file holds, laid over the files that it extends, by paths from `folder`."""
    return _Reader({}).extended(root, folder / "spec", ())


class _Reader(NamedTuple):
    """Reads files with what they extend; a file that several extend is read once."""

    known: dict[str, LocatedMap]

    def read(self, path: Path, below: tuple[str, ...]) -> LocatedMap:
        """A file laid over those that it extends; the files `below` extend it in turn."""
        key = os.path.abspath(path)  # noqa: PTH100  # a link's bases stand beside the link
        if key not in self.known:
            self.known[key] = self._read(path, below)
        return self.known[key]

    def _read(self, path: Path, below: tuple[str, ...]) -> LocatedMap:
        return self.extended(_read_map(path), path, below)

    def extended(self, root: LocatedMap, path: Path, below: tuple[str, ...]) -> LocatedMap:
        """The map of the file at `path`, laid over those that it extends."""
        written = root.pop("extends", None)
        if "extends" not in root.places:
            return root
        from nnspec.spec.merging import laid_over  # most specs extend none

        below = (*below, os.path.realpath(path))
        bases = _bases(written, root.places["extends"])
        found = [self._base(base, path.parent, below, place) for base, place in bases]
        merged = reduce(laid_over, [*found, root])
        merged.place = root.place  # what is missing is missing in the file that extends
        return merged

    def _base(
        self, base: Any, folder: Path, below: tuple[str, ...], place: SourceSpan
    ) -> LocatedMap:
        """The map of the file `base`, which the last of the files `below` extends."""
        if not isinstance(base, str) or not base:
            message = f"extends needs the path of a spec, not {quoted(base)}"
            raise SpecError(Problem(message, place))
        path = folder / _base_path(base, place)
        if "\0" not in base and os.path.realpath(path) in below:
            raise SpecError(Problem(f"{quoted(base)} extends itself", place))
        if len(below) >= MAX_EXTENDS:
            raise SpecError(Problem(f"more than {MAX_EXTENDS} specs extend each other", place))
        try:
            return self.read(path, below)
        except SpecError as error:
            raise SpecError(problem.at(place) for problem in error.problems) from None


def _base_path(base: str, place: SourceSpan) -> Path:
    from nnspec.language.paths import PathError, written_path  # most specs extend none

    try:
        return written_path(base)
    except PathError as error:
        message, hint = error.args
        raise SpecError(Problem(message, place, hint)) from None


def _read_map(path: Path) -> LocatedMap:
    return parse_map(reader.read_document(path))


def parse_map(document: Document) -> LocatedMap:
    """The map of keys that a document holds."""
    root = reader.parse(document)
    if not isinstance(root, LocatedMap):
        what = "is empty" if root is None else "holds no map of keys"
        place = getattr(root, "place", None) or SourceSpan(document, 0, 0)
        raise SpecError(Problem(f"the spec {what}", place, "start with `network:`"))
    return root


def _bases(written: Any, place: SourceSpan) -> list[tuple[Any, SourceSpan]]:
    """The bases of a spec, each with its place: one, or those of a list."""
    if not isinstance(written, LocatedList):
        return [(written, place)]
    if not 0 < len(written) <= MAX_EXTENDS:
        message = f"extends needs 1 to {MAX_EXTENDS} paths, not {len(written)}"
        raise SpecError(Problem(message, place))
    return list(zip(written, written.places, strict=True))
