"""Who takes part: nnspec's backends, and what one would write without nnspec."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import NamedTuple

PRODUCT = MappingProxyType({"OPENBLAS_NUM_THREADS": "1"})  # what the `nnspec` command sets
KERAS = MappingProxyType({"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"})
KEPT = MappingProxyType(  # freed memory stays with the process, as tuning guides advise
    {"MALLOC_TRIM_THRESHOLD_": str(1 << 30), "MALLOC_MMAP_THRESHOLD_": str(1 << 25)}
)
NOTHING: Mapping[str, str] = MappingProxyType({})
CORETYPE = "OPENBLAS_CORETYPE"


class Contestant(NamedTuple):
    """One of them: `module` of `benchmarks.peers`, its option, and its process's environment."""

    key: str
    label: str
    module: str
    option: str = ""
    needs: tuple[str, ...] = ()
    environment: Mapping[str, str] = NOTHING
    networks: tuple[str, ...] = ("mlp", "cnn")
    floor: int = 1  # a turn's least steps, where a call costs something of its own

    @property
    def installed(self) -> bool:
        """Whether what it needs can be imported."""
        return all(map(find_spec, self.needs))


EVERYWHERE = ("mlp", "cnn", "vgg", "separable", "wide")
IMAGES = ("cnn", "vgg", "separable")
TORCH, TF = ("torch",), ("keras", "tensorflow")
CONTESTANTS = (
    Contestant("numpy", "nnspec, NumPy", "ours", "numpy", (), PRODUCT, EVERYWHERE),
    Contestant("reference", "nnspec, NumPy reference", "ours", "numpy:reference", (), PRODUCT),
    Contestant("torch", "nnspec, PyTorch", "ours", "torch", TORCH, PRODUCT),
    Contestant("keras", "nnspec, Keras", "ours", "keras:tensorflow", TF, PRODUCT),
    Contestant("eager", "PyTorch, indexed tensors", "eager", "", TORCH, NOTHING, EVERYWHERE),
    Contestant(
        "kept", "PyTorch, indexed tensors, freed memory kept", "eager", "", TORCH, KEPT, EVERYWHERE
    ),
    Contestant("channels", "PyTorch, channels last", "channels_last", "", TORCH, NOTHING, IMAGES),
    Contestant("loader", "PyTorch, DataLoader", "loader", "", TORCH),
    Contestant("compile", "PyTorch, torch.compile", "compiled", "", TORCH),
    Contestant("fit", "Keras, fit and predict", "fit", "", TF, KERAS, floor=250),
    Contestant(
        "fit-kept", "Keras, fit and predict, freed memory kept", "fit", "", TF, {**KERAS, **KEPT},
        floor=250,
    ),
    Contestant(
        "sklearn", "scikit-learn, MLPClassifier", "sklearn_mlp", "", ("sklearn",), NOTHING,
        ("mlp",), floor=250,
    ),
)  # fmt: skip


def field(coretype: str = "") -> list[Contestant]:
    """All contestants; NumPy comes with OpenBLAS choosing its kernels, and with them chosen for it.

    A machine may have OPENBLAS_CORETYPE set for all; `coretype` is tried instead of that.
    """
    coretype = coretype or os.environ.get(CORETYPE, "")
    first, *others = CONTESTANTS
    if not coretype:
        return [first, *others]
    told = first._replace(
        key=f"numpy@{coretype}",
        label=f"{first.label}, {CORETYPE}={coretype}",
        environment={**PRODUCT, CORETYPE: coretype},
    )
    return [first._replace(environment={**PRODUCT, CORETYPE: ""}), told, *others]
