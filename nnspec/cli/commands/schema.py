"""`nnspec schema`: print the JSON Schema of a spec."""

from __future__ import annotations

import click

from nnspec.cli.output import print_json
from nnspec.spec.json_schema import json_schema


@click.command()
def command() -> None:
    """Print the JSON Schema of a spec, which gives editors completion and checking."""
    print_json(json_schema())
