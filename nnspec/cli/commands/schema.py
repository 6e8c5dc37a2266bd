"""`nnspec schema`."""

from __future__ import annotations

import click

from nnspec.cli.output import say_json
from nnspec.spec.json_schema import json_schema


@click.command()
def command() -> None:
    """Print the JSON Schema of a spec, which gives editors completion and checking."""
    say_json(json_schema())
