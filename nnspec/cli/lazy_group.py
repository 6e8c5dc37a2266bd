"""A group of commands whose modules are imported when they are called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyGroup(click.Group):
    """Commands by their names, with a short help each; `module` begins the names of their modules.

    An option that is given twice is refused.
    """

    def __init__(self, *args: Any, commands_help: Mapping[str, str], module: str, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.commands_help, self.module = commands_help, module

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands_help)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.commands_help:
            return None
        command = import_module(f"{self.module}{cmd_name.replace('-', '_')}").command
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in self.commands_help and not args[0].startswith("-"):
            from nnspec.errors import did_you_mean

            hint = did_you_mean(args[0], list(self.commands_help))
            raise click.UsageError(f"there is no command {args[0]!r}; {hint}", ctx)
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            from nnspec.cli.options import refuse_repeated

            refuse_repeated(command, rest)
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.commands_help.items()))
