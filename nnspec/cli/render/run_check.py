"""Text of the verification of a run: a line for each file, and one for the first updates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnspec.errors import visible
from nnspec.runs.difference_causes import cause_lines
from nnspec.runs.first_updates_check import FirstUpdatesCheck
from nnspec.runs.verification import FileCheck


def check_text(run: str, files: Sequence[FileCheck], updates: FirstUpdatesCheck | None) -> str:
    """A heading that says whether the files are whole, a line for each, and the first updates."""
    damaged = sum(bool(one.damage) for one in files)
    said = f"{damaged} of {len(files)} files damaged or changed" if damaged else "whole"
    hint = f"put copies back, or accept what is there: nnspec verify {visible(run)} --accept FILE"
    lines = [f"{visible(run)}: {said}", *_file_lines(files), *([hint] if damaged else [])]
    return "\n".join([*lines, *(_update_lines(updates) if updates else [])])


def _file_lines(files: Sequence[FileCheck]) -> Iterator[str]:
    """A line for each file: name, size, and what is wrong with it."""
    sizes = ["" if one.size is None else f"{one.size:,}" for one in files]
    names = [visible(one.name) for one in files]
    wide, long = max(map(len, sizes)), max(map(len, names))
    for name, size, one in zip(names, sizes, files, strict=True):
        yield f"  {name:{long}}  {size:>{wide}}  {one.damage or 'whole'}"


def _update_lines(check: FirstUpdatesCheck) -> Iterator[str]:
    """Whether the first updates give the same weights again; why they do not."""
    if check.recorded is None:
        yield "first updates: the run has recorded no weights after them"
        return
    count = check.recorded.updates
    name = f"first {count:,} updates" if count > 1 else "first update"
    if check.comparison == "same":
        yield f"{name}: same weights"
    elif check.comparison == "not replayed":
        yield f"{name}: not made again: {visible(check.reason)}"
    else:
        yield f"{name}: {'other weights' if check.weights_sha256 else 'no such weights'}"
        yield from (f"  {visible(line)}" for line in cause_lines(check.causes, check.changes))
        if check.weights_sha256 and check.precision != "exact":
            promise = "equal bits are promised on the same machine, with the same versions"
            yield f"  in {check.precision} {promise}"
