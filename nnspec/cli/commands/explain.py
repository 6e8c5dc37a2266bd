"""`nnspec explain`: describe components, and plot functions of one variable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import indent

import click

from nnspec.cli import options, output_option
from nnspec.cli.output import print_json, print_text
from nnspec.cli.render import braille
from nnspec.errors import NnspecError, Problem, argument_place
from nnspec.explain import entries
from nnspec.explain.describe_type import listed
from nnspec.options import registry
from nnspec.options.component import Component

_WIDTH, _HEIGHT = 30, 6  # of a plot, in characters


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@output_option.image_option(
    "A picture of the functions and their derivatives, a .png or .svg file."
)
@options.as_json
def command(names: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Explain NAME: its formula, its options, how it is written, an example.

    NAME is any layer, activation, loss, optimizer, initializer, regularizer, constraint,
    schedule, metric, preprocessing, augmentation, source, callback, tracker, sampler or pruner,
    or one of these families; without it, all are listed. Several activations, or several losses,
    are drawn in one picture.
    """
    if not names:
        _refuse_empty_picture(out)
        print_json(entries.kinds()) if as_json else print_text(_listing(entries.kinds()))
        return
    found = list(dict.fromkeys(cls for name in names for cls in entries.classes(name)))
    families = {name: entries.kinds()[name] for name in names if name in entries.kinds()}
    if out:
        _draw(found, out)
    if as_json:
        of_families = [cls for family in families for cls in registry.classes(family)]
        print_json([entries.explain(cls).plain() for cls in dict.fromkeys([*found, *of_families])])
        return
    descriptions = ["\n\n".join(_parts(cls)) for cls in found]
    print_text("\n\n\n".join([*descriptions, *([_listing(families)] if families else [])]))


def _refuse_empty_picture(out: Path | None) -> None:
    if out:
        raise click.UsageError("say what to draw: an activation or a loss")


def _draw(classes: Sequence[type[Component]], out: Path) -> None:
    """Draw functions of the same variable, with their derivatives."""
    from nnspec.explain.curves import comparison_curves, curve
    from nnspec.plotting import curves, style

    missing = [cls.kind for cls in classes if curve(cls) is None]
    if missing or not classes:
        what = listed(missing, "and") if missing else "a family"
        message = f"{what} cannot be drawn: only functions of one variable have a curve"
        raise NnspecError(Problem(message, argument_place(str(out), "-o")))
    found = comparison_curves(classes)
    if len({one.variable for one in found.values()}) > 1:
        message = "an activation and a loss have different variables; draw them apart"
        raise NnspecError(Problem(message, argument_place(str(out), "-o")))
    title = entries.explain(classes[0]).about.partition("\n")[0] if len(classes) == 1 else ""
    style.save(out, curves.SIZE, lambda figure: curves.paint(figure, title, found))


def _listing(families: Mapping[str, Mapping[str, str]]) -> str:
    """A block of lines for each family: its kinds with their summaries."""
    width = max(len(kind) for kinds in families.values() for kind in kinds)
    return "\n\n".join(
        "\n".join([family, *(f"  {kind:<{width}}  {about}" for kind, about in kinds.items())])
        for family, kinds in families.items()
    )


def _parts(cls: type[Component]) -> Iterator[str]:
    """The paragraphs about a component class."""
    entry = entries.explain(cls)
    yield f"{entry.kind}: {listed(list(map(registry.with_article, entry.families)), 'and')}"
    yield indent(entry.about, "  ")
    if not entry.exact:
        yield "precision exact\n  does not give equal bits on all backends"
    yield "\n".join(["written", *(f"  {form}" for form in entry.forms)])
    if entry.options:
        width = max(len(option.name) for option in entry.options)
        yield "\n".join(["options", *(_option(option, width) for option in entry.options)])
    if entry.examples:
        yield "\n".join(["examples", *(indent(example, "  ") for example in entry.examples)])
    if "activation" in entry.families or "loss" in entry.families:
        yield from _plots(cls)


def _option(option: entries.Option, width: int) -> str:
    notes = [
        *(["required"] if option.required else []),
        *(["primary"] if option.primary else []),
        *(
            [f"default {entries.to_flow_yaml(option.default)}"]
            if option.default is not None
            else []
        ),
    ]
    text = f"{option.type}; {', '.join(notes)}" if notes else option.type
    return f"  {option.name:<{width}}  {text}"


def _plots(cls: type[Component]) -> Iterator[str]:
    """Plots of a function of one variable and its derivative."""
    from nnspec.explain.curves import curve  # imported late: only plots need NumPy

    found = curve(cls)
    if found:
        x = found.x.tolist()
        left = braille.plot(f"{found.value} {found.note}", x, found.y.tolist(), _WIDTH, _HEIGHT)
        right = braille.plot("its derivative", x, found.slope.tolist(), _WIDTH, _HEIGHT)
        yield indent("\n".join(braille.side_by_side(left, right)), "  ")
