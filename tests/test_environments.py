"""Drawn environments, limits and streams end no command in a traceback or a damaged file."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from nnspec.runs.folder import RunFolder
from nnspec.runs.tensor_files import tensors_in
from nnspec.runs.verification import check_files
from tests.cli.conftest import written
from tests.paths import ROOT
from tests.small_runs import rows, trained

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX")

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
ENVIRONMENTS: list[dict[str, str]] = [
    {}, ASCII, {**ASCII, "PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "idna"},
    {"PYTHONIOENCODING": "utf-16"}, {"LC_ALL": "xx_YY.ISO-8859-1"}, {"TZ": "nonsense"},
    {"NNSPEC_THREADS": "1000000"}, {"NNSPEC_THREADS": "9" * 5000}, {"NNSPEC_THREADS": "3"},
    {"OMP_NUM_THREADS": "abc", "OPENBLAS_NUM_THREADS": "abc"}, {"HOME": "/nonexistent"},
    {"TMPDIR": "/nonexistent"}, {"MPLBACKEND": "x"}, {"MPLCONFIGDIR": "/dev/null"},
    {"MATPLOTLIBRC": "/nonexistent"}, {"SOURCE_DATE_EPOCH": "abc"}, {"COLUMNS": "abc"},
    {"COLUMNS": "0", "LINES": "-1"}, {"TERM": "", "FORCE_COLOR": "1"}, {"PYTHONOPTIMIZE": "2"},
    {"PYTHONWARNINGS": "error"}, {"PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"},
]  # fmt: skip
LIMITS = ["", "", "ulimit -f 0", "ulimit -f 1", "ulimit -f 16", "ulimit -n 8", "ulimit -s 512"]
STREAMS = ["", "", "", ">&-", "2>&-", "<&- >&- 2>&-", "| true", "2>/dev/full", ">/dev/full"]
SPECS = ["xor.yaml", "標準.yaml", os.fsdecode(b"caf\xe9.yaml"), "bad.yaml", "missing.yaml"]
SLOWLY = partial(pytest.param, marks=pytest.mark.framework)
QUICK = ["summary {spec}", "check {spec}", "summary {spec} --json"]
SLOW = [
    "run {spec}", "run {spec} -o 'añb' --json", "plot runs/異或 -o '圖.png'",
    "plot runs/異或 -o picture.svg", "predict runs/異或 train -o table.csv",
]  # fmt: skip


class Case(NamedTuple):
    """A command line of the shell, and changes of the environment."""

    command: str
    environment: dict[str, str]


def drawn(number: int, commands: list[str]) -> Case:
    draw = random.Random(number)  # noqa: S311
    command = draw.choice(commands).format(spec=f"'{draw.choice(SPECS)}'")
    limit, streams = draw.choice(LIMITS) or ":", draw.choice(STREAMS)
    line = f'{limit}; "{sys.executable}" -m nnspec {command} {streams}; exit ${{PIPESTATUS[0]}}'
    return Case(line, draw.choice(ENVIRONMENTS))


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A folder with the specs and a run."""
    folder = tmp_path_factory.mktemp("finished")
    values = rows(name="異或", train={"epochs": 3})
    trained(values, folder / "runs")
    for name in SPECS[:3]:
        written(folder, values, name)
    written(folder, {"network": {"layers": [{"densé": 3}]}}, "bad.yaml")
    return folder


@pytest.mark.parametrize("number", [*range(10), *map(SLOWLY, range(10, 25))])
def test_a_quick_command_in_a_drawn_environment(number, finished):
    check(drawn(number, QUICK), finished)


@pytest.mark.framework
@pytest.mark.parametrize("number", range(25, 50))
def test_a_slow_command_in_a_drawn_environment(number, finished):
    check(drawn(number, SLOW), finished)


def check(case: Case, folder: Path) -> None:
    if "/dev/full" in case.command and not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    done = subprocess.run(
        ["bash", "-c", os.fsencode(case.command)], cwd=folder, stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT), **case.environment},
        capture_output=True, check=False, timeout=120,
    )  # fmt: skip
    message = done.stderr.decode(errors="replace")
    assert done.returncode in (0, 1, 2, 130), message
    assert "Traceback" not in message
    assert "Exception ignored" not in message
    if done.returncode == 2 and "2>" not in case.command:
        assert message.strip() or b'"ok": false' in done.stdout
    assert not list(folder.rglob("*.part"))
    for run in folder.glob("*/*/[0-9]*"):
        check_run(run)


def check_run(path: Path) -> None:
    """The files of a run folder that exist are whole."""
    for name in ("metrics.json", "environment.json"):
        if (path / name).exists():
            json.loads((path / name).read_bytes())
    if (path / "history.csv").exists():
        RunFolder(path).history()
    if (path / "weights.safetensors").exists():
        assert tensors_in((path / "weights.safetensors").read_bytes())
    if (path / "spec.yaml").exists():
        assert [one for one in check_files(path) if one.damage] == []


INTERRUPT = """
import os, signal, sys
import nnspec.__main__

module = sys.argv.pop(1)

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signal.{signal})

sys.meta_path.insert(0, Interrupt())
nnspec.__main__.main()
"""


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("module", ["click", "pydantic", "numpy"])
def test_a_signal_during_an_import_ends_the_command_quietly(finished, module, number):
    code = INTERRUPT.format(signal=number)
    done = subprocess.run(
        [sys.executable, "-c", code, module, "run", "xor.yaml"], cwd=finished,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 128 + getattr(signal, number)
    assert done.stderr.strip() in ("", "interrupted")
