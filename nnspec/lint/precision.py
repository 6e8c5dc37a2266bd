"""Numbers of a spec's options, and the lint rule about those that float32 cannot hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.components.initializers.base import Initializer, rounded_in_float32
from nnspec.graph.ir import Graph, Path
from nnspec.lint.findings import Finding
from nnspec.options.component import Component
from nnspec.options.model import Model
from nnspec.spec.document import Spec

_SECTIONS = ("network", "loss", "loss_weights", "optimizer", "metrics")  # of a program


def beyond_float32(spec: Spec, graph: Graph) -> Iterator[Finding]:
    """Options that are infinite, or 0, in the precision of a run that names none.

    Of a large learning rate the divergence that it brings tells more.
    """
    for path, value in option_numbers(spec):
        rounded = rounded_in_float32(value)
        if rounded and not ("learning_rate" in path and abs(value) > 1):
            yield Finding(path, rounded)


def option_numbers(spec: Spec) -> Iterator[tuple[Path, float]]:
    """The real numbers among the options that a program's spec sets, each with its path.

    Initial weights are rounded to float32 in any precision; initializers check them themselves.
    """
    for section in _SECTIONS:
        yield from _numbers(getattr(spec, section), (section,))


def _numbers(value: Any, path: Path) -> Iterator[tuple[Path, float]]:
    if isinstance(value, float):
        yield path, value
    elif isinstance(value, Model) and not isinstance(value, Initializer):
        kind = (value.kind,) if isinstance(value, Component) else ()
        for name in value.model_fields_set:
            yield from _numbers(getattr(value, name), (*path, *kind, name))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _numbers(inner, (*path, name))
    elif isinstance(value, tuple | list):
        for index, inner in enumerate(value):
            yield from _numbers(inner, (*path, index))
