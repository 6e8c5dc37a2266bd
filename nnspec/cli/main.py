"""The `nnspec` command: loads subcommands on demand, maps errors to messages and exit codes."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import TextIO

import click

import nnspec
from nnspec.cli.lazy_group import LazyGroup
from nnspec.cli.output import discard_if_broken, print_error
from nnspec.cli.signals import interrupt_code, interrupted
from nnspec.errors import NnspecError, quoted
from nnspec.system_errors import system_message  # at once: memory may lack later

INVALID = 2  # exit code: the spec, the data or the usage is wrong

_COMMANDS = {
    "init": "Write a spec to start from.",
    "gallery": "List the published networks that come with nnspec.",
    "run": "Train a spec, evaluate it, keep the run in a folder.",
    "resume": "Go on with a run that was stopped, to the same bits.",
    "tune": "Choose values of a spec by cross-validation.",
    "data": "Show what a spec's data are, and what the preparation does to them.",
    "summary": "Show a network's layers, shapes and parameters.",
    "draw": "Draw a network, in the terminal, as an SVG file or as a page.",
    "check": "Validate specs without running them.",
    "lint": "Warn of valid specs that are likely to train badly, and why.",
    "fmt": "Write specs in canonical form; values and comments stay.",
    "diff": "Compare the networks and sections of two specs or runs.",
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
    "runs": "List runs with their figures.",
    "compare": "Compare the figures and the specs of several runs.",
    "reproduce": "Train a run again, and say whether it is the same.",
    "verify": "Verify the files of runs, or the weights that a spec expects, by SHA-256.",
    "parity": "Train on several backends and compare, update by update.",
    "explain": "Explain a layer, loss, optimizer or other part.",
    "doctor": "Show what is installed, and how to install what is missing.",
    "schema": "Print the JSON Schema of a spec, for editors.",
}


@click.group(
    cls=LazyGroup, commands_help=_COMMANDS, module="nnspec.cli.commands.",
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip
@click.version_option(nnspec.__version__, prog_name="nnspec")
def cli() -> None:
    """One YAML file becomes a trained neural network.

    Exit codes: 0 done and every expectation met, 1 an expectation missed, 2 the spec, the data
    or the usage is wrong, 130 interrupted (by another signal: 128 and its number).
    """


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code; user errors never end in a traceback."""
    _replace_unencodable()
    _advise_on_variables()
    stdout = sys.stdout
    try:
        code = cli.main(
            args=list(arguments), prog_name="nnspec", standalone_mode=False, obj=list(arguments)
        )
    except SystemExit:  # click raises it for a BrokenPipeError
        return _fail_by_pipe(stdout)
    except (Exception, KeyboardInterrupt) as error:
        return _fail(error, arguments)
    return code if isinstance(code, int) else 0


def _advise_on_variables() -> None:
    """Say which variables of the environment are named like nnspec's own and have no effect."""
    if any(name.upper().startswith("NNSPEC_") for name in os.environ):
        from nnspec.backends.environment_variables import unknown_variables  # few set one

        for name, hint in unknown_variables().items():
            print_error(f"advice: nnspec reads no variable {quoted(name)} ({hint})")


def _fail(error: BaseException, arguments: Sequence[str]) -> int:
    """Print an error, and return the exit code; it is raised again if it is a bug."""
    from nnspec.cli.error_output import print_error_json  # most commands end without an error

    is_interrupt = _is_interrupt(error)
    message = "interrupted" if is_interrupt else _message(error)
    print_error_json(arguments, error, message)
    print_error(message)
    return interrupt_code() if is_interrupt else INVALID


def _is_interrupt(error: BaseException) -> bool:
    """Whether a signal caused it: Python may turn an interrupt into another exception."""
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return True
    return not isinstance(error, NnspecError | click.ClickException) and interrupted()


def _message(error: BaseException) -> str:
    """What a user is told of an error; one that is a bug is raised again."""
    if isinstance(error, NnspecError):
        return str(error)
    if isinstance(error, click.ClickException):
        return usage_message(error)
    message = system_message(error)
    if message is None:
        raise error
    return f"error: {message}"


def usage_message(error: click.ClickException) -> str:
    """What click prints of an error: usage, where to find help, and the message."""
    text = io.StringIO()
    error.show(text)
    return text.getvalue().rstrip("\n")


def _fail_by_pipe(stdout: TextIO) -> int:
    """The exit code where a pipe is broken: 0 if it is stdout, which nobody reads."""
    if discard_if_broken(stdout):
        return 0
    print_error("error: a process of nnspec has ended")
    return INVALID


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
