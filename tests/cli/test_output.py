"""Output that nobody reads, and output that cannot be written."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager

import pytest

from nnspec.cli.output import discard, discard_if_broken, print_bytes, print_text
from nnspec.cli.render.progress import ProgressDisplay
from nnspec.cli.render.progress_bar import ProgressBar

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX devices")


@contextmanager
def written_to(stream, *names):
    """Context in which standard streams are another one, whose last text is lost."""
    with pytest.MonkeyPatch.context() as patch, stream:
        for name in names:
            patch.setattr(sys, name, stream)
        yield stream
        discard(stream)


def closed_terminal():
    """Standard output and error on a terminal that has been closed."""
    master, slave = os.openpty()
    os.close(master)
    return written_to(os.fdopen(slave, "w", buffering=1), "stdout", "stderr")


def full_disk():
    """Standard output on a disk that is full."""
    return written_to(open("/dev/full", "w", buffering=1), "stdout")


def test_a_closed_terminal_ends_no_command():
    with closed_terminal() as stream:
        with pytest.raises(OSError, match="Input/output error"):
            os.write(stream.fileno(), b"x")
        bar = ProgressBar()
        bar.start()
        bar.begin_stage("training")
        bar.stop()
        print_text("lost")
        print_text("lost")
        print_bytes(b"lost")
        assert os.write(stream.fileno(), b"x") == 1  # into the null device


def test_a_closed_terminal_is_broken():
    with closed_terminal() as stream:
        stream.write("kept")
        assert discard_if_broken(stream)


def test_a_full_disk_is_told_with_its_stream():
    with full_disk(), pytest.raises(OSError, match="No space left on device: 'stdout'"):
        print_text("x")


def test_a_training_goes_on_where_its_lines_cannot_be_written(capsys):
    with full_disk():
        display = ProgressDisplay("none")
        display.print_line("epoch 1")
        display.print_line("epoch 2")
    said = "note: stdout cannot be written, and the run goes on: No space left on device\n"
    assert capsys.readouterr().err == said
