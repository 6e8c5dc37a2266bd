"""Order of the sections of a spec's text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from nnspec.errors import Document
from nnspec.language import reader
from nnspec.language.located import LocatedMap

_ORDER = (  # those of one group keep the order in which they are written
    ("extends", "name"),
    ("vars",),
    ("blocks", "data"),
    ("network",),
    ("loss", "loss_weights", "optimizer", "metrics"),
    ("train", "tune", "track"),
    ("expect",),
    ("silence",),
)
_RANK = {name: rank for rank, names in enumerate(_ORDER) for name in names}


_KEPT_BREAKS = re.compile(r"[|>]\d?\+")  # a text whose value has the blank lines after it


class _Section(NamedTuple):
    """The lines of a section, with the comments above it; `rank` is its place in the order."""

    rank: int
    lines: Sequence[str]


def order_sections(document: Document) -> str:
    """The text of a formatted spec with its sections in order.

    The comments above a section move with it. Those at the start of the file stay there, up to a
    blank line if there is one, and so do those at its end. Blank lines stay between the same
    numbers of sections. An unknown section stays behind the one above it.
    """
    root = reader.parse(document)
    keys = root.key_places if isinstance(root, LocatedMap) else {}
    lines = document.text.splitlines()
    is_movable = lines[-1:] != ["..."] and not _KEPT_BREAKS.search(document.text)
    if not is_movable or any(place.column for place in keys.values()):
        return document.text
    ranks = _ranks(list(keys))
    if ranks == sorted(ranks):
        return document.text
    return _reordered(lines, [place.line for place in keys.values()], ranks)


def _ranks(names: Sequence[str]) -> list[int]:
    ranks = [0]
    for name in names:
        ranks.append(_RANK.get(name, ranks[-1]))
    return ranks[1:]


def _reordered(lines: Sequence[str], keys: Sequence[int], ranks: Sequence[int]) -> str:
    starts = [_first_start(lines, keys[0])]
    starts += [_start(lines, key) for key in keys[1:]]
    end = _start(lines, len(lines))  # comments at the end of the file are no section's
    sections = [
        _Section(rank, lines[start:stop])
        for rank, start, stop in zip(ranks, starts, [*starts[1:], end], strict=True)
    ]
    blanks = [list(_leading_blanks(section.lines)) for section in sections]
    ordered = sorted(sections, key=lambda section: section.rank)
    moved = (
        [*blank, *section.lines[len(list(_leading_blanks(section.lines))) :]]
        for blank, section in zip(blanks, ordered, strict=True)
    )
    texts = [*lines[: starts[0]], *chain.from_iterable(moved), *lines[end:]]
    return "".join(f"{line}\n" for line in texts)


def _start(lines: Sequence[str], key: int) -> int:
    """Where the comments and blank lines start that stand directly above a line."""
    while key and (not lines[key - 1] or lines[key - 1].startswith("#")):
        key -= 1
    return key


def _first_start(lines: Sequence[str], key: int) -> int:
    """Where the first section starts: below the comments of the file."""
    start = key
    while start and lines[start - 1].startswith("#"):
        start -= 1
    is_own = start and not lines[start - 1]  # a blank line parts them from those of the file
    return start if is_own else key


def _leading_blanks(lines: Sequence[str]) -> Sequence[str]:
    return lines[: next((i for i, line in enumerate(lines) if line), len(lines))]
