"""`nnspec lint`: advise on valid specs."""

from __future__ import annotations

from pathlib import Path

import click

from nnspec.cli import options
from nnspec.cli.commands.check import MISSED, SpecCheck, check, exit_code, plain, show, show_advice
from nnspec.cli.output import print_json, print_text
from nnspec.cli.spec_words import SPECS, SpecWords


@click.command()
@SPECS
@options.as_json
def command(specs: tuple[SpecWords, ...], as_json: bool) -> int:
    """Advise on each SPEC: what is valid and yet learns badly, with the reason.

    A piece of advice is silenced in the spec by its code: `silence: [learning-rate]`. The exit
    code is 0 unless a spec is wrong. Words like train.epochs=3 change values of the spec, where
    it is the only one.
    """
    found = [_without_expectations(one.path, one.overrides) for one in specs]
    if as_json:
        print_json([plain(one) for one in found])
        return exit_code(found)
    for one in found:
        if not one.problems:
            print_text(f"{one.path}: no advice")
        elif one.errors:
            show(one)
    show_advice(found)
    return exit_code(found)


def _without_expectations(path: Path, overrides: tuple[str, ...]) -> SpecCheck:
    """The result of `check` without missed expectations."""
    found = check(path, overrides)
    return found._replace(problems=tuple(p for p in found.problems if p.code != MISSED))
