"""Processes and the script that starts them."""

import multiprocessing
import sys
from multiprocessing.spawn import get_preparation_data

import pytest

from nnspec.options.component import DEFINED
from nnspec.parity.process_start import hidden_script, refuse_in_starting_process

SCRIPT = {"init_main_from_path", "init_main_from_name"}


class Foreign:
    """A component that a script defines."""


@pytest.fixture(autouse=True)
def script(monkeypatch, tmp_path):
    """A script that runs, and no plug-ins of other tests."""
    main = type(sys)("__main__")
    main.__file__ = str(tmp_path / "script.py")
    monkeypatch.setitem(sys.modules, "__main__", main)
    for key in [k for k, cls in DEFINED.items() if not cls.__module__.startswith("nnspec.")]:
        monkeypatch.delitem(DEFINED, key)


def test_a_script_is_not_run_again():
    script = sys.modules["__main__"]
    assert SCRIPT & get_preparation_data("p").keys()
    with hidden_script():
        assert not SCRIPT & get_preparation_data("p").keys()
    assert sys.modules["__main__"] is script


def test_a_script_that_defines_a_layer_is_imported(monkeypatch):
    monkeypatch.setitem(DEFINED, ("layer", "foreign"), Foreign)
    with hidden_script():
        assert SCRIPT & get_preparation_data("p").keys()


def test_a_script_without_a_guard_is_told_of_it(monkeypatch):
    refuse_in_starting_process()
    process = multiprocessing.current_process()
    monkeypatch.setattr(process, "_inheriting", True, raising=False)
    with pytest.raises(SystemExit, match="write its calls under if __name__"):
        refuse_in_starting_process()
