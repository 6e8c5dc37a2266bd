"""`nnspec explain`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import indent

import click

from nnspec import catalog, explain
from nnspec.cli import braille, options
from nnspec.cli.output import say, say_json
from nnspec.component import Component
from nnspec.words import a, listed

_WIDTH, _HEIGHT = 30, 6  # of a plot, in characters


@click.command()
@click.argument("name", required=False)
@options.as_json
def command(name: str | None, as_json: bool) -> None:
    """Explain NAME: its formula, its options, how it is written, an example.

    NAME is any layer, activation, loss, optimizer, initializer, regularizer, schedule, metric,
    preparation, source, sampler or pruner, or one of these families; without it, all are listed.
    """
    if name is None:
        say_json(explain.kinds()) if as_json else say(_listing(explain.kinds()))
        return
    found = explain.classes(name)
    family = explain.kinds().get(name, {})
    if as_json:
        of_family = catalog.classes(name) if family else []
        say_json([explain.explain(cls).plain() for cls in dict.fromkeys([*found, *of_family])])
        return
    pages = ["\n\n".join(_parts(cls)) for cls in found]
    say("\n\n\n".join([*pages, *([_listing({name: family})] if family else [])]))


def _listing(families: Mapping[str, Mapping[str, str]]) -> str:
    width = max(len(kind) for kinds in families.values() for kind in kinds)
    return "\n\n".join(
        "\n".join([family, *(f"  {kind:<{width}}  {about}" for kind, about in kinds.items())])
        for family, kinds in families.items()
    )


def _parts(cls: type[Component]) -> Iterator[str]:
    """The paragraphs about a class."""
    entry = explain.explain(cls)
    yield f"{entry.kind}: {listed([a(family) for family in entry.families], 'and')}"
    yield indent(entry.about, "  ")
    yield "\n".join(["written", *(f"  {form}" for form in entry.forms)])
    if entry.options:
        width = max(len(option.name) for option in entry.options)
        yield "\n".join(["options", *(_option(option, width) for option in entry.options)])
    if entry.examples:
        yield "\n".join(["examples", *(indent(example, "  ") for example in entry.examples)])
    if "activation" in entry.families or "loss" in entry.families:
        yield from _plots(cls)


def _option(option: explain.Option, width: int) -> str:
    notes = [
        *(["required"] if option.required else []),
        *(["primary"] if option.primary else []),
        *([f"default {explain.written(option.default)}"] if option.default is not None else []),
    ]
    said = f"{option.type}; {', '.join(notes)}" if notes else option.type
    return f"  {option.name:<{width}}  {said}"


def _plots(cls: type[Component]) -> Iterator[str]:
    """The function and its derivative, where it has one variable."""
    from nnspec.curves import curve  # only plots need NumPy

    found = curve(cls)
    if found:
        x = found.x.tolist()
        left = braille.plot(found.said, x, found.y.tolist(), _WIDTH, _HEIGHT)
        right = braille.plot("its derivative", x, found.slope.tolist(), _WIDTH, _HEIGHT)
        yield indent("\n".join(braille.beside(left, right)), "  ")
