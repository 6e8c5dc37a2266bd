"""The lines of a spec that state what the columns of a table must hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nnspec.language.writer import dump_flow
from nnspec.scaffold.column_summary import ColumnSummary
from nnspec.scaffold.yaml_lines import WIDTH, YamlLine, listed

_MOST_VALUES = 100  # classes that are listed
_MOST_LINES = 25  # of more columns, several stand on a line


def contract_lines(
    columns: Sequence[ColumnSummary], target: ColumnSummary, *, classes: bool
) -> Iterator[YamlLine]:
    """The contract of the columns that are read; `classes` are stated as the target's values."""
    contracts = {one.name: _contract(one) for one in columns}
    contracts[target.name] = _target_contract(target) if classes else _contract(target)
    reason = "what each cell must hold, now and in new rows: else an error names its line"
    if len(contracts) > _MOST_LINES:
        yield YamlLine("  columns:", reason)
        items = [f"{dump_flow(name)}: {dump_flow(one)}" for name, one in contracts.items()]
        yield YamlLine(listed("    {", items, "}"))
        return
    yield YamlLine("  columns:", reason)
    for one in (*columns, target):
        yield YamlLine(_line(one.name, contracts[one.name]), _found(one))


def _line(name: str, contract: Any) -> str:
    """The contract of a column, on several lines where its values are long."""
    line = f"    {dump_flow(name)}: {dump_flow(contract)}"
    if len(line) <= WIDTH or "values" not in contract:
        return line
    values = [dump_flow(value) for value in contract["values"]]
    start = f"      type: {contract['type']}\n"
    return f"    {dump_flow(name)}:\n{start}{listed('      values: [', values, ']')}"


def _contract(column: ColumnSummary) -> Any:
    """The type of a column; whole numbers may become others in new rows."""
    if column.is_boolean:
        return "boolean"
    if column.kind == "dates":
        return {"type": "date", "format": column.format} if column.format else "date"
    if column.unit:
        return {"type": "number", "unit": column.unit}
    return "number" if column.kind == "numbers" else "category"


def _target_contract(target: ColumnSummary) -> Any:
    """The type of a target, and its classes."""
    if target.is_boolean:
        return "boolean"
    if target.distinct > _MOST_VALUES:
        bounds = {"type": "integer", "minimum": target.least, "maximum": target.greatest}
        return bounds if target.kind == "numbers" else "category"
    kind = "category" if target.kind == "text" else "number"
    return {"type": kind, "values": list(target.counts)}


def _other_format(column: ColumnSummary) -> str:
    """The format that reads all dates as well."""
    return f'; or is it "{column.other_format}"?' if column.other_format else ""


def _found(column: ColumnSummary) -> str:
    """What a column holds: its extremes or its number of values, and how many are missing."""
    missing = f"{column.missing:,} missing" if column.missing else ""
    if column.kind == "text":
        held = f"{column.distinct:,} different"
    elif column.kind == "dates":
        held = f"{column.least:%Y-%m-%d} to {column.greatest:%Y-%m-%d}{_other_format(column)}"
    else:
        held = "" if column.is_boolean else f"{column.least:g} to {column.greatest:g}"
    return ", ".join(filter(None, (held, missing)))
