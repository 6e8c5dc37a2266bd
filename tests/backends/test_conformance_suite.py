"""The conformance suite on a plug-in backend, and the lookup of backends."""

from __future__ import annotations

import pytest

from nnspec import doctor
from nnspec.backends import conformance, discovery
from nnspec.backends.numpy import registry as numpy_rules
from nnspec.components.optimizers.least_squares import LeastSquares
from nnspec.errors import BackendError
from nnspec.options import registry
from tests.paths import PLUGIN


@pytest.fixture(autouse=True)
def _installed(monkeypatch):
    monkeypatch.syspath_prepend(str(PLUGIN))
    if "tiny" not in registry.entry_points_of("nnspec.backend"):  # asked for before
        registry.entry_points_of.cache_clear()


@pytest.mark.parametrize("case", conformance.cases(), ids=str)
def test_conformance(case):
    conformance.check(case, "tiny")


def test_every_layer_loss_and_optimizer_is_a_case():
    names = " ".join(case.name for case in conformance.cases())
    for family in ("layer", "loss", "optimizer"):
        for cls in registry.classes(family):
            if not cls.__module__.startswith("nnspec."):
                continue  # another test's
            assert f"{family} {cls.kind}" in names or cls is LeastSquares  # solved outside backends


def test_a_wrong_gradient_is_found():
    case = next(case for case in conformance.cases() if "dense 0" in case.name)
    with pytest.raises(conformance.DifferenceError, match="gradient of"):
        conformance.check(case, "wrong")


def test_other_bits_in_exact_are_found():
    case = next(case for case in conformance.cases() if case.name == "optimizer lion")
    assert not case.is_exact()
    case = next(case for case in conformance.cases() if "dense 0" in case.name)
    assert case.is_exact()
    with pytest.raises(conformance.DifferenceError, match="has other bits in exact"):
        conformance.check_exact(case, "wrong")


def test_a_missing_rule_names_backend_and_layer(monkeypatch):
    monkeypatch.delitem(numpy_rules.LAYERS.modules, "tanh")
    case = next(case for case in conformance.cases() if case.name == "layer tanh 0")
    with pytest.raises(BackendError, match="numpy backend has no rule for the layer 'tanh'"):
        conformance.check(case, "numpy")


def test_a_plugin_is_installed_and_found():
    assert {"numpy", "tiny", "wrong"} <= set(doctor.backends())
    assert discovery.find("tiny").versions() == {"tiny": "1.0"}


def test_an_unknown_backend_gets_a_suggestion():
    with pytest.raises(BackendError, match="did you mean 'numpy'"):
        discovery.find("nunpy")
