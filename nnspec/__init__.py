"""nnspec: one YAML file becomes a trained neural network, the same on every backend.

    spec = nnspec.load("specs/mlp.yaml", ["train.epochs=1"])
    print(nnspec.summarise(nnspec.compile_spec(spec)).parameters)
    report = nnspec.run(spec, nnspec.ComputeConfig("torch", "float64"))

Names are loaded when they are first used: `import nnspec` imports nothing else.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # as in `typing`, whose import is the longest part of a start
if TYPE_CHECKING:
    from typing import Any

    from nnspec.compute import ComputeConfig
    from nnspec.errors import NnspecError
    from nnspec.graph.compile import compile_spec
    from nnspec.graph.summary import Summary, summarise
    from nnspec.lint.rules import advise
    from nnspec.runs.listener import RunListener
    from nnspec.runs.report import RunReport
    from nnspec.runs.resume import resume
    from nnspec.runs.trained import TrainedRun
    from nnspec.runs.trainer import run
    from nnspec.spec.document import Spec
    from nnspec.spec.loader import build, load
    from nnspec.training.session import TrainingSession
    from nnspec.tuning.tune import tune

__version__ = "0.1.0"
__all__ = [
    "ComputeConfig",
    "NnspecError",
    "RunListener",
    "RunReport",
    "Spec",
    "Summary",
    "TrainedRun",
    "TrainingSession",
    "advise",
    "build",
    "compile_spec",
    "load",
    "resume",
    "run",
    "summarise",
    "tune",
]

_HOMES = {
    "nnspec.compute": ("ComputeConfig",),
    "nnspec.errors": ("NnspecError",),
    "nnspec.graph.compile": ("compile_spec",),
    "nnspec.graph.summary": ("Summary", "summarise"),
    "nnspec.lint.rules": ("advise",),
    "nnspec.runs.trained": ("TrainedRun",),
    "nnspec.spec.document": ("Spec",),
    "nnspec.spec.loader": ("build", "load"),
    "nnspec.training.session": ("TrainingSession",),
    "nnspec.runs.listener": ("RunListener",),
    "nnspec.runs.report": ("RunReport",),
    "nnspec.runs.resume": ("resume",),
    "nnspec.runs.trainer": ("run",),
    "nnspec.tuning.tune": ("tune",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'nnspec' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
