"""`nnspec show`: print a resolved spec, or where its values come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from nnspec.cli import options
from nnspec.cli.output import place_json, print_json, print_text
from nnspec.errors import SourceSpan, visible
from nnspec.language.writer import dump
from nnspec.spec import loader
from nnspec.spec.provenance import Origin, Provenance
from nnspec.spec.provenance import Path as ValuePath

_WIDTH = 60  # characters of a value
_OVERRIDE = "command line"  # the name of an override's document


@click.command()
@options.spec_and_overrides
@click.option("--why", metavar="PATH", help="Print where a value, or each one below it, is from.")
@options.as_json
def command(spec: Path, overrides: tuple[str, ...], why: str | None, as_json: bool) -> None:
    """Print SPEC resolved: blocks and `${...}` expanded, every default written out.

    With --why, print where the values at a path come from, such as network.layers.0.units or
    network.layers.head: a place in a file, an override, the use of a block, or a default.
    """
    loaded = loader.load(spec, overrides)
    if why is None:
        _show_spec(loaded.plain(), as_json)
        return
    provenance = Provenance(loaded)
    path = provenance.path(why)
    if as_json:
        print_json(_origins_json(provenance, path))
    else:
        print_text("\n".join(_lines(provenance, path)))


def _show_spec(values: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json({"spec": values})
    else:
        print_text(dump(values).rstrip("\n"))


# ---------------------------------------------------------------- text


def _lines(provenance: Provenance, path: ValuePath) -> list[str]:
    """A line for each value: its path, itself and its origin, in columns."""
    rows = [
        (_dotted(leaf), _shown(provenance.value(leaf)), _describe(provenance.origin(leaf)))
        for leaf in provenance.leaves(path)
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return [f"{name:{widths[0]}}  {value:{widths[1]}}  {origin}" for name, value, origin in rows]


def _shown(value: Any) -> str:
    """A value as text, cut where it is long; of a component, its kind."""
    if value and isinstance(value, dict):
        value = next(iter(value))
    text = visible(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


def _dotted(path: ValuePath) -> str:
    return visible(".".join(map(str, path)))


def _describe(origin: Origin) -> str:
    if origin.place is None:
        name = origin.default_of
        return name if " " in name else f"default of {name}"
    names = [f"{name}: {owner}, {_at(place)}" for name, owner, place in origin.names]
    uses = [use.as_use() for use in origin.place.uses()]
    return "; ".join([_at(origin.place), *names, *uses])


def _at(place: SourceSpan) -> str:
    """A place; of an override, its text."""
    document = place.document
    return f"override {visible(document.text)}" if document.name == _OVERRIDE else str(place)


# ---------------------------------------------------------------- JSON


def _origins_json(provenance: Provenance, path: ValuePath) -> dict[str, Any]:
    """The value at a path and its origin; of a section, those of each value in it."""
    leaves = list(provenance.leaves(path))
    if leaves == [path]:
        return _leaf_json(provenance, path)
    return {
        "path": _dotted(path),
        "value": provenance.value(path),
        "values": [_leaf_json(provenance, leaf) for leaf in leaves],
    }


def _leaf_json(provenance: Provenance, path: ValuePath) -> dict[str, Any]:
    origin = _origin_json(provenance.origin(path))
    return {"path": _dotted(path), "value": provenance.value(path), "from": origin}


def _origin_json(origin: Origin) -> dict[str, Any]:
    place = origin.place
    if place is None:
        return {"kind": "default", "of": origin.default_of}
    is_override = place.document.name == _OVERRIDE
    return {
        "kind": "override" if is_override else "file",
        **({"override": place.document.text} if is_override else {}),
        **place_json(place),
        "names": [
            {"name": name, "defined_by": owner, **place_json(at)}
            for name, owner, at in origin.names
        ],
        "uses": [{**place_json(use), "role": use.role or "used"} for use in place.uses()],
    }
