"""The target by whose classes rows are split."""

from __future__ import annotations

from nnspec.backends.arrays import Array, Values, by_name
from nnspec.data.rows import Rows
from nnspec.data.splitting.classes import classes_of
from nnspec.errors import DataError, did_you_mean, quoted
from nnspec.spec.data_steps import step_lists
from nnspec.spec.document import Spec


def class_numbers(spec: Spec, rows: Rows, name: str | None) -> Array:
    """The class of each row by the only target, or that of a name, or a column of the table.

    Raises DataError where there is no such target, or it has no classes.
    """
    target = only_target(spec, rows) if name is None else _named_target(spec, rows, name)
    if target is None:
        names = target_names(spec, rows)
        hint = f"for example by: {{stratified: {names[0]}}}"
        raise DataError(f"stratified: there are several targets, {', '.join(names)}", hint)
    found = classes_of(target)
    if found is None:
        subject = f"target {quoted(name)}" if name else "target"
        hint = "its values are quantities: write by: random, or {stratified: NAME} of a class"
        raise DataError(f"stratified needs classes, and the {subject} has none", hint)
    return found.numbers


def only_target(spec: Spec, rows: Rows) -> Values | None:
    """The only target, be it an array or columns of a table; None where there are several."""
    return rows.targets if len(target_names(spec, rows)) <= 1 else None


def target_names(spec: Spec, rows: Rows) -> list[str]:
    """The names of the targets; none where the only one has no name."""
    written = step_lists(spec.data.targets, ()) if spec.data else {}
    if "" not in written and written:
        return list(written)
    return [name for name in by_name(rows.targets) if name and not rows.is_table]


def _named_target(spec: Spec, rows: Rows, name: str) -> Values:
    """The columns of a target, a column of the table, or an array of the source."""
    if name in rows.metadata:
        return rows.metadata[name]
    targets = by_name(rows.targets)
    written = step_lists(spec.data.targets, ()) if spec.data else {}
    columns = [one for group in written.get(name, ()) for one in group.names]
    if columns:
        return {column: targets[column] for column in columns}
    if name not in targets:
        has_names = "" not in targets
        hint = did_you_mean(name, list(targets)) if has_names else "the only target has no name"
        raise DataError(f"there is no target {quoted(name)}", hint)
    return targets[name]
