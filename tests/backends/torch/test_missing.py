"""Error messages where PyTorch is not installed or cannot be imported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nnspec.backends import discovery
from nnspec.errors import BackendError

pytestmark = pytest.mark.framework


def test_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(BackendError) as caught:
        discovery.find("torch")
    first, second = str(caught.value).splitlines()
    assert "PyTorch, which is not installed" in first
    assert second == "install it with: pip install 'nnspec[torch]'"


def test_a_damaged_installation_is_distinguished_from_a_missing_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('libtorch.so: cannot open')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    with pytest.raises(BackendError, match=r"cannot be imported: libtorch.so: cannot open"):
        discovery.find("torch")
