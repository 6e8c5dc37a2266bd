"""Files of weights as Keras lays them out, written by h5py alone."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest


def write_store(path: Path, layers: dict[str, list], names: dict[str, str] | None = None) -> Path:
    """A `.weights.h5` file: `layers/<class>_<number>/vars/<number>`."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        for group, weights in layers.items():
            variables = file.create_group(f"layers/{group}/vars")
            variables.attrs["name"] = (names or {}).get(group, group.rpartition("/")[2])
            for number, array in enumerate(weights):
                variables[str(number)] = array
    return path


def write_archive(path: Path, weights: Path, config: dict) -> Path:
    """A `.keras` file of a configuration and a file of weights."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", json.dumps(config))
        archive.write(weights, "model.weights.h5")
    return path


def functional(*layers: tuple[str, str, list[str]]) -> dict:
    """A configuration: of each layer the class, the name, and the layers that it reads."""
    items = []
    for kind, name, inputs in layers:
        tensors = [
            {"class_name": "__keras_tensor__", "config": {"keras_history": [one, 0, 0]}}
            for one in inputs
        ]
        args = [tensors] if len(tensors) > 1 else tensors
        nodes = [{"args": args, "kwargs": {}}] if inputs else []
        items.append({"class_name": kind, "config": {"name": name}, "inbound_nodes": nodes})
    return {"class_name": "Functional", "config": {"name": "model", "layers": items}}
