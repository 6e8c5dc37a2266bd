"""Verification of a run: each of its files against the manifest; acceptance of changed files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from nnspec.errors import Problem, RunError, argument_place, did_you_mean, quoted
from nnspec.runs.ending import read_ending
from nnspec.runs.file_names import CHECKPOINTS, FILES, MANIFEST, NEWEST_CHECKPOINT, WEIGHTS
from nnspec.runs.lock import RunLock
from nnspec.runs.manifest import FileVersion, Manifest, read_manifest, write_manifest
from nnspec.runs.verified_files import find_damage
from nnspec.runs.verified_tensors import read_verified_tensors


class FileCheck(NamedTuple):
    """A file of a run, and what is wrong with it: nothing where it is whole."""

    name: str
    size: int | None  # in bytes; None where it is no file
    damage: str = ""


def check_files(run: Path) -> Iterator[FileCheck]:
    """Compare each file of a run with the manifest; without a manifest, there is nothing to say.

    Files that are not the run's own, such as tables of predictions, are left out.
    """
    try:
        listed = read_manifest(run)
    except RunError as error:
        yield FileCheck(MANIFEST, _size(run / MANIFEST), error.problems[0].message)
        return
    yield FileCheck(MANIFEST, _size(run / MANIFEST))
    for name in sorted({*listed, *_present(run)} - {MANIFEST}):
        yield _check(run, name)
    checkpoints = sorted((run / CHECKPOINTS).glob("*.safetensors"))
    if not checkpoints and WEIGHTS in listed and read_ending(run).status != "imported":
        yield FileCheck(
            f"{CHECKPOINTS}/{NEWEST_CHECKPOINT}", None, "it is missing: the run cannot go on"
        )
    for path in checkpoints:
        yield _check_checkpoint(path)


def accept(run: Path, names: Sequence[str]) -> None:
    """Put files into the manifest as they are; of `manifest.json`, all files of the run.

    A file that is gone is taken out of it. Raises RunError of another name, and where another
    process is writing the run.
    """
    lock = RunLock.acquire(run, lambda _: None)
    try:
        manifest = {} if MANIFEST in names else dict(read_manifest(run))
        for name in names:
            _refuse_unknown(name, manifest)
        for name in _present(run) if MANIFEST in names else names:
            manifest.pop(name, None)
            if (run / name).is_file():
                manifest[name] = (FileVersion.of_file(run / name),)
        write_manifest(run, manifest)
    finally:
        if lock:
            lock.release()


def _check(run: Path, name: str) -> FileCheck:
    path = run / name
    try:
        damage = find_damage(run, name, partial(FileVersion.of_file, path))
    except RunError as error:
        damage = error.problems[0].message
    return FileCheck(name, _size(path), damage)


def _check_checkpoint(path: Path) -> FileCheck:
    """A checkpoint, which has its SHA-256 in itself: the manifest does not list it."""
    try:
        read_verified_tensors(path)
    except RunError as error:
        return FileCheck(f"{CHECKPOINTS}/{path.name}", _size(path), error.problems[0].message)
    return FileCheck(f"{CHECKPOINTS}/{path.name}", _size(path))


def _present(run: Path) -> list[str]:
    """The names of a run's own files that are in its folder, and in the manifest."""
    own = (name for name in FILES if name != MANIFEST and not name.startswith(f"{CHECKPOINTS}/"))
    return [name for name in own if (run / name).exists()]


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _refuse_unknown(name: str, manifest: Manifest) -> None:
    known = list(dict.fromkeys([*FILES, *manifest]))
    if name.startswith(f"{CHECKPOINTS}/"):
        message = f"{quoted(name)} has its SHA-256 in itself: a changed one is of no use"
        raise RunError(Problem(message, argument_place(name, "--accept")))
    if name not in known:
        message = f"a run has no file {quoted(name)}"
        raise RunError(
            Problem(message, argument_place(name, "--accept"), did_you_mean(name, known))
        )
