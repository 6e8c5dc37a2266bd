"""`nnspec weights`: show the weights of a run, or import those of a file."""

from __future__ import annotations

from importlib import import_module

import click

from nnspec.cli.options import refuse_repeated

_SHOW = "show"  # what is done where no command is named
_COMMANDS = {
    _SHOW: "Show the weights of a RUN; `nnspec weights RUN` does it too.",
    "import": "Make a run of a spec and the weights of a file of Keras or PyTorch.",
}


class _Weights(click.Group):
    """The commands, imported when they are called; words that name none are those of `show`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        module = import_module(f"nnspec.cli.commands.weights_{cmd_name}")
        command = module.command
        return command if isinstance(command, click.Command) else None

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_named = bool(args) and args[0] in (*_COMMANDS, *ctx.help_option_names)
        return super().parse_args(ctx, args if is_named else [_SHOW, *args])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            refuse_repeated(command, rest)
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Weights, subcommand_metavar="[show] RUN | import FILE --into SPEC")
def command() -> None:
    """Show the weights of a run, or make a run of weights that Keras or PyTorch trained.

    A RUN that is called as one of the commands is named with its folder: `./import`.
    """
