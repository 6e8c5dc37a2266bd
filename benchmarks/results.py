"""The JSON file of the results; a new measurement of a section replaces the old one."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.statistics import Spread, Times

FOLDER = Path(__file__).parent / "results"
FILE = FOLDER / "benchmarks.json"


@dataclass
class Section:
    """One measurement: numbers for each round, the machine, and its load before and after."""

    label: str
    unit: str
    times: Times
    machine: dict[str, str]
    load: list[float]

    def spread(self, key: str) -> Spread:
        """Median and quartiles of an implementation's numbers."""
        return Spread.of(self.times[key])


def read() -> dict[str, Section]:
    """All stored sections by name."""
    if not FILE.exists():
        return {}
    return {name: Section(**values) for name, values in json.loads(FILE.read_text()).items()}


def write(name: str, section: Section) -> dict[str, Section]:
    """Store a section; returns all sections."""
    sections = {**read(), name: section}
    FOLDER.mkdir(exist_ok=True)
    values = {name: asdict(one) for name, one in sections.items()}
    FILE.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    return sections
