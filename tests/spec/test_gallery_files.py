"""Where the gallery is found: beside the package in a checkout, within it once installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from nnspec.spec import gallery
from tests.paths import ROOT


def test_a_checkout_has_the_specs_beside_the_package():
    found = gallery.specs()
    assert set(found) >= {"mlp", "cnn", "xor"}
    assert {name: one.read_bytes() for name, one in found.items()} == {
        path.stem: path.read_bytes() for path in (ROOT / "specs").glob("*.yaml")
    }


def test_a_wheel_takes_the_specs_into_the_package():
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    included = wheel["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included == {"specs": "nnspec/specs"}


def test_an_installed_package_has_the_specs_within(tmp_path):
    package = tmp_path / "nnspec"
    (package / "spec").mkdir(parents=True)
    for name in ("__init__.py", "spec/__init__.py", "spec/gallery.py"):
        shutil.copy(ROOT / "nnspec" / name, package / name)
    shutil.copytree(ROOT / "specs", package / "specs")
    program = (
        "from nnspec.spec import gallery\nprint(*map(str, gallery.specs().values()), sep='\\n')"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, text=True,
                          capture_output=True, env={"PYTHONPATH": str(tmp_path)})  # fmt: skip
    paths = [Path(line) for line in done.stdout.splitlines()]
    assert {path.parent for path in paths} == {package / "specs"}, done.stderr
    assert [path.stem for path in paths] == list(gallery.specs())
