"""Files of weights, recognized by their first bytes. They are read as data, and never run."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from nnspec.errors import DataError, quoted, visible
from nnspec.training.memory_check import machine_memory
from nnspec.weight_import import hdf5
from nnspec.weight_import.keras_config import config_operations, with_config_places
from nnspec.weight_import.keras_legacy import is_legacy, legacy_layers
from nnspec.weight_import.keras_store import is_store, store_layers
from nnspec.weight_import.source import SourceNetwork
from nnspec.weight_import.torch_file import read_state_dict

_ZIP, _PICKLE = b"PK\x03\x04", b"\x80"
_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"  # of a .keras file
_FORMATS = "give a .weights.h5, .h5 or .keras file of Keras, or a state_dict as .safetensors"
_SAFE = "save it again: safetensors.torch.save_file(model.state_dict(), 'weights.safetensors')"
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError,
)  # fmt: skip
_MAX_CONFIG = 1 << 28  # bytes


@contextmanager
def open_source(path: Path) -> Iterator[SourceNetwork]:
    """Open a file of weights; a DataError where it is none, or damaged."""
    name, start = visible(str(path)), _first_bytes(path)
    if start.startswith(hdf5.MAGIC):
        with hdf5.open_hdf5(path, name) as file:
            yield _keras_network(path, file, None)
    elif start.startswith(_ZIP):
        with _open_keras_archive(path, name) as source:
            yield source
    elif start[8:9] == b"{":
        yield read_state_dict(path)
    elif start.startswith(_PICKLE):
        raise DataError(f"{name} is a pickle, which could run code when it is read", _SAFE)
    else:
        raise DataError(f"{name} is no file of weights", _FORMATS)


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError as error:
        raise DataError(f"cannot read {visible(str(path))}: {error.strerror}", _FORMATS) from None


def _keras_network(path: Path, file: Any, config: bytes | None) -> SourceNetwork:
    """The layers of an HDF5 file, with their graph where it or `config` has one."""
    name = visible(str(path))
    with hdf5.damage_as_data_error(name):
        legacy, store = is_legacy(file), is_store(file)
        text = config or file.attrs.get("model_config")
    if not legacy and not store:
        raise DataError(f"{name} has no layers of a Keras model", _FORMATS)
    layers = legacy_layers(file, name) if legacy else store_layers(file, name)
    if legacy and text is not None:
        layers = with_config_places(text, layers)
    operations = () if text is None else config_operations(text, layers)
    return SourceNetwork(path, "keras", tuple(layers), operations)


@contextmanager
def _open_keras_archive(path: Path, name: str) -> Iterator[SourceNetwork]:
    """Open a .keras file: a ZIP archive of the configuration and a file of weights."""
    config, weights = _members(path, name)
    with hdf5.open_hdf5(weights, f"{_WEIGHTS} in {name}") as file:
        yield _keras_network(path, file, config)


def _members(path: Path, name: str) -> tuple[bytes, BinaryIO]:
    """The configuration and the weights in a .keras file, in memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if any(one.endswith("/data.pkl") for one in names):
                raise DataError(f"{name} is a pickle of torch, which could run code", _SAFE)
            for member in (_CONFIG, _WEIGHTS):
                _check_member(archive, member, name)
            return archive.read(_CONFIG), io.BytesIO(archive.read(_WEIGHTS))
    except _DAMAGED:
        raise DataError(f"{name} is damaged: it is no .keras file") from None


def _check_member(archive: zipfile.ZipFile, member: str, name: str) -> None:
    """Raise DataError where a member is missing, or larger than what can be read."""
    if member not in archive.namelist():
        raise DataError(f"{name} has no {quoted(member)}", "it is no .keras file")
    most = _MAX_CONFIG if member == _CONFIG else machine_memory()
    if archive.getinfo(member).file_size > most:
        raise DataError(f"{quoted(member)} in {name} is too large to be read")
