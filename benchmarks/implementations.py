"""The measured implementations: nnspec's backends, and code written without nnspec."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import NamedTuple

NNSPEC = MappingProxyType({"OPENBLAS_NUM_THREADS": "1"})  # as the `nnspec` command sets it
KERAS = MappingProxyType({"KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "3"})
KEPT = MappingProxyType(  # malloc keeps freed memory, as tuning guides advise
    {"MALLOC_TRIM_THRESHOLD_": str(1 << 30), "MALLOC_MMAP_THRESHOLD_": str(1 << 25)}
)
NOTHING: Mapping[str, str] = MappingProxyType({})
CORETYPE = "OPENBLAS_CORETYPE"


class Implementation(NamedTuple):
    """A module of `benchmarks.peers`, its option, and the environment of its process."""

    key: str
    label: str
    module: str
    option: str = ""
    needs: tuple[str, ...] = ()
    environment: Mapping[str, str] = NOTHING
    networks: tuple[str, ...] = ("mlp", "cnn")
    min_steps: int = 1  # steps of a call, where each call has a cost of its own

    @property
    def installed(self) -> bool:
        """Whether the needed packages can be imported."""
        return all(map(find_spec, self.needs))


BLOCKS = ("residual", "mobile", "unet")  # of large networks
PUBLISHED = ("resnet18", "mobilenet_v2", "resnet50", "mobilenet_v2_large", "densenet121")
EVERYWHERE = ("mlp", "cnn", "vgg", "separable", *BLOCKS, "sequence", "wide", *PUBLISHED)
IMAGES = ("cnn", "vgg", "separable", *BLOCKS, *PUBLISHED)
TORCH, TF = ("torch",), ("keras", "tensorflow")
IMPLEMENTATIONS = (
    Implementation("numpy", "nnspec, NumPy", "nnspec_program", "numpy", (), NNSPEC, EVERYWHERE),
    Implementation(
        "reference", "nnspec, NumPy reference", "nnspec_program", "numpy:reference", (), NNSPEC,
        ("mlp", "cnn", *BLOCKS, "sequence"),
    ),
    Implementation("torch", "nnspec, PyTorch", "nnspec_program", "torch", TORCH, NNSPEC),
    Implementation("keras", "nnspec, Keras", "nnspec_program", "keras:tensorflow", TF, NNSPEC),
    Implementation(
        "eager", "PyTorch, indexed tensors", "torch_eager", "", TORCH, NOTHING, EVERYWHERE
    ),
    Implementation(
        "kept", "PyTorch, indexed tensors, freed memory kept", "torch_eager", "", TORCH, KEPT,
        EVERYWHERE,
    ),
    Implementation(
        "channels", "PyTorch, channels last", "torch_channels_last", "", TORCH, NOTHING, IMAGES
    ),
    Implementation("loader", "PyTorch, DataLoader", "torch_dataloader", "", TORCH),
    Implementation("compile", "PyTorch, torch.compile", "torch_compiled", "", TORCH),
    Implementation("fit", "Keras, fit and predict", "keras_fit", "", TF, KERAS, min_steps=250),
    Implementation(
        "fit-kept", "Keras, fit and predict, freed memory kept", "keras_fit", "", TF,
        {**KERAS, **KEPT}, min_steps=250,
    ),
    Implementation(
        "sklearn", "scikit-learn, MLPClassifier", "sklearn_mlp", "", ("sklearn",), NOTHING,
        ("mlp",), min_steps=250,
    ),
)  # fmt: skip


def all_implementations(coretype: str = "") -> list[Implementation]:
    """All implementations; with a coretype NumPy also runs with these kernels of OpenBLAS.

    Without `coretype` that of the environment variable OPENBLAS_CORETYPE is used, if it is set.
    """
    coretype = coretype or os.environ.get(CORETYPE, "")
    first, *others = IMPLEMENTATIONS
    if not coretype:
        return [first, *others]
    with_coretype = first._replace(
        key=f"numpy@{coretype}",
        label=f"{first.label}, {CORETYPE}={coretype}",
        environment={**NNSPEC, CORETYPE: coretype},
    )
    return [first._replace(environment={**NNSPEC, CORETYPE: ""}), with_coretype, *others]
