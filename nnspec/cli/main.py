"""The `nnspec` command: loads subcommands on demand, maps errors to messages and exit codes."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TextIO

import click

import nnspec
from nnspec.cli.output import discard_if_broken, print_error
from nnspec.errors import NnspecError
from nnspec.system_errors import system_message  # at once: memory may lack later

INVALID, INTERRUPTED = 2, 130  # exit codes; 2: the spec, the data or the usage is wrong

_COMMANDS = {
    "init": "Write a spec to start from.",
    "run": "Train a spec, evaluate it, keep the run in a folder.",
    "tune": "Choose values of a spec by cross-validation.",
    "summary": "Show a network's layers, shapes and parameters.",
    "check": "Validate specs without running them.",
    "lint": "Warn of valid specs that are likely to train badly, and why.",
    "show": "Show a spec resolved, or where each of its values comes from.",
    "evaluate": "Evaluate a finished run.",
    "predict": "Predict with a finished run.",
    "apply": "Show every layer's output for one row.",
    "backprop": "Show the forward and backward pass of one row, with the arithmetic.",
    "loss-surface": "Show the loss over one or two weights, and descent at several rates.",
    "features": "Show the filters and feature maps of a trained network.",
    "plot-function": "Show the functions of one number that runs have learnt, over their rows.",
    "plot": "Compare the training of several runs, epoch by epoch.",
    "weights": "Show the weights of a run.",
    "gradients": "Show the gradient norm of each weight of a run, and neurons without gradient.",
    "parity": "Train on several backends and compare, update by update.",
    "explain": "Explain a layer, loss, optimizer or other part.",
    "doctor": "Show what is installed, and how to install what is missing.",
    "schema": "Print the JSON Schema of a spec, for editors.",
}


class _Commands(click.Group):
    """Commands whose modules are imported when they are called; the short help is static."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = import_module(f"nnspec.cli.commands.{cmd_name.replace('-', '_')}").command
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            from nnspec.errors import did_you_mean

            hint = did_you_mean(args[0], list(_COMMANDS))
            raise click.UsageError(f"there is no command {args[0]!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(nnspec.__version__, prog_name="nnspec")
def cli() -> None:
    """One YAML file becomes a trained neural network.

    Exit codes: 0 done and every expectation met, 1 an expectation missed, 2 the spec, the data
    or the usage is wrong, 130 interrupted.
    """


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; user errors never end in a traceback."""
    _replace_unencodable()
    stdout = sys.stdout
    try:
        code = cli.main(args=list(arguments), prog_name="nnspec", standalone_mode=False)
    except click.ClickException as error:
        return _fail(usage_message(error))
    except (click.Abort, KeyboardInterrupt):
        return _fail("interrupted", INTERRUPTED)
    except NnspecError as error:
        return _fail(str(error))
    except SystemExit:  # click raises it for a BrokenPipeError
        return _fail_by_pipe(stdout)
    except Exception as error:
        return _fail_by_system(error)
    return code if isinstance(code, int) else 0


def usage_message(error: click.ClickException) -> str:
    """What click prints of an error: usage, where to find help, and the message."""
    text = io.StringIO()
    error.show(text)
    return text.getvalue().rstrip("\n")


def _fail_by_system(error: Exception) -> int:
    """The exit code of an error that is no NnspecError; it is raised again if it is a bug."""
    from nnspec.cli.signals import interrupted

    if interrupted():  # Python turns an interrupt into another exception, as in class definitions
        return _fail("interrupted", INTERRUPTED)
    message = system_message(error)
    if message is None:
        raise error
    return _fail(f"error: {message}")


def _fail_by_pipe(stdout: TextIO) -> int:
    """0 if it is stdout that nobody reads."""
    return 0 if discard_if_broken(stdout) else _fail("error: a process of nnspec has ended")


def _fail(message: str, code: int = INVALID) -> int:
    print_error(message)
    return code


def _replace_unencodable() -> None:
    """Make stdout and stderr replace characters that their encoding lacks.

    An encoding that cannot replace characters, such as idna, gives way to UTF-8.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            try:
                "\ufffd".encode(stream.encoding, "replace")
            except UnicodeError:
                reconfigure(encoding="utf-8")
            reconfigure(errors="replace")
