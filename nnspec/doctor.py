"""Diagnosis of the installation: package versions against tested ones, and how to fix gaps."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

from nnspec.backends.environment_variables import unknown_variables
from nnspec.errors import NnspecError, visible
from nnspec.options import registry


class Package(NamedTuple):
    """A package that nnspec uses, and the version prefix with which it is tested."""

    name: str
    tested: str  # a version's prefix
    purpose: str
    extra: str = ""  # the extra of nnspec that installs it; empty for required packages

    @property
    def installed(self) -> str | None:
        """The installed version, or None."""
        try:
            return version(self.name)
        except PackageNotFoundError:
            return None

    @property
    def install_command(self) -> str:
        """The command that installs a tested version."""
        return f"pip install 'nnspec[{self.extra}]'" if self.extra else "pip install nnspec"


PACKAGES = (
    Package("numpy", "2.", "the NumPy backend, and all arrays"),
    Package("threadpoolctl", "3.", "NumPy's threads in your own programs", "fast"),
    Package("matplotlib", "3.", "pictures, `-o FILE.png` or `.svg`", "plots"),
    Package("optuna", "5.", "nnspec tune", "tune"),
    Package("scikit-learn", "1.", "nnspec.sklearn", "sklearn"),
    Package("jinja2", "3.", "nnspec data --html", "report"),
    Package("h5py", "3.", "nnspec weights import of Keras' files", "hdf5"),
    Package("polars", "2.", "tables: csv, parquet, ndjson, feather, frame", "tables"),
    Package("tensorboardX", "2.", "track: tensorboard", "tensorboard"),
    Package("mlflow-skinny", "3.", "track: mlflow", "mlflow"),
    Package("pooch", "1.", "downloading fashion_mnist, cifar10 and cifar100", "download"),
    Package("pydantic", "2.", "validation"),
    Package("PyYAML", "6.", "reading specs"),
    Package("torch", "2.13", "--backend torch", "torch"),
    Package("keras", "3.15", "--backend keras", "keras"),
    Package("tensorflow", "2.21", "--backend keras", "keras"),
    Package("jax", "0.10", "--backend keras:jax", "jax"),
)


def backends() -> list[str]:
    """Names of the backends whose packages are installed, NumPy first; imports none of them."""
    needs = {"numpy": {"numpy"}, "torch": {"torch"}, "keras": {"keras", "tensorflow"}}
    installed = {package.name for package in PACKAGES if package.installed}
    return [
        *(name for name, packages in needs.items() if packages <= installed),
        *registry.entry_points_of("nnspec.backend"),
    ]


class Finding(NamedTuple):
    """The state of a package or of an environment variable, with advice."""

    name: str
    state: str
    advice: str = ""


def findings() -> list[Finding]:
    """A finding for each package and each plug-in's component, then those about the environment."""
    return [*map(_package, PACKAGES), *_plugins(), *_environment()]


def _package(package: Package) -> Finding:
    found = package.installed
    if found is None:
        return Finding(package.name, f"missing   for {package.purpose}", package.install_command)
    if not found.startswith(package.tested):
        state = f"{found}   not tested; tested is {package.tested.rstrip('.')}"
        return Finding(package.name, state, package.install_command)
    return Finding(package.name, f"{found}   for {package.purpose}")


def _plugins() -> list[Finding]:
    """The components of plug-ins: what they provide, cannot load, or claim in vain."""
    return [
        _plugin(family, kind, target)
        for family in registry.families()
        for kind, target in registry.entry_points_of(f"nnspec.{family}").items()
    ]


def _plugin(family: str, kind: str, target: str) -> Finding:
    what = registry.noun(family)
    if registry.is_built_in(family, kind):
        return Finding(
            kind, f"not used   {target} claims a built-in {what}", "give it another kind"
        )
    try:
        registry.find(family, kind)
    except NnspecError as error:
        return Finding(kind, f"unusable   {error.problems[0].message}", "install the plug-in anew")
    return Finding(kind, f"plug-in   {what} of {target}")


def _environment() -> list[Finding]:
    state = "not used   nnspec reads no variable of this name"
    found = [Finding(visible(name), state, hint) for name, hint in unknown_variables().items()]
    coretype = os.environ.get("OPENBLAS_CORETYPE")
    if coretype:
        state = f"{coretype}   forces one kind of kernels on NumPy, which may halve its speed"
        found.append(Finding("OPENBLAS_CORETYPE", state, "unset OPENBLAS_CORETYPE"))
    return found
