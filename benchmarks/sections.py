"""The sections of the benchmarks: training, prediction, memory, cold start and bounds."""

from __future__ import annotations

import tempfile
from argparse import Namespace
from pathlib import Path

from benchmarks import bounds, cold_start, interleaved, machine, memory
from benchmarks.implementations import Implementation, all_implementations
from benchmarks.measured_process import Case
from benchmarks.results import Section
from benchmarks.statistics import Times

CASES = {
    "mlp": Case("mlp", 128, "train", "MLP step, batch 128"),
    "cnn": Case("cnn", 64, "train", "CNN step, batch 64"),
    "mlp-predict": Case("mlp", 128, "predict", "MLP predicts 10,000 images"),
    "cnn-predict": Case("cnn", 64, "predict", "CNN predicts 10,000 images"),
    "vgg": Case("vgg", 64, "train", "VGG 32x32x3 step, batch 64"),
    "separable": Case("separable", 64, "train", "separable 32x32x3 step, batch 64"),
    "residual": Case("residual", 32, "train", "Blocks of ResNet-18 32x32x3 step, batch 32"),
    "mobile": Case("mobile", 32, "train", "Blocks of MobileNet 32x32x3 step, batch 32"),
    "unet": Case("unet", 32, "train", "U-Net 32x32x3 step, batch 32"),
    "sequence": Case("sequence", 32, "train", "1-D convolutions 256x32 step, batch 32"),
    "wide": Case("wide", 128, "train", "MLP 5x2048 step, batch 128"),
    "resnet18": Case("resnet18", 64, "train", "ResNet-18 32x32x3 step, batch 64"),
    "mobilenet-v2": Case("mobilenet_v2", 64, "train", "MobileNetV2 32x32x3 step, batch 64"),
    "resnet50-predict": Case("resnet50", 64, "predict", "ResNet-50 predicts 8 images 224x224x3"),
    "mobilenet-v2-predict": Case(
        "mobilenet_v2_large", 64, "predict", "MobileNetV2 predicts 8 images 224x224x3"
    ),
    "densenet121-predict": Case(
        "densenet121", 64, "predict", "DenseNet-121 predicts 8 images 224x224x3"
    ),
}
MEMORY = {
    "memory": CASES["cnn"]._replace(label="Peak memory, CNN trains on 60,000 images"),
    "memory-predict": CASES["cnn-predict"]._replace(
        label="Peak memory, CNN predicts 10,000 images"
    ),
    **{
        f"memory-{name}": CASES[name]._replace(label=f"Peak memory, {CASES[name].label}")
        for name in (
            "resnet18", "mobilenet-v2", "resnet50-predict", "mobilenet-v2-predict",
            "densenet121-predict",
        )
    },
}  # fmt: skip
NAMES = (*CASES, *MEMORY, "cold", "bounds")


def run(name: str, arguments: Namespace) -> Section:
    """Measure one section."""
    before = machine.load()
    with tempfile.TemporaryDirectory() as folder:
        label, unit, times = _measure(name, arguments, Path(folder))
    return Section(label, unit, times, machine.describe(), [before, machine.load()])


def _measure(name: str, arguments: Namespace, folder: Path) -> tuple[str, str, Times]:
    """Label, unit and numbers of a section."""
    if name == "cold":
        return "Cold start", "s", cold_start.measure(folder, arguments.repeats)
    if name == "bounds":
        return "The machine's own bound", "s", _bounds(arguments)
    case = {**CASES, **MEMORY}[name]
    implementations = _selected(case, arguments)
    if name in MEMORY:
        return case.label, "bytes", memory.measure(case, implementations, folder, arguments.repeats)
    times = interleaved.measure(case, implementations, folder, arguments.rounds, arguments.seconds)
    return case.label, "s", times


def _selected(case: Case, arguments: Namespace) -> list[Implementation]:
    """The requested implementations that are installed and have the network."""
    return [
        one
        for one in all_implementations(arguments.coretype)
        if case.network in one.networks
        and one.installed
        and one.key.partition("@")[0] in arguments.implementations
    ]


def _bounds(arguments: Namespace) -> Times:
    """Times of every product with one thread and with all, for each choice of kernels."""
    times: Times = {}
    cores = int(machine.describe()["cores that may be used"])
    for coretype in dict.fromkeys(["", arguments.coretype]):
        for threads in sorted({1, cores}):
            setting = f"{threads} thread{'s' * (threads > 1)}" + (
                f", {coretype}" if coretype else ""
            )
            found = bounds.measure(threads, coretype)
            times |= {f"{what} | {setting}": values for what, values in found.items()}
    return times
