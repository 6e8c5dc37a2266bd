"""What has been measured, as JSON; a section that is measured again replaces its former self."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.statistics import Spread, Times

FOLDER = Path(__file__).parent / "results"
FILE = FOLDER / "benchmarks.json"


@dataclass
class Section:
    """A part of the measurement: numbers a round, the machine, and its load before and after."""

    label: str
    unit: str
    times: Times
    machine: dict[str, str]
    load: list[float]

    def spread(self, key: str) -> Spread:
        """The median and quartiles of a contestant's numbers."""
        return Spread.of(self.times[key])


def read() -> dict[str, Section]:
    """All sections that have been kept."""
    if not FILE.exists():
        return {}
    return {name: Section(**values) for name, values in json.loads(FILE.read_text()).items()}


def keep(name: str, section: Section) -> dict[str, Section]:
    """Enter a section; all sections that there are."""
    sections = {**read(), name: section}
    FOLDER.mkdir(exist_ok=True)
    values = {name: asdict(one) for name, one in sections.items()}
    FILE.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    return sections
