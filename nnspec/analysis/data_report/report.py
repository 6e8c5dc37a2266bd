"""The report on the data of a spec: they are read, prepared as for a run, and summarised."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from nnspec.analysis.data_report.classes import class_balances
from nnspec.analysis.data_report.columns import column_summaries
from nnspec.analysis.data_report.first_rows import pictures, prepared_tables, raw_table
from nnspec.analysis.data_report.model import DataReport, PartReport
from nnspec.analysis.data_report.preparation import fitted_steps
from nnspec.compute import ComputeConfig
from nnspec.data.known_shapes import with_fitted_shapes
from nnspec.data.preprocessing.fitted import FittedPreprocessing, require_data
from nnspec.data.splits import Splits, load_splits
from nnspec.errors import NnspecError, Problem
from nnspec.graph.compile import compile_spec
from nnspec.graph.network_inputs import lacks_shapes
from nnspec.options.component import to_plain
from nnspec.spec.document import Spec
from nnspec.training.balance import Balance
from nnspec.training.leaks.rules import leaks
from nnspec.training.prepared_data import PreparedData
from nnspec.training.run_advice import run_advice

_FLOAT32 = ComputeConfig()
_PICTURES = 8  # at least, where rows are images


def data_report(spec: Spec, rows: int = 3) -> DataReport:
    """Read the data of a spec and prepare them; `rows` first rows are shown.

    Raises DataError where they cannot be read. What is wrong with their values, the preparation or
    the network is among the `problems` of the report.
    """
    source = require_data(spec).source
    raw = load_splits(spec)
    found = leaks(spec, raw)
    report = DataReport(
        name=spec.name,
        source=source.kind,
        parts=tuple(PartReport(part.origin.part, part.rows) for part in raw.parts()),
        split=_split(spec),
        columns=tuple(column_summaries(raw.train)),
        balances=tuple(class_balances(raw.parts())),
        steps=(),
        before=raw_table(raw.train, rows),
        after=(),
        pictures=tuple(pictures(raw.train, max(rows, _PICTURES))),
        refused=raw.refused,
        advice=tuple(found),
    )
    try:
        return report._replace(**_prepared(spec, raw, found, rows))
    except NnspecError as error:
        return report._replace(problems=error.problems)


def _prepared(spec: Spec, raw: Splits, found: list[Problem], rows: int) -> dict[str, Any]:
    """The fields of a report that follow from the preparation."""
    fitted = FittedPreprocessing.fit(spec, raw.train)
    if lacks_shapes(spec):
        spec = with_fitted_shapes(spec, fitted, raw.train)
    graph = compile_spec(spec)
    splits, fitted, _ = PreparedData.of(raw, spec, graph, _FLOAT32, fitted)
    weights = Balance.of(splits.train, fitted, spec, graph, _FLOAT32).weights
    first = splits.train.take(np.arange(min(rows, splits.train.rows)))
    return {
        "steps": tuple(fitted_steps(fitted)),
        "after": tuple(prepared_tables(raw.train, first, fitted, rows)),
        "advice": tuple(run_advice(spec, graph, splits, fitted, weights, found)),
    }


def _split(spec: Spec) -> str:
    """How the parts are chosen, in words."""
    split, part = require_data(spec).split, spec.train.validation_split
    if split is not None:
        return f"split: {json.dumps(to_plain(split))}"
    if part is None:
        return ""
    which = "at random" if part.select == "random" else "the last rows"
    return f"{part.fraction:.4g} of the training rows are for validation, {which}"
