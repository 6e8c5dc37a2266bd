"""Importing Keras: one engine a process, float64 that is float64, and no log noise.

Keras reads KERAS_BACKEND once, when it is imported; it is set for that moment alone, so that
neither this process nor those it starts inherit it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec

import numpy as np

from nnspec.backends.allocator import keep_freed_memory
from nnspec.errors import BackendError, did_you_mean

TESTED = "3.15"  # versions of Keras, as major.minor, whose float64 was looked into
COMMANDS = {
    "tensorflow": "pip install 'nnspec[keras]'",
    "torch": "pip install 'nnspec[torch]' 'keras>=3.15,<3.16'",
    "jax": "pip install 'nnspec[jax]'",
}


def import_keras(engine: str) -> None:
    """Import Keras on an engine, once.

    Raises BackendError where the engine is unknown, something is not installed, another engine
    was started or wished for, or Keras does not compute in float64 when told to.
    """
    _check_installed(engine)
    wished = os.environ.get("KERAS_BACKEND", engine)
    if wished != engine:
        raise BackendError(
            f"KERAS_BACKEND is {wished!r}, and keras:{engine} was asked for",
            f"use keras:{wished}, or unset KERAS_BACKEND",
        )
    if "keras" not in sys.modules:
        _import(engine)
    running = import_module("keras").backend.backend()
    if running != engine:
        raise BackendError(
            f"Keras runs on {running} in this process, and keras:{engine} was asked for",
            "one process has one engine: use another process",
        )
    patch_float64()
    check_float64()


def versions(engine: str) -> dict[str, str]:
    """Keras, its engine and NumPy, with their versions."""
    return {name: import_module(name).__version__ for name in ("keras", engine, "numpy")}


def _check_installed(engine: str) -> None:
    if engine not in COMMANDS:
        hint = did_you_mean(engine, list(COMMANDS)) or f"it has {', '.join(COMMANDS)}"
        raise BackendError(f"the keras backend has no engine {engine!r}", hint)
    for package in ("keras", engine):
        if package not in sys.modules and find_spec(package) is None:
            message = f"keras:{engine} needs {package}, which is not installed"
            raise BackendError(message, COMMANDS[engine])


def _import(engine: str) -> None:
    """Import Keras, and have the engine do its first work, which is when it logs."""
    with _environment(KERAS_BACKEND=engine, TF_CPP_MIN_LOG_LEVEL="3"), _without_noise():
        import_module("keras")
        _PREPARE[engine]()


def _prepare_tensorflow() -> None:
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    tf.config.experimental.enable_tensor_float_32_execution(False)
    tf.constant(0.0)


def _prepare_torch() -> None:
    import torch

    torch.backends.cudnn.allow_tf32 = False
    keep_freed_memory()


def _prepare_jax() -> None:
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_default_matmul_precision", "highest")


_PREPARE = {"tensorflow": _prepare_tensorflow, "torch": _prepare_torch, "jax": _prepare_jax}


def patch_float64() -> None:
    """Let float64 with float64 be float64: on PyTorch and JAX, Keras makes it float32."""
    try:
        dtypes = import_module("keras.src.backend.common.dtypes")
        dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    except (ImportError, AttributeError) as error:
        raise _untested(str(error)) from None


def check_float64() -> None:
    """Refuse a Keras whose product or mean of float64 numbers is no more than a float32 one."""
    from keras import ops

    third = np.full((1, 3), 1 / 3)
    results = {
        "product": (ops.matmul(third, third.T), 1 / 3),
        "mean": (ops.mean(ops.convert_to_tensor(third)), 1 / 3),
        "variance": (ops.var(ops.convert_to_tensor(np.array([1 / 3, 1.0]))), 1 / 9),
    }
    for what, (result, exact) in results.items():
        error = abs(float(ops.convert_to_numpy(result).item()) - exact)
        if error > 1e-15:
            raise _untested(f"its {what} of float64 numbers is off by {error:.0e}")


def _untested(why: str) -> BackendError:
    import keras

    message = f"Keras {keras.__version__} does not compute in float64: {why}"
    return BackendError(message, f"the versions that are tested are {TESTED}.*")


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _without_noise() -> Iterator[None]:
    """Keep what C++ writes to stderr away; it is shown where an exception comes of it.

    TensorFlow logs before its log level is read, past `sys.stderr`, so the file is exchanged.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as noise:
        os.dup2(noise.fileno(), 2)
        try:
            yield
        except BaseException:
            noise.seek(0)
            os.write(kept, noise.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
