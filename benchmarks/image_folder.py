"""Memory and speed of training on a folder of small JPEGs, streamed and in memory.

Run it by hand: `python -m benchmarks.image_folder [images]`, 20,000 by default. It writes that
many JPEGs of 64 x 64 pixels into a temporary folder, measures how many are decoded a second, and
trains an MLP on them for an epoch, each in a process of its own. It prints seconds, how many rows
of the epoch are trained on a second, and the peak of the memory. With `stream: true` the peak does
not grow with the number of images.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from nnspec.data.image_files import decode_images
from nnspec.data.image_pixels import ImagePixels

_CLASSES, _SIZE = 10, 64
_SPEC = """
data: {source: {images: photos}, inputs: [{divide: 255}], targets: [one_hot]}
network: {layers: [flatten, {dense: {units: 64, activation: relu}},
                   {dense: {units: 10, activation: softmax}}]}
loss: categorical_crossentropy
optimizer: {adam: 0.001}
train: {epochs: 1, batch_size: 64, shuffle_window: 4096}
"""


def write_images(folder: Path, images: int) -> list[Path]:
    """Write JPEGs of smooth random pixels into a folder for each class."""
    tiles = np.random.default_rng(0).integers(0, 256, (256, 8, 8, 3), np.uint8)
    paths = [folder / str(number % _CLASSES) / f"{number:06}.jpg" for number in range(images)]
    for path in paths[:_CLASSES]:
        path.parent.mkdir(parents=True)

    def write(number: int) -> None:
        Image.fromarray(tiles[number % 256]).resize((_SIZE, _SIZE)).save(paths[number])

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(images)))
    return paths


def train(folder: Path, images: int, *overrides: str) -> str:
    """Train in a process of its own; seconds, the epoch's rows a second and the peak of memory."""
    script = (
        "import resource, sys; from nnspec.cli.main import run; code = run(sys.argv[1:]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, code)"
    )
    arguments = ["run", str(folder / "s.yaml"), "--out", str(folder / "runs"), *overrides]
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )
    seconds, peak = time.perf_counter() - started, int(done.stdout.split()[-2])
    epoch = float(re.findall(r"epoch 1/1 .* ([\d.]+) s", done.stdout)[0])
    return f"{seconds:.1f} s, {images / epoch:,.0f} rows/s, at most {peak / 1024:.0f} MB"


def main(images: int) -> None:
    """Print all figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = write_images(folder / "photos", images)
        (folder / "s.yaml").write_text(_SPEC, encoding="utf-8")
        started, some = time.perf_counter(), paths[:2000]
        decode_images(some, ImagePixels("rgb", (_SIZE, _SIZE)))
        rate = len(some) / (time.perf_counter() - started)
        print(f"{images:,} images, {os.cpu_count()} processors: {rate:,.0f} decoded a second")
        print(f"streamed:  {train(folder, images, 'data.stream=true')}", flush=True)
        print(f"in memory: {train(folder, images)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
