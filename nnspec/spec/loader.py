"""Loading a Spec from a YAML file or from plain values."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nnspec.errors import Document, NnspecError, Problem, SourceSpan, SpecError, typed
from nnspec.language import reader, writer
from nnspec.language.located import LocatedMap
from nnspec.language.paths import PathError, written_path
from nnspec.options.component import to_plain
from nnspec.options.messages import DOCUMENT
from nnspec.options.validation import validate
from nnspec.spec import resolver
from nnspec.spec.document import Spec
from nnspec.spec.spec_name import RESERVED


def _name_of(path: Path) -> str:
    """The default name of a spec: its file's name without characters that a folder may not have."""
    name = re.sub(r"[^\w.+-]", "-", path.stem).lstrip(".+-")[:100].rstrip(".")
    return "network" if not name or RESERVED.fullmatch(name) else name


SPEC_HINT = "nnspec.load makes one of a file, a YAML text or a map"


def to_path(value: Any, what: str) -> Path:
    """The path that a text or a path-like object names; `~` is the home folder."""
    name = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(name, str):
        raise NnspecError(f"{what} is named by a text or a path, not by {typed(value)}")
    try:
        return written_path(name)
    except PathError as error:
        raise NnspecError(*error.args) from None


class UnresolvedSpec(NamedTuple):
    """A document before interpolation of its `${...}`, so that its values can still be changed."""

    root: LocatedMap
    folder: Path

    def spec(self) -> Spec:
        """The validated Spec; a SpecError with every mistake, each with its place."""
        return build(resolver.fill_in(self.root), self.folder, self)

    def having(
        self, values: Mapping[str, Any], place: Callable[[str], SourceSpan]
    ) -> UnresolvedSpec:
        """A copy with other values at dotted paths; `place` gives the source span of a path."""
        from nnspec.spec.exclusive_options import without_excluded
        from nnspec.spec.overrides import set_value  # only tuning changes values

        root = self.root
        for path in values:
            root = without_excluded(root, path.split("."))
        for path, value in values.items():
            root = set_value(root, path, value, place(path))
        return self._replace(root=root)


def unresolved(spec: Spec) -> UnresolvedSpec:
    """The document that a spec was made from; of one made in Python, its plain values."""
    if spec.draft is not None:
        return spec.draft
    root = reader.parse(Document("spec", writer.dump(to_plain(spec))))
    return UnresolvedSpec(root, spec.folder)


def load(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Spec:
    """The spec in a YAML file, with `key.path=value` overrides.

    Raises SpecError with every mistake of the file, each with its place.
    """
    return read_draft(path, _texts(overrides)).spec()


def read_draft(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> UnresolvedSpec:
    """The document in a YAML file, before its interpolation, with overrides."""
    file = to_path(path, "a spec")
    return _draft_of(resolver.read_unresolved(file, overrides), file)


def load_resolved(content: bytes, path: Path, overrides: Sequence[str] = ()) -> Spec:
    """The spec that is the content of a run's `spec.yaml`, with overrides; it extends no file.

    Raises SpecError with every mistake, each with its place.
    """
    root = reader.parse(reader.decode(content, str(path)))
    if not isinstance(root, LocatedMap):
        return build(root)
    return _draft_of(resolver.with_overrides(root, _texts(overrides)), path).spec()


def _draft_of(root: LocatedMap, file: Path) -> UnresolvedSpec:
    """The document of a file, which gives it its name where it has none of its own."""
    if "name" not in root:
        root.put("name", _name_of(file), root.place, root.place)
    return UnresolvedSpec(root, file.resolve().parent)


def _texts(overrides: Any) -> list[str]:
    """The overrides that Python code gives; None is none."""
    listed = isinstance(overrides, Iterable) and not isinstance(overrides, str)
    texts = list(overrides) if listed else [overrides] if overrides is not None else []
    if not all(isinstance(text, str) for text in texts) or isinstance(overrides, str):
        raise NnspecError("overrides are a list of texts", "such as ['train.epochs=1']")
    return texts


def build(values: Any, folder: Path = Path(), draft: UnresolvedSpec | None = None) -> Spec:
    """The spec that plain or located values describe; its relative paths start at `folder`."""
    if not isinstance(values, dict):
        place = getattr(values, "place", None)
        raise SpecError(Problem("a spec is a map of keys", place, "start with `network:`"))
    if not isinstance(values, LocatedMap):
        from nnspec.spec.python_values import yaml_values  # files have none of Python's own

        values = yaml_values(values)
    spec = validate(Spec, values, DOCUMENT, values)
    written = values if isinstance(values, LocatedMap) else None
    made = spec.with_origin(written=written, folder=folder, draft=draft)
    if made.data and made.data.split:
        from nnspec.spec.splitting import check_split  # few specs have a split

        check_split(made, made.data.split)
    return made
