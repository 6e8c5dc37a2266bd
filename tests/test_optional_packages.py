"""The error where an optional package is missing, and where it is damaged."""

from __future__ import annotations

import pytest

from nnspec.errors import DataError, NnspecError
from nnspec.optional_packages import optional_package


def test_a_missing_package_is_told_with_the_command_that_installs_it() -> None:
    with pytest.raises(DataError) as caught, optional_package("maps need atlas", "maps", DataError):
        import nnspec_has_no_such_package  # noqa: F401
    (problem,) = caught.value.problems
    assert problem.message == "maps need atlas, which is not installed"
    assert problem.hint == "pip install 'nnspec[maps]'"


def test_a_damaged_package_is_told_with_its_reason() -> None:
    with pytest.raises(NnspecError) as caught, optional_package("maps need atlas", "maps"):
        raise ImportError("libfoo.so: cannot open")
    (problem,) = caught.value.problems
    assert problem.message == "maps need atlas, which cannot be imported: libfoo.so: cannot open"
