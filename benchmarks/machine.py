"""Description of the machine that measures, and its load."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nnspec

PACKAGES = ("numpy", "torch", "keras", "tensorflow", "scikit-learn")
VARIABLES = ("OPENBLAS_", "OMP_", "MKL_", "TF_ENABLE_", "TF_NUM_", "KERAS_", "TORCH_", "ONEDNN_")


def describe() -> dict[str, str]:
    """Processor, system, package versions, and environment variables that affect the arithmetic."""
    chosen = {name: value for name, value in os.environ.items() if name.startswith(VARIABLES)}
    return {
        "nnspec": nnspec.__version__,
        "processor": _processor(),
        "cores that may be used": str(len(os.sched_getaffinity(0))),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "packages": ", ".join(["Python " + platform.python_version(), *_packages()]),
        "variables": ", ".join(f"{name}={value}" for name, value in chosen.items()) or "none set",
    }


def load() -> float:
    """The load average of the last minute."""
    return os.getloadavg()[0]


def _processor() -> str:
    """The processor's model name, and the vector instruction sets that matter for products."""
    text = Path("/proc/cpuinfo").read_text(encoding="utf-8").partition("\n\n")[0]
    facts = {
        name.strip(): value.strip()
        for name, _, value in (line.partition(":") for line in text.splitlines())
    }
    vectors = [flag for flag in ("avx2", "fma", "avx512f") if flag in facts.get("flags", "")]
    return ", ".join([facts.get("model name", platform.processor()), *vectors])


def _packages() -> list[str]:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found
