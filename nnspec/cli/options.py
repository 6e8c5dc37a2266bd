"""Click arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])

spec = click.argument("spec", type=click.Path(path_type=Path))
overrides = click.argument("overrides", nargs=-1, metavar="[KEY.PATH=VALUE]...")
run_folder = click.argument("run_folder", metavar="RUN", type=click.Path(path_type=Path))
as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object, nothing else."
)


precision = click.option(
    "--precision",
    type=click.Choice(["float32", "float64", "exact"]),
    default="float32",
    show_default=True,
    help="exact: float64, weights rounded to float32 after each update.",
)


backend = click.option(
    "--backend",
    default="numpy",
    show_default=True,
    help="numpy, torch, keras, keras:torch, keras:jax, or a plug-in's.",
)


def compute_options(command: Command) -> Command:
    """Add --backend, --device and --precision to a command."""
    device = click.option(
        "--device",
        default="cpu",
        show_default=True,
        help="What it computes on.",
    )
    return backend(device(precision(command)))
