"""The spec that an argument SPEC|RUN names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nnspec.cli.output import print_note
from nnspec.spec import loader
from nnspec.spec.document import Spec


def spec_of(path: Path, overrides: Sequence[str] = ()) -> Spec:
    """The spec in a file, or that of a run, whose values cannot be changed."""
    if not path.is_dir():
        return loader.load(path, overrides)
    from nnspec.runs.folder import RunFolder  # imports NumPy

    run = RunFolder.open(path, print_note)
    run.refuse_overrides(overrides)
    return run.spec()
