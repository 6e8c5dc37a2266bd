"""The count of threads that the environment sets."""

from __future__ import annotations

import pytest

from nnspec.backends.environment_variables import THREADS, thread_count
from nnspec.errors import NnspecError


@pytest.mark.parametrize("value", ["abc", "0", "-1", "1.5", " 2", "1000000", "9" * 5000, "\u0661"])
def test_what_is_no_count_of_threads_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv(THREADS, value)
    with pytest.raises(NnspecError, match="must be a whole number from 1 to") as caught:
        thread_count()
    (problem,) = caught.value.problems
    assert str(problem.where) == "environment variable NNSPEC_THREADS:1:1"


def test_a_count_of_threads_may_be_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(THREADS, "3")
    assert thread_count() == 3
    monkeypatch.setenv(THREADS, "")
    assert thread_count() is None
    monkeypatch.delenv(THREADS)
    assert thread_count() is None
