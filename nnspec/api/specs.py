"""Specs from files, YAML texts and maps of Python values."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nnspec.errors import Document, NnspecError, SpecError, typed
from nnspec.language import writer
from nnspec.language.located import LocatedMap
from nnspec.language.located_values import located_values
from nnspec.options.component import to_plain
from nnspec.spec.document import Spec
from nnspec.spec.inheritance import extended, parse_map
from nnspec.spec.loader import UnresolvedSpec, read_draft, unresolved
from nnspec.spec.python_values import yaml_values
from nnspec.spec.resolver import with_overrides

SpecSource = Spec | str | os.PathLike[str] | Mapping[str, Any]
Overrides = Iterable[str] | Mapping[str, Any]

_DOCUMENT = "spec"  # what messages call a text or a map
_OVERRIDES = "overrides"
_YAML = re.compile(r"\n|:\s")  # what no path of a file has


def load(source: SpecSource, overrides: Overrides = ()) -> Spec:
    """The spec in a YAML file, a YAML text or a map of Python values, with some values changed.

    A text with a line break, or a colon before a space, is YAML; any other is the path of a file.
    Paths in a text or a map start at the working directory, those in a file at its folder.
    `overrides` are words as on the command line, or a map from dotted paths to values.

    Raises SpecError with every mistake, each with its place.

    >>> import nnspec
    >>> spec = nnspec.load("network: {input_shape: [4], layers: [{dense: 3}]}")
    >>> nnspec.load(spec, {"network.layers.0.units": 8}).network.layers[0].units
    8
    """
    texts = _texts(overrides)
    if isinstance(source, Spec) and not texts:
        return source
    draft = _draft(source)
    return draft._replace(root=with_overrides(draft.root, texts, _OVERRIDES)).spec()


def _draft(source: Any) -> UnresolvedSpec:
    """The document of a spec, before its `${...}` are filled in."""
    if isinstance(source, Spec):
        return unresolved(source)
    if isinstance(source, Mapping):
        return _with_bases(located_values(_plain(dict(source)), _DOCUMENT))
    if isinstance(source, str) and _YAML.search(source):
        return _with_bases(parse_map(Document(_DOCUMENT, source)))
    return read_draft(source)


def _with_bases(root: LocatedMap) -> UnresolvedSpec:
    """The document of a map, laid over the files that it extends."""
    folder = Path.cwd()
    return UnresolvedSpec(extended(root, folder).copy(), folder)


def _plain(values: Any) -> Any:
    """Values as YAML can write them; a SpecError where a value holds itself."""
    try:
        return to_plain(yaml_values(values))
    except RecursionError:
        raise SpecError("the spec's values are too deep, or hold themselves") from None


def _texts(overrides: Any) -> list[str]:
    """Overrides as words `key.path=value`."""
    if isinstance(overrides, Mapping):
        return [f"{path}={_value(value)}" for path, value in overrides.items()]
    listed = isinstance(overrides, Iterable) and not isinstance(overrides, str | bytes)
    texts = list(overrides) if listed else [overrides] if overrides is not None else []
    if not listed or not all(isinstance(text, str) for text in texts):
        hint = "such as {'train.epochs': 1} or ['train.epochs=1']"
        raise NnspecError(f"overrides are a map or a list of texts, not {typed(overrides)}", hint)
    return texts


def _value(value: Any) -> str:
    """A value of an override on one line of YAML."""
    return writer.dump_flow(_plain(value))
