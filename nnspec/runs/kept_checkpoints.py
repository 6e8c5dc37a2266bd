"""Checkpoints of a run that are kept: `checkpoint/step-<n>.safetensors`.

Each is the newest checkpoint as it was after n batches: another name of its file, or a copy where
the file system has no such names. Files of checkpoints are replaced and never changed, so it stays.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from nnspec.errors import RunError, visible
from nnspec.runs import atomic_files
from nnspec.runs.file_names import CHECKPOINTS, NEWEST_CHECKPOINT

_NAME = re.compile(r"step-(\d+)\.safetensors")


def kept_path(run: Path, step: int) -> Path:
    """The file of the checkpoint that is kept after `step` batches."""
    return run / CHECKPOINTS / f"step-{step}.safetensors"


def kept_steps(run: Path) -> list[int]:
    """The steps of the checkpoints that a run keeps, the newest first."""
    names = (_NAME.fullmatch(path.name) for path in (run / CHECKPOINTS).glob("step-*"))
    return sorted((int(name[1]) for name in names if name), reverse=True)


def keep_checkpoint(run: Path, step: int, count: int) -> None:
    """Keep the newest checkpoint, which is that after `step` batches, and `count` in all.

    Older ones go when the new one is whole, and so do those of later steps: the run went on from
    before them. Raises RunError, and keeps those that there are, where the disk is full.
    """
    folder = run / CHECKPOINTS
    _link_or_copy(folder / NEWEST_CHECKPOINT, kept_path(run, step))
    steps = kept_steps(run)
    earlier = [other for other in steps if other <= step]
    for other in {*steps} - {*earlier[:count]}:
        try:
            kept_path(run, other).unlink(missing_ok=True)
        except OSError as error:
            where = visible(str(kept_path(run, other)))
            raise RunError(f"cannot remove {where}: {error.strerror}") from None
    atomic_files.sync_folder(folder)


def _link_or_copy(path: Path, name: Path) -> None:
    """Give a file another name, atomically, or copy it where that cannot be."""
    temporary = name.parent / f".{name.name}.{os.getpid()}.part"
    try:
        temporary.unlink(missing_ok=True)
        temporary.hardlink_to(path)
        temporary.replace(name)
        temporary.unlink(missing_ok=True)  # where both were names of one file already
    except OSError:
        atomic_files.write_chunks(name, atomic_files.read_blocks(path))
