"""`nnspec doctor`: show what is installed, and how to install what is missing."""

from __future__ import annotations

import json
import platform

import click

import nnspec
from nnspec.cli import options
from nnspec.cli.output import print_text
from nnspec.doctor import Finding, backends, findings


@click.command()
@options.as_json
def command(as_json: bool) -> None:
    """Show what is installed, what is tested, and the command that mends what is missing."""
    found, usable = findings(), backends()
    if as_json:
        values = {"nnspec": nnspec.__version__, "python": platform.python_version()}
        listed = [finding._asdict() for finding in found]
        print_text(json.dumps({**values, "backends": usable, "findings": listed}, indent=2))
        return
    print_text(f"nnspec {nnspec.__version__}, Python {platform.python_version()}")
    print_text(f"backends that can be used: {', '.join(usable)}\n")
    for finding in found:
        print_text(_line(finding))


def _line(finding: Finding) -> str:
    line = f"{finding.name:<18} {finding.state}"
    return f"{line}\n{'':<18} {finding.advice}" if finding.advice else line
