"""Small tables in files, and what `nnspec init` finds in them."""

from __future__ import annotations

import random
from pathlib import Path

from nnspec.scaffold.column_roles import ColumnRole, roles_of
from nnspec.scaffold.data_files import table_file
from nnspec.scaffold.tables import read_columns


def written(folder: Path, columns: dict[str, list], name: str = "data.csv") -> Path:
    """A CSV file of columns."""
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values()))]  # noqa: B905
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def roles(folder: Path, columns: dict[str, list]) -> dict[str, ColumnRole]:
    """The role of each column of a table."""
    _, found = read_columns(table_file(written(folder, columns)))
    return {one.name: one for one in roles_of(found)}


def houses(rows: int = 60) -> dict[str, list]:
    """A table with a column of each role, and a target of numbers."""
    draw = random.Random(0)  # noqa: S311
    area = [draw.randint(30, 200) for _ in range(rows)]
    return {
        "id": list(range(rows)),
        "area": [a if n % 7 else "" for n, a in enumerate(area)],
        "rooms": [1 + a // 40 for a in area],
        "city": [draw.choice(["Taipei", "Tainan", ""]) for _ in range(rows)],
        "built": [f"20{n % 20:02}-0{1 + n % 9}-11" for n in range(rows)],
        "country": ["Taiwan"] * rows,
        "price": [a * 3 + draw.random() for a in area],
    }
