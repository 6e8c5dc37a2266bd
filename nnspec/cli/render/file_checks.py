"""Text of the verification of a run: a line for each of its files."""

from __future__ import annotations

from collections.abc import Sequence

from nnspec.errors import visible
from nnspec.runs.verification import FileCheck


def checks_text(run: str, files: Sequence[FileCheck]) -> str:
    """A heading that says whether the run is whole, and a line for each file below."""
    damaged = sum(bool(one.damage) for one in files)
    said = f"{damaged} of {len(files)} files damaged or changed" if damaged else "whole"
    sizes = ["" if one.size is None else f"{one.size:,}" for one in files]
    names = [visible(one.name) for one in files]
    wide, long = max(map(len, sizes)), max(map(len, names))
    lines = [
        f"  {name:{long}}  {size:>{wide}}  {one.damage or 'whole'}"
        for name, size, one in zip(names, sizes, files, strict=True)
    ]
    hint = f"put copies back, or accept what is there: nnspec verify {visible(run)} --accept FILE"
    return "\n".join([f"{visible(run)}: {said}", *lines, *([hint] if damaged else [])])
