from __future__ import annotations

import signal
from contextlib import suppress

import pytest

from nnspec.cli import signals
from nnspec.cli.signals import interrupt_code, stop_on_interrupt


def test_a_signal_interrupts_what_asks_for_none():
    with stop_on_interrupt(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_signal_is_told_when_it_is_asked_for_and_the_next_one_interrupts():
    with stop_on_interrupt() as stop:
        assert not stop()
        signal.raise_signal(signal.SIGTERM)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("names", [["SIGINT"], ["SIGTERM"], ["SIGHUP", "SIGINT"]])
def test_the_exit_code_is_that_of_the_first_signal(names, monkeypatch):
    monkeypatch.setattr(signals, "_received", [])
    assert interrupt_code() == 130
    with stop_on_interrupt() as stop:
        for name in names:
            stop()
            with suppress(KeyboardInterrupt):
                signal.raise_signal(getattr(signal, name))
    assert interrupt_code() == 128 + getattr(signal, names[0])
