"""The specs that words of the command line name: files and runs, or specs of the gallery."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click

from nnspec.cli.arguments import argument_path, is_override, lacks_spec
from nnspec.errors import (
    NnspecError,
    Problem,
    argument_place,
    did_you_mean,
    nearest,
    visible,
)


class SpecWords(NamedTuple):
    """The path of a spec or a run, words that change values of the spec, and what was written."""

    path: Path
    overrides: tuple[str, ...]
    text: str


def spec_words(path: Path) -> SpecWords:
    """What a path means: itself or, where nothing is there, the spec of the gallery so named."""
    if not os.path.lexists(path) and path.name == str(path):
        from nnspec.spec.gallery import find  # few words name one

        found = find(path.name)
        if found is not None:
            return SpecWords(*found, str(path))
    return SpecWords(path, (), str(path))


def check_exists(path: Path) -> None:
    """Raise a located error where a spec or a run is missing."""
    if not os.path.lexists(path):
        message = f"cannot read {visible(str(path))}: No such file or directory"
        raise NnspecError(Problem(message, argument_place(str(path)), name_meant(path)))


def name_meant(path: Path) -> str:
    """A hint at the name of the gallery that a path without a folder may mean; else empty."""
    from nnspec.spec.gallery import names

    known = list(names())
    is_name = path.name == str(path) and not path.suffix
    return did_you_mean(path.name, known) if is_name and nearest(path.name, known) else ""


def several_specs(
    _: click.Context, __: click.Parameter, words: Sequence[str]
) -> tuple[SpecWords, ...]:
    """Specs, and words with a `=` that name no file, which change values of the only spec."""
    overrides = tuple(filter(is_override, words))
    found = [spec_words(argument_path(word)) for word in words if word not in overrides]
    if not found:
        raise lacks_spec(overrides[0])
    if overrides and len(found) > 1:
        message = f"there are {len(found)} specs, and {overrides[0]} changes a value of only one"
        raise click.UsageError(f"{message}: check each by itself")
    return tuple(one._replace(overrides=(*one.overrides, *overrides)) for one in found)


def specs_in_turn(
    _: click.Context, __: click.Parameter, words: Sequence[str]
) -> tuple[SpecWords, ...]:
    """Specs, each with the words behind it that change its values."""
    found: list[SpecWords] = []
    for word in words:
        if not is_override(word):
            found.append(spec_words(argument_path(word)))
            check_exists(found[-1].path)
        elif not found:
            raise lacks_spec(word)
        else:
            path, overrides, text = found.pop()
            found.append(SpecWords(path, (*overrides, word), f"{text} {word}"))
    return tuple(found)


SPECS = click.argument(
    "specs",
    metavar="SPEC... [KEY.PATH=VALUE]...",
    nargs=-1,
    required=True,
    callback=several_specs,
)
