"""Errors if Optuna is not installed or cannot be imported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nnspec.errors import NnspecError
from nnspec.tuning.tune import tune
from tests.small_runs import rows, spec

SPEC = spec(rows(tune={"parameters": {"train.epochs": [1, 2]}}))


def test_a_missing_installation_is_reported_with_a_hint(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(NnspecError) as caught:
        tune(SPEC, out=tmp_path)
    assert "nnspec tune needs Optuna, which is not installed" in str(caught.value)
    assert "pip install 'nnspec[tune]'" in str(caught.value)


def test_a_damaged_installation_is_reported_as_such(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "optuna.py").write_text("raise ImportError('libfoo.so: cannot open')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "optuna", raising=False)
    with pytest.raises(NnspecError, match=r"cannot be imported: libfoo.so: cannot open"):
        tune(SPEC, out=tmp_path)
