"""Messages for errors of the system."""

from __future__ import annotations

import errno

import pytest

from nnspec.system_errors import system_message


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(errno.EFBIG, "File too large", "a.csv"), ["a.csv", "ulimit -f"]),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), ["ulimit -u"]),
        (MemoryError("3 GB"), ["out of memory", "3 GB"]),
        (RuntimeError("can't start new thread"), ["no thread", "ulimit -u"]),
        (ImportError("A page of advice.\n\nlibfoo.so is missing", name="foo"), ["libfoo.so"]),
        (UnicodeEncodeError("ascii", "é", 0, 1, "no"), ["ascii", "PYTHONUTF8=1"]),
    ],
)
def test_an_error_of_the_system_is_a_line(error, words):
    message = system_message(error) or ""
    assert "\n" not in message
    assert all(word in message for word in words)


@pytest.mark.parametrize("error", [RuntimeError("no"), ImportError("no", name="nnspec.spec")])
def test_a_bug_is_none(error):
    assert system_message(error) is None
