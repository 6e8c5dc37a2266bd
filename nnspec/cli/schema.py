"""`nnspec schema`."""

from __future__ import annotations

import json

import click

from nnspec.schema import json_schema


@click.command()
def command() -> None:
    """Print the JSON Schema of a spec, which gives editors completion and checking."""
    click.echo(json.dumps(json_schema(), indent=2, ensure_ascii=False))
