"""What `nnspec doctor` knows of the packages that extras install."""

from __future__ import annotations

import tomllib

from nnspec.doctor import PACKAGES
from tests.paths import ROOT

GROUPS = {"all", "bench", "dev"}  # of other extras


def test_each_extra_installs_a_package_that_it_tells_of():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    extras = tomllib.loads(text)["project"]["optional-dependencies"]
    assert {one.extra for one in PACKAGES if one.extra} == extras.keys() - GROUPS
    for package in filter(lambda one: one.extra, PACKAGES):
        assert any(one.startswith(package.name) for one in extras[package.extra]), package
