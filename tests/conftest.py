"""Shared by all tests. BLAS gets one thread: two busy test processes would starve each other."""

import os

import pytest
from hypothesis import settings

settings.register_profile("no deadline", deadline=None)  # the machine may be busy
settings.load_profile("no deadline")

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


FRAMEWORKS = {"torch", "keras", "jax", "tensorflow", "keras:torch", "keras:jax"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that is given a framework's backend needs that framework."""
    for item in items:
        values = getattr(item, "callspec", None) and item.callspec.params.values()
        if FRAMEWORKS & {value for value in values or () if isinstance(value, str)}:
            item.add_marker(pytest.mark.framework)
