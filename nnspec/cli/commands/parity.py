"""`nnspec parity`: train on several backends and compare them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.progress import Progress

from nnspec import doctor
from nnspec.cli import options
from nnspec.cli.output import print_text
from nnspec.cli.render.progress_bar import shows_bar, stderr_console
from nnspec.cli.render.tables import aligned
from nnspec.compute import Precision
from nnspec.parity.compare import Comparison, Parity, compare_backends
from nnspec.runs.atomic_files import to_json
from nnspec.spec import loader

DEFAULT_STEPS = 100
_COLUMNS = ("weights0", "forward", "gradient", "loss", "weights")


class _Steps(click.ParamType[int | None]):
    """Parameter type: a number of updates, or `all`, which is None."""

    name = "N|all"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | None:
        if value == "all":
            return None
        if not str(value).isdecimal() or int(str(value)) < 1:
            self.fail(f"{value!r} is neither a number of updates nor 'all'", param, ctx)
        return int(str(value))


@click.command()
@options.spec_and_overrides
@click.option("--backends", help="The first is the reference. Default: all.")
@click.option("--against", multiple=True, help="Compare NumPy with this one, such as keras:jax.")
@click.option("--steps", type=_Steps(), default=DEFAULT_STEPS, show_default=True,
              help="Updates to compare, or `all` for the spec's whole training.")  # fmt: skip
@options.precision
@options.as_json
def command(
    spec: Path, overrides: tuple[str, ...], backends: str | None, against: Sequence[str],
    steps: int | None, precision: Precision, as_json: bool,
) -> int:  # fmt: skip
    """Train SPEC on several backends from the same start, and say where they first differ.

    Compared are the initial weights, outputs, losses, every gradient, the weights after each
    update, and the metrics at the end; differences are relative. Exit code 1 where a backend
    differs by more than rounding.
    """
    loaded = loader.load(spec, overrides)
    with Progress(console=stderr_console(), transient=True, disable=not shows_bar()) as bar:
        task = bar.add_task("comparing", total=None)
        names = _names(backends, against)
        found = compare_backends(
            loaded,
            names,
            precision,
            steps,
            lambda done, of: bar.update(task, completed=done, total=of),
        )
    print_text(to_json(found.plain()) if as_json else _report(found))
    return 0 if found.agree else 1


def _names(backends: str | None, against: Sequence[str]) -> list[str]:
    if backends and against:
        raise click.UsageError("--backends names all of them, --against one: give one of the two")
    names = backends.split(",") if backends else ["numpy", *against]
    if not backends and not against:
        names = doctor.backends()
    unique = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    if len(unique) < 2:
        raise click.UsageError("parity compares at least two backends; see `nnspec doctor`")
    return unique


def _report(found: Parity) -> str:
    """A table with a line for each backend, the first differences, and the weights' hashes."""
    rows = [["", *_COLUMNS, "accuracy"]]
    rows += [[name, *_cells(one)] for name, one in found.backends.items()]
    head = (
        f"largest relative differences from {found.reference}, "
        f"{found.steps} updates in {found.precision}"
    )
    lines = [head, "", aligned(rows), ""]
    lines += [_first_difference(name, one) for name, one in found.backends.items()]
    hashes = {found.reference: found.weights_sha256}
    hashes |= {name: one.weights_sha256 for name, one in found.backends.items()}
    return "\n".join([*lines, "", *(f"weights {sha}  {name}" for name, sha in hashes.items())])


def _cells(one: Comparison) -> list[str]:
    numbers = [f"{getattr(one, column):.1e}" for column in _COLUMNS]
    return [*numbers, "" if one.accuracy is None else f"{one.accuracy:.4f}"]


def _first_difference(name: str, one: Comparison) -> str:
    """A sentence about where a backend first differs beyond rounding."""
    first = one.first_difference
    if first is None:
        return f"{name}: nothing beyond rounding"
    return (
        f"{name}: first beyond rounding at update {first.step + 1}: "
        f"{first.what} of {first.name}, {first.amount:.1e}"
    )
