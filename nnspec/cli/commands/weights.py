"""`nnspec weights`: show the weights of a run, or import those of a file."""

from __future__ import annotations

import click

from nnspec.cli.lazy_group import LazyGroup

_SHOW = "show"  # what is done where no command is named
_COMMANDS = {
    _SHOW: "Show the weights of a RUN; `nnspec weights RUN` does it too.",
    "import": "Make a run of a spec and the weights of a file of Keras or PyTorch.",
}


class _ShowByDefault(LazyGroup):
    """Commands of which `show` is meant by words that name none."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_named = bool(args) and args[0] in (*_COMMANDS, *ctx.help_option_names)
        return super().parse_args(ctx, args if is_named else [_SHOW, *args])


@click.group(
    cls=_ShowByDefault, commands_help=_COMMANDS, module="nnspec.cli.commands.weights_",
    subcommand_metavar="[show] RUN | import FILE --into SPEC",
)  # fmt: skip
def command() -> None:
    """Show the weights of a run, or make a run of weights that Keras or PyTorch trained.

    A RUN that is called as one of the commands is named with its folder: `./import`.
    """
