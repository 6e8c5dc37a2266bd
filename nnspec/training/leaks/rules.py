"""The rules about leaks, and what is done about what they find.

The reasons stand in `nnspec.spec.advice`; the spec's `silence` lists codes to leave out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nnspec.data.splits import Splits
from nnspec.errors import DataError, Problem
from nnspec.lint.findings import Finding
from nnspec.lint.rules import ADVICE
from nnspec.spec.advice import REASONS
from nnspec.spec.document import Spec
from nnspec.training.leaks.equal_rows import equal_rows
from nnspec.training.leaks.id_columns import id_columns
from nnspec.training.leaks.split_columns import backward_time, equal_groups
from nnspec.training.leaks.target_columns import target_columns
from nnspec.training.stream_check import is_streamed

_OF_METADATA = ("equal-groups", "time-leak")  # which need no inputs: these may be streamed
LeakRule = Callable[[Spec, Splits], Iterator[Finding]]
LEAK_RULES: dict[str, LeakRule] = {
    "equal-rows": equal_rows,
    "equal-groups": equal_groups,
    "time-leak": backward_time,
    "target-leak": target_columns,
    "id-column": id_columns,
}


def leaks(spec: Spec, raw: Splits) -> list[Problem]:
    """Advice on leaks between the parts of raw rows; a DataError where they are to be errors."""
    rules = {code: LEAK_RULES[code] for code in _OF_METADATA} if is_streamed(spec) else LEAK_RULES
    is_error = spec.data is not None and spec.data.leaks == "error"
    found = [
        Problem(message, spec.locate(*path), REASONS[code], code, "error" if is_error else ADVICE)
        for code, rule in rules.items()
        if code not in spec.silence
        for path, message in rule(spec, raw)
    ]
    if found and is_error:
        raise DataError(found)
    return found
