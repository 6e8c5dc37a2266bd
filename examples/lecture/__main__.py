"""Run every command of README.md in order, and write its output below it.

python -m examples.lecture          # refreshes README.md and its pictures
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
README = HERE / "README.md"
_BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"^\$ (.*(?:\\\n.*)*)\n", re.MULTILINE)
_VARYING = (  # parts of the output that differ from run to run, and their replacements
    (re.compile(r"  \d+\.\d s$", re.MULTILINE), ""),
    (re.compile(r"^\d+\.\d s, kept in", re.MULTILINE), "kept in"),
)


class Step(NamedTuple):
    """A command of the README and the output below it."""

    command: str
    output: str

    def __str__(self) -> str:
        return f"$ {self.command}\n{self.output}"


def steps(block: str) -> Iterator[Step]:
    """The steps of a console block."""
    _, *parts = _COMMAND.split(block)
    yield from map(Step, parts[::2], parts[1::2])


def all_steps(readme: str) -> list[Step]:
    """Every step of the README."""
    return [step for block in _BLOCK.findall(readme) for step in steps(block)]


class Workspace:
    """A copy of the examples and the gallery in which commands run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("examples", "specs"):
            shutil.copytree(ROOT / name, folder / name)
        (folder / "bin").mkdir()
        for name, arguments in (("python", ""), ("nnspec", "-m nnspec")):
            command = folder / "bin" / name
            command.write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments} "$@"\n')
            command.chmod(0o755)
        path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        fixed = {"PATH": path, "PYTHONPATH": str(ROOT), "NNSPEC_PROGRESS": "none"}
        self.environment = {**os.environ, **fixed}

    def run(self, step: Step) -> Step:
        """Run a step's command; the step with the new output. RuntimeError if it fails."""
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", step.command], cwd=self.folder, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.environment,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{step.command}\nended with {done.returncode}:\n{done.stdout}")
        output = done.stdout
        for pattern, replacement in _VARYING:
            output = pattern.sub(replacement, output)
        return step._replace(output=output.rstrip("\n") + "\n" if output.strip() else "")


def refreshed(readme: str, workspace: Workspace) -> str:
    """The README with the commands' current outputs."""

    def refresh(block: re.Match[str]) -> str:
        return "".join(str(_run_and_print(workspace, step)) for step in steps(block[0]))

    return _BLOCK.sub(refresh, readme)


def _run_and_print(workspace: Workspace, step: Step) -> Step:
    """Run a step, and print its time and command."""
    started = time.perf_counter()
    done = workspace.run(step)
    print(f"{time.perf_counter() - started:6.1f} s  {step.command}", flush=True)
    return done


def main() -> None:
    """Refresh the README and the pictures."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        readme = refreshed(README.read_text(encoding="utf-8"), workspace)
        README.write_text(readme, encoding="utf-8")
        pictures = workspace.folder / "examples" / "lecture" / "pictures"
        shutil.copytree(pictures, HERE / "pictures", dirs_exist_ok=True)
    print(f"{time.perf_counter() - started:6.1f} s in all")


if __name__ == "__main__":
    main()
