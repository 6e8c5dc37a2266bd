"""What is installed beside what nnspec is tested with, and the command that mends a gap."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from nnspec.options import registry


class Package(NamedTuple):
    """A package that nnspec uses, and the versions with which its whole suite passes."""

    name: str
    tested: str  # the start of a version
    purpose: str
    extra: str = ""  # of nnspec; none for what the base install needs

    @property
    def installed(self) -> str | None:
        """Its version here, or None."""
        try:
            return version(self.name)
        except PackageNotFoundError:
            return None

    @property
    def mend(self) -> str:
        """The command that installs a tested version."""
        return f"pip install 'nnspec[{self.extra}]'" if self.extra else "pip install nnspec"


PACKAGES = (
    Package("numpy", "2.", "the NumPy backend, and all arrays"),
    Package("threadpoolctl", "3.", "NumPy's threads in your own programs", "fast"),
    Package("matplotlib", "3.", "pictures, `-o FILE.png` or `.svg`", "plots"),
    Package("optuna", "5.", "nnspec tune", "tune"),
    Package("pydantic", "2.", "validation"),
    Package("PyYAML", "6.", "reading specs"),
    Package("torch", "2.13", "--backend torch", "torch"),
    Package("keras", "3.15", "--backend keras", "keras"),
    Package("tensorflow", "2.21", "--backend keras", "keras"),
    Package("jax", "0.10", "--backend keras:jax", "jax"),
)


def backends() -> list[str]:
    """The backends whose packages are installed, NumPy first; nothing is imported."""
    needs = {"numpy": {"numpy"}, "torch": {"torch"}, "keras": {"keras", "tensorflow"}}
    there = {package.name for package in PACKAGES if package.installed}
    return [
        *(name for name, packages in needs.items() if packages <= there),
        *registry.entry_points_of("nnspec.backend"),
    ]


class Finding(NamedTuple):
    """Something that `doctor` says of a package or of the environment."""

    name: str
    state: str
    advice: str = ""


def findings() -> list[Finding]:
    """A line for each package, then what in the environment slows NumPy down."""
    return [*map(_package, PACKAGES), *_environment()]


def _package(package: Package) -> Finding:
    found = package.installed
    if found is None:
        return Finding(package.name, f"missing   for {package.purpose}", package.mend)
    if not found.startswith(package.tested):
        state = f"{found}   not tested; tested is {package.tested.rstrip('.')}"
        return Finding(package.name, state, package.mend)
    return Finding(package.name, f"{found}   for {package.purpose}")


def _environment() -> list[Finding]:
    forced = os.environ.get("OPENBLAS_CORETYPE")
    if not forced:
        return []
    state = f"{forced}   forces one kind of kernels on NumPy, which may halve its speed"
    return [Finding("OPENBLAS_CORETYPE", state, "unset OPENBLAS_CORETYPE")]
