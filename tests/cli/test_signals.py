from __future__ import annotations

import signal

import pytest

from nnspec.cli.signals import stop_on_interrupt


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
