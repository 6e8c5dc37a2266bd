"""Import of Keras with one engine per process, true float64 and no log output.

Keras reads KERAS_BACKEND once, when it is imported; the variable is set only for the import, so
that neither this process nor its child processes inherit it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import numpy as np

from nnspec.backends import thread_limit
from nnspec.backends.allocator import keep_freed_memory
from nnspec.errors import BackendError, did_you_mean
from nnspec.system_errors import first_line

TESTED_VERSION = "3.15"  # major.minor of the Keras versions whose float64 is tested
INSTALL_COMMANDS = {
    "tensorflow": "pip install 'nnspec[keras]'",
    "torch": "pip install 'nnspec[torch]' 'keras>=3.15,<3.16'",
    "jax": "pip install 'nnspec[jax]'",
}

_THREADS = {"tensorflow": 4, "jax": 16}  # that it starts beside two for each processor


def import_keras(engine: str) -> None:
    """Import Keras with an engine; does nothing if that has been done.

    Raises BackendError if the engine is unknown, a package is not installed, another engine is
    running or set by KERAS_BACKEND, or float64 is not computed in float64.
    """
    _check_installed(engine)
    requested = os.environ.get("KERAS_BACKEND") or engine
    if requested != engine:
        other = f"use keras:{requested}, or " if requested in INSTALL_COMMANDS else ""
        raise BackendError(
            f"KERAS_BACKEND is {requested!r}, and keras:{engine} was asked for",
            f"{other}unset KERAS_BACKEND",
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
    """Versions of Keras, its engine and NumPy, by package name."""
    return {name: import_module(name).__version__ for name in ("keras", engine, "numpy")}


def _check_installed(engine: str) -> None:
    if engine not in INSTALL_COMMANDS:
        hint = (
            did_you_mean(engine, list(INSTALL_COMMANDS)) or f"it has {', '.join(INSTALL_COMMANDS)}"
        )
        raise BackendError(f"the keras backend has no engine {engine!r}", hint)
    for package in ("keras", engine):
        if package not in sys.modules and find_spec(package) is None:
            message = f"keras:{engine} needs {package}, which is not installed"
            raise BackendError(message, INSTALL_COMMANDS[engine])


def _import(engine: str) -> None:
    """Import Keras and run a first operation of the engine, while log output is suppressed."""
    _check_threads(engine)
    # Keras converts tensors in a way that NumPy deprecates; PYTHONWARNINGS may make it an error.
    warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
    try:
        with (
            _environment(KERAS_BACKEND=engine, TF_CPP_MIN_LOG_LEVEL="3", **_thread_counts()),
            _stderr_suppressed(),
        ):
            import_module("keras")
            _PREPARATIONS[engine]()
    except Exception as error:  # what they raise for a wrong variable or keras.json is not declared
        message = f"keras:{engine} cannot be imported: {first_line(error)}"
        hint = "see its environment variables, and keras.json in KERAS_HOME or ~/.keras"
        raise BackendError(message, hint) from None


def _thread_counts() -> dict[str, str]:
    """The thread counts of TensorFlow that the environment sets, bounded: it starts them all."""
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    counts = {name: os.environ.get(name, "") for name in names}
    return {name: "256" for name, count in counts.items() if count.isdigit() and len(count) > 3}


def _check_threads(engine: str) -> None:
    """Raise BackendError where the engine, refused a thread, would abort the process."""
    needed = _THREADS.get(engine, 0) and _THREADS[engine] + 2 * (os.cpu_count() or 1)
    started = thread_limit.startable(needed)
    if started < needed:
        message = f"keras:{engine} needs {needed} threads, and the system lets {started} start"
        raise BackendError(message, "see `ulimit -u`, or use the backend numpy")


def _prepare_tensorflow() -> None:
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    tf.config.experimental.enable_tensor_float_32_execution(False)
    tf.constant(0.0)


def _prepare_torch() -> None:
    import torch

    torch.backends.cudnn.allow_tf32 = False
    keep_freed_memory()
    thread_limit.limit_torch(torch)


def _prepare_jax() -> None:
    import jax

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_default_matmul_precision", "highest")
    jax.numpy.zeros(1)


_PREPARATIONS = {"tensorflow": _prepare_tensorflow, "torch": _prepare_torch, "jax": _prepare_jax}


def patch_float64() -> None:
    """Make Keras promote float64 with float64 to float64: on PyTorch and JAX it gives float32."""
    try:
        dtypes = import_module("keras.src.backend.common.dtypes")
        dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"
    except (ImportError, AttributeError) as error:
        raise _untested_version(str(error)) from None


def check_float64() -> None:
    """Raise BackendError if a float64 product, mean or variance has only float32 precision."""
    from keras import ops

    third = np.full((1, 3), 1 / 3)
    results = {
        "product": (ops.matmul(third, third.T), 1 / 3),
        "mean": (ops.mean(ops.convert_to_tensor(third)), 1 / 3),
        "variance": (ops.var(ops.convert_to_tensor(np.array([1 / 3, 1.0]))), 1 / 9),
    }
    for name, (result, exact) in results.items():
        error = abs(float(ops.convert_to_numpy(result).item()) - exact)
        if error > 1e-15:
            raise _untested_version(f"its {name} of float64 numbers is off by {error:.0e}")


def _untested_version(reason: str) -> BackendError:
    import keras

    message = f"Keras {keras.__version__} does not compute in float64: {reason}"
    return BackendError(message, f"the versions that are tested are {TESTED_VERSION}.*")


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
def _stderr_suppressed() -> Iterator[None]:
    """Suppress what C++ code writes to stderr, unless an exception is raised.

    TensorFlow logs before it reads its log level, bypassing `sys.stderr`: so file descriptor 2
    is replaced, if it is open.
    """
    try:
        stderr = os.dup(2)
    except OSError:
        yield
        return
    with _temporary_log() as log:
        os.dup2(log.fileno(), 2)
        try:
            yield
        except BaseException:
            log.seek(0)
            os.write(stderr, log.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def _temporary_log() -> IO[bytes]:
    """A temporary file, or the null device where none can be made."""
    try:
        return tempfile.TemporaryFile()
    except OSError:
        return Path(os.devnull).open("w+b")
