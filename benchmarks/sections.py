"""The parts of the measurement: each gives numbers a round, and says how it was measured."""

from __future__ import annotations

import tempfile
from argparse import Namespace
from pathlib import Path

from benchmarks import arena, bounds, cold, machine, memory
from benchmarks.contestants import Contestant, field
from benchmarks.player import Case
from benchmarks.results import Section
from benchmarks.statistics import Times

CASES = {
    "mlp": Case("mlp", 128, "train", "MLP step, batch 128"),
    "cnn": Case("cnn", 64, "train", "CNN step, batch 64"),
    "mlp-predict": Case("mlp", 128, "predict", "MLP predicts 10,000 images"),
    "cnn-predict": Case("cnn", 64, "predict", "CNN predicts 10,000 images"),
    "vgg": Case("vgg", 64, "train", "VGG 32x32x3 step, batch 64"),
    "separable": Case("separable", 64, "train", "separable 32x32x3 step, batch 64"),
    "wide": Case("wide", 128, "train", "MLP 5x2048 step, batch 128"),
}
MEMORY = {
    "memory": CASES["cnn"]._replace(label="Peak memory, CNN trains on 60,000 images"),
    "memory-predict": CASES["cnn-predict"]._replace(
        label="Peak memory, CNN predicts 10,000 images"
    ),
}
NAMES = (*CASES, *MEMORY, "cold", "bounds")


def run(name: str, given: Namespace) -> Section:
    """Measure a section."""
    before = machine.load()
    with tempfile.TemporaryDirectory() as folder:
        label, unit, times = _measured(name, given, Path(folder))
    return Section(label, unit, times, machine.describe(), [before, machine.load()])


def _measured(name: str, given: Namespace, folder: Path) -> tuple[str, str, Times]:
    if name == "cold":
        return "Cold start", "s", cold.measure(folder, given.repeats)
    if name == "bounds":
        return "The machine's own bound", "s", _bounds(given)
    case = {**CASES, **MEMORY}[name]
    among = _field(case, given)
    if name in MEMORY:
        return case.label, "bytes", memory.measure(case, among, folder, given.repeats)
    return case.label, "s", arena.measure(case, among, folder, given.rounds, given.seconds)


def _field(case: Case, given: Namespace) -> list[Contestant]:
    """Those who know the network, are installed and wished for."""
    return [
        contestant
        for contestant in field(given.coretype)
        if case.network in contestant.networks
        and contestant.installed
        and contestant.key.partition("@")[0] in given.contestants
    ]


def _bounds(given: Namespace) -> Times:
    """Every product with one thread and with all, and so for each choice of kernels."""
    times: Times = {}
    cores = int(machine.describe()["cores that may be used"])
    for coretype in dict.fromkeys(["", given.coretype]):
        for threads in sorted({1, cores}):
            way = f"{threads} thread{'s' * (threads > 1)}" + (f", {coretype}" if coretype else "")
            found = bounds.measure(threads, coretype)
            times |= {f"{what} | {way}": values for what, values in found.items()}
    return times
