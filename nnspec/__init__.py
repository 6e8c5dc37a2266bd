"""nnspec: one YAML file becomes a trained neural network, the same on every backend.

    network = nnspec.compile("specs/mlp.yaml")     # shapes and parameters; nothing runs
    run = nnspec.run("specs/mlp.yaml", {"train.epochs": 1}, backend="torch")
    run.metrics["test"]["accuracy"]
    run.predict(images)

Names are loaded when they are first used: `import nnspec` imports nothing else.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as in `typing`, whose import is the longest part of a start
if TYPE_CHECKING:
    from typing import Any

    from nnspec.api.network import CompiledNetwork as CompiledNetwork
    from nnspec.api.network import compile as compile  # noqa: A004
    from nnspec.api.run import Run as Run
    from nnspec.api.run import open as open  # noqa: A004
    from nnspec.api.specs import load as load
    from nnspec.api.training import run as run
    from nnspec.compute import ComputeConfig as ComputeConfig
    from nnspec.errors import BackendError as BackendError
    from nnspec.errors import DataError as DataError
    from nnspec.errors import NnspecError as NnspecError
    from nnspec.errors import RunError as RunError
    from nnspec.errors import SpecError as SpecError
    from nnspec.lint.rules import advise as advise
    from nnspec.runs.resume import resume as resume
    from nnspec.sklearn import NNSpecClassifier as NNSpecClassifier
    from nnspec.sklearn import NNSpecRegressor as NNSpecRegressor
    from nnspec.spec.document import Spec as Spec
    from nnspec.tuning.tune import tune as tune

__version__ = "0.1.0"

_HOMES = {
    "nnspec.api.network": ("CompiledNetwork", "compile"),
    "nnspec.api.run": ("Run", "open"),
    "nnspec.api.training": ("run",),
    "nnspec.api.specs": ("load",),
    "nnspec.compute": ("ComputeConfig",),
    "nnspec.errors": ("BackendError", "DataError", "NnspecError", "RunError", "SpecError"),
    "nnspec.lint.rules": ("advise",),
    "nnspec.runs.resume": ("resume",),
    "nnspec.sklearn": ("NNSpecClassifier", "NNSpecRegressor"),
    "nnspec.spec.document": ("Spec",),
    "nnspec.tuning.tune": ("tune",),
}
_NAMES = [name for names in _HOMES.values() for name in names]
_EXTRAS = _HOMES["nnspec.sklearn"]  # which need not be installed
_BUILTINS = ("compile", "open")  # of which `import *` would hide Python's own
__all__ = [name for name in _NAMES if name not in (*_EXTRAS, *_BUILTINS)]


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'nnspec' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, *_BUILTINS, "__version__"]
