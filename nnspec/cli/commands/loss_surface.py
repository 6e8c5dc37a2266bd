"""`nnspec loss-surface`: show the loss over one or two weights, with gradient descents."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import click
from rich.progress import Progress

from nnspec.analysis.loss_surface.coordinates import parse_coordinates
from nnspec.analysis.loss_surface.descent import Descent
from nnspec.analysis.loss_surface.surface import Surface, SurfaceOptions, compute_surface
from nnspec.cli import options, output_option
from nnspec.cli.output import print_json, print_text
from nnspec.cli.render import loss_surface
from nnspec.cli.render.progress_bar import is_terminal, stderr_console
from nnspec.cli.render.tables import aligned
from nnspec.compute import ComputeConfig, Precision
from nnspec.spec import loader
from nnspec.training.session import TrainingSession

_CURVE, _MAP = 201, 41  # points along an axis, for one weight and for two
_SEPARATOR = re.compile(r",(?![^\[]*\])")  # a comma that is not inside an index


def _rates(_: click.Context, __: click.Parameter, text: str | None) -> tuple[float, ...]:
    """Parse positive numbers separated by commas."""
    try:
        rates = tuple(float(one) for one in text.split(",")) if text else ()
    except ValueError:
        rates = (0.0,)
    if not all(0 < rate < float("inf") for rate in rates):
        raise click.BadParameter(f"{text!r} is no list of numbers above 0, such as 0.01,0.1,1")
    return tuple(dict.fromkeys(rates))


@click.command("loss-surface")
@options.spec_and_overrides
@click.option("--weights", metavar="NAME[INDEX],...",
              help="One or two trained numbers, such as 'dense/kernel[0,0],dense/bias[0]'.  "
                   "[default: all, where there are no more]")  # fmt: skip
@click.option("--rates", metavar="RATE,...", callback=_rates,
              help="Learning rates.  [default: 0.1, 1 and 2.2 by the curvature]")  # fmt: skip
@click.option("--updates", type=click.IntRange(min=1), default=100, show_default=True,
              help="Made at each rate.")  # fmt: skip
@click.option("--batch-size", type=click.IntRange(min=1),
              help="Rows of an update.  [default: all]")  # fmt: skip
@click.option("--points", type=click.IntRange(min=3, max=1001),
              help=f"Along an axis.  [default: {_CURVE} for one, {_MAP} for two]")  # fmt: skip
@output_option.image_option(
    "A picture: the curve, or contours, with the ways down; a .png or .svg file."
)
@options.compute_options
@options.as_json
def command(
    spec: Path, overrides: tuple[str, ...], weights: str | None, rates: tuple[float, ...],
    updates: int, batch_size: int | None, points: int | None, out: Path | None, backend: str,
    device: str, precision: Precision, as_json: bool,
) -> None:  # fmt: skip
    """Show the loss of SPEC over one or two weights, and gradient descent on it.

    The other weights keep their initial values. Descent is plain, w <- w - rate * gradient,
    whatever the spec's optimizer is. The grid lies around the lowest point that Newton's method
    finds from the start; the curvature is measured there and at the start, by differences of the
    gradient. The loss is that of evaluation, over all training rows.
    """
    changes = options.with_option(overrides, "--batch-size", "train.batch_size", batch_size)
    session = TrainingSession.prepare(
        loader.load(spec, changes), ComputeConfig(backend, precision, device)
    )
    coordinates = parse_coordinates(
        session.graph,
        [] if weights is None else _SEPARATOR.split(weights),
        session.spec.locate_key("network"),
    )
    points = points or (_CURVE if len(coordinates) == 1 else _MAP)
    surface_options = SurfaceOptions(rates, updates, points, batch_size or "all")
    with Progress(
        console=stderr_console(), transient=True, disable=not is_terminal(sys.stderr)
    ) as bar:
        surface = compute_surface(session, coordinates, surface_options, _on_progress(bar))
    if out:
        _draw(surface, out)
    if as_json:
        print_json({**surface.plain(), "picture": str(out) if out else None})
    else:
        print_text(_report(surface, out))


def _on_progress(bar: Progress) -> Callable[[int, int], None]:
    """A callback that advances a new task of the bar."""
    task = bar.add_task("computing", total=None)
    return lambda done, of: bar.update(task, completed=done, total=of)


def _draw(surface: Surface, out: Path) -> None:
    from nnspec.plotting import loss_surface as figure
    from nnspec.plotting import style

    outcomes = {descent.rate: _outcome(descent) for descent in surface.descents}
    style.save(out, figure.SIZE, lambda canvas: figure.paint(canvas, surface, outcomes))


def _report(surface: Surface, out: Path | None) -> str:
    minimum = surface.minimum
    found = f"lowest point found: {_coordinates(surface, minimum.point)}, loss {minimum.loss:.4g}"
    curvature = f"{minimum.curvature:.4g}"
    stable = f"curvature {curvature}: a rate above 2 / {curvature} = "
    parts = [
        "\n".join(loss_surface.surface_lines(surface)),
        f"start: {_coordinates(surface, surface.start)}\n{found}",
        _table(surface),
    ]
    if minimum.curvature > 0:
        parts[1] += f"\n{stable}{2 / minimum.curvature:.3g} overshoots more and more"
    if surface.deeper:
        lower = f"{_coordinates(surface, surface.deeper)} is lower still"
        parts.append(f"{lower}: descent ends in the valley where it starts, not in the deepest")
    return "\n\n".join([*parts, *([f"drawn in {out}"] if out else [])])


def _table(surface: Surface) -> str:
    head = ("", "rate", *surface.weights, "loss", "")
    rows = [
        (
            str(number),
            f"{one.rate:g}",
            *(f"{w:.4g}" for w in one.points[-1]),
            f"{one.losses[-1]:.4g}",
        )
        for number, one in enumerate(surface.descents, start=1)
    ]
    lines = aligned([head[:-1], *rows]).splitlines()
    outcomes = ["", *map(_outcome, surface.descents)]
    return "\n".join(f"{line}  {text}".rstrip() for line, text in zip(lines, outcomes, strict=True))


def _outcome(descent: Descent) -> str:
    """How a descent ends, in words."""
    made, away = _updates(descent.updates), f"{descent.distance:.2g} away"
    if descent.end == "converges":
        return f"converges after {made}" if descent.updates else "stays: the gradient is 0"
    if descent.end == "diverges" and not descent.updates:
        return "diverges at the first update"
    return {
        "slow": f"still {away} after {made}",
        "oscillates": f"oscillates, {away} after {made}",
        "stalls": f"stalls {away}: its updates are next to 0",
        "diverges": f"diverges: the loss is {descent.losses[-1]:.2g} after {made}",
    }[descent.end]


def _updates(count: int) -> str:
    return f"{count} update{'s' if count != 1 else ''}"


def _coordinates(surface: Surface, point: Iterable[float]) -> str:
    """The coordinates of a point by name."""
    return ", ".join(f"{n} = {v:.4g}" for n, v in zip(surface.weights, point, strict=True))
