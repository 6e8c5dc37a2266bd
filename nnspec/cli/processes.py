"""The option --processes: a command that several processes work on together."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

import click

from nnspec.distributed.environment import is_started_by_torchrun
from nnspec.distributed.join import check_backend, joined_processes, run_worker
from nnspec.distributed.launch import launch

Command = Callable[..., int]


def in_processes(command: Command) -> Command:
    """Add --processes to a command; each process under torchrun does its part of the work."""

    @click.option("--processes", type=click.IntRange(min=1), metavar="N",
                  help="How many processes of this machine share the work (torch).")  # fmt: skip
    @wraps(command)
    def wrapped(processes: int | None, **options: object) -> int:
        if processes is not None and not is_started_by_torchrun():
            if isinstance(backend := options.get("backend"), str):
                check_backend(backend, processes)
            return launch(click.get_current_context().find_root().obj, processes)
        with joined_processes() as is_coordinator:
            return command(**options) if is_coordinator else run_worker()

    return wrapped
