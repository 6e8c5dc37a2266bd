"""Shape and dtype of each input of a network, from the spec and from its data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from nnspec.components.preprocessing.base import prepared, unprepared
from nnspec.errors import Problem, SourceSpan, SpecError, did_you_mean, quoted
from nnspec.graph.infer import row_after_steps, with_location
from nnspec.graph.ir import INPUT, Path, Side
from nnspec.options.shapes import format_shape, shape_hint
from nnspec.options.tensor_spec import FLOAT, TensorSpec
from nnspec.options.types import OpenShape, Shape
from nnspec.options.unknown_size import UNKNOWN, is_unknown
from nnspec.spec.data_steps import Side as DataSide
from nnspec.spec.data_steps import StepList, array_steps, has_columns, step_lists
from nnspec.spec.document import InputOptions, Spec

_ONLY = InputOptions()  # of a network that names no input


class PreprocessedSpecs(NamedTuple):
    """TensorSpec of a preprocessed row of each input and target; None if only the data tell."""

    inputs: Side
    targets: Side


def network_inputs(spec: Spec) -> Mapping[str, TensorSpec]:
    """The inputs of the network by name; raises SpecError unless they agree with the data."""
    declared = spec.network.inputs
    dtypes = {name: options.dtype for name, options in (declared or {"": _ONLY}).items()}
    data = _augmented(spec, preprocessed_tensor_specs(spec).inputs, dtypes)
    if declared is None:
        return {INPUT: TensorSpec(_only_shape(spec, data), FLOAT)}
    _check_names(spec, declared, data)
    return {
        name: TensorSpec(_shape(spec, name, options, data), options.dtype)
        for name, options in declared.items()
    }


def _augmented(spec: Spec, inputs: Side, dtypes: Mapping[str, str]) -> Side:
    """The prepared inputs after the steps of `augment`."""
    if spec.data is None or not spec.data.augment:
        return inputs
    from nnspec.graph.augmentation import augmented_specs  # few specs have it

    return augmented_specs(spec, inputs, dtypes)


def preprocessed_tensor_specs(spec: Spec) -> PreprocessedSpecs:
    """Shape and dtype of a preprocessed row of inputs and targets."""
    if spec.data is None:
        return PreprocessedSpecs({}, {})
    if spec.prepared_spec is not None:
        return PreprocessedSpecs(*map(_by_name, spec.prepared_spec))
    source = spec.data.source
    inputs, targets = spec.data_spec or with_location(
        spec, ("data", "source"), lambda: source.data_spec(spec.folder)
    )
    return PreprocessedSpecs(
        _side(spec, "inputs", inputs, spec.data.inputs),
        _side(spec, "targets", targets, spec.data.targets),
    )


def lacks_shapes(spec: Spec) -> bool:
    """Whether the data alone tell the shape of an input that the network does not declare."""
    declared = spec.network.inputs or {"": InputOptions(shape=spec.network.input_shape)}
    found = preprocessed_tensor_specs(spec).inputs
    return any(
        row is None
        and (options := declared.get(name)) is not None
        and (options.shape is None or None in options.shape)
        for name, row in found.items()
    )


def _by_name(rows: TensorSpec | Mapping[str, TensorSpec | None] | None) -> Side:
    return rows if isinstance(rows, Mapping) else {"": rows}


def _side(spec: Spec, side: str, rows: TensorSpec | Side | None, steps: DataSide) -> Side:
    """The TensorSpecs of one side, `inputs` or `targets`, after its steps."""
    path = ("data", side)
    if has_columns(steps):
        from nnspec.graph.table_rows import table_row  # few sources are tables

        columns = rows if isinstance(rows, Mapping) else {}
        columns = {**columns, **_stated_columns(spec)}
        lists = step_lists(steps, path)
        made = {name: table_row(spec, one, columns) for name, one in lists.items()}
        return {n: _as_vector(row) for n, row in made.items()} if side == "inputs" else made
    return {
        name: row and _prepared_row(spec, array_steps(steps, path, name), row)
        for name, row in _arrays(spec, side, rows, steps).items()
    }


def _stated_columns(spec: Spec) -> Mapping[str, TensorSpec]:
    """The columns of a table whose types the contract states."""
    if spec.data is None or spec.data.columns is None:
        return {}
    from nnspec.spec.column_contracts import tensor_specs  # few specs have a contract

    return tensor_specs(spec.data.columns)


def _as_vector(row: TensorSpec | None) -> TensorSpec | None:
    """A row of an input: a single value is a vector of one number."""
    return row._replace(shape=(1,)) if row is not None and not row.shape else row


def _arrays(spec: Spec, side: str, rows: TensorSpec | Side | None, steps: DataSide) -> Side:
    """The arrays of a side, whose names are those of its steps where only the data tell them."""
    known = list(rows) if isinstance(rows, Mapping) else []
    problems = [] if rows is None else list(step_problems(spec, side, known))
    if problems:
        raise SpecError(problems)
    return rows if isinstance(rows, Mapping) else dict.fromkeys(step_lists(steps, ()), rows)


def step_problems(spec: Spec, side: str, known: Sequence[str]) -> Iterator[Problem]:
    """The steps of a side that name no array of the source, or do not say which of several."""
    steps = getattr(spec.data, side)
    if isinstance(steps, Mapping):
        for name in steps:
            if name not in known:
                message = f"the source has no {side} {quoted(name)}"
                hint = did_you_mean(name, known) if known else "its only array has no name"
                yield Problem(message, spec.locate_key("data", side, name), hint)
    elif steps and len(known) > 1:
        message = f"the source has several {side}; say which steps each has"
        hint = f"write {side}: {{{', '.join(f'{name}: [...]' for name in known)}}}"
        yield Problem(message, spec.locate("data", side), hint)


def _prepared_row(spec: Spec, one: StepList, row: TensorSpec) -> TensorSpec | None:
    """A row of an array as the network gets it."""
    found = row_after_steps(spec, one, unprepared(row))
    return found and prepared(found)


def _only_shape(spec: Spec, data: Side) -> Shape:
    """The shape of the input of a network that names none."""
    if len(data) > 1:
        names = ", ".join(data)
        where = spec.locate("network")
        message = f"the data have several inputs ({names}), and the network names none"
        raise SpecError(Problem(message, where, "write inputs: {...} under network"))
    prepared = next(iter(data.values()), None)
    hint = "write input_shape: [...] under network"
    return _agreed_shape(spec, ("network", "input_shape"), spec.network.input_shape, prepared, hint)


def _shape(spec: Spec, name: str, options: InputOptions, data: Side) -> Shape:
    """The shape of a named input."""
    path, prepared = ("network", "inputs", name), data.get(name, data.get(""))
    return _agreed_shape(spec, path, options.shape, prepared, f"write {name}: {{shape: [...]}}")


def _agreed_shape(
    spec: Spec, path: Path, written: OpenShape | None, prepared: TensorSpec | None, hint: str
) -> Shape:
    """The declared shape or that of the data; a SpecError unless they agree.

    A size that the network leaves open is that of the data, where these tell it.
    """
    declared = None if written is None else tuple(UNKNOWN if n is None else n for n in written)
    if prepared is None and declared is None:
        where = spec.locate(*(path[:1] if path[-1] == "input_shape" else path))
        what = "network's input_shape" if path[-1] == "input_shape" else f"shape of {path[-1]}"
        raise SpecError(Problem(f"the {what} is not known", where, hint))
    if prepared is None:
        return declared or ()
    if declared is not None and not _fits(prepared.shape, declared):
        expected, actual = format_shape(declared), format_shape(prepared.shape)
        message = f"the network takes {expected} and the preprocessing gives {actual}"
        hint = shape_hint(prepared.shape, declared)
        hint = hint or f"leave {path[-1]} out, or change data: inputs"
        raise SpecError(Problem(message, spec.locate(*path), hint))
    return prepared.shape


def _fits(shape: Shape, declared: Shape) -> bool:
    """Whether a shape is the declared one, in which a size may be open."""
    return len(shape) == len(declared) and all(
        is_unknown(wanted) or size == wanted for size, wanted in zip(shape, declared, strict=True)
    )


def _check_names(spec: Spec, declared: Mapping[str, InputOptions], data: Side) -> None:
    """Raise SpecError unless the data have the inputs that the network names."""
    if not data or (set(data) == {""} and len(declared) == 1) or set(data) == set(declared):
        return
    given = [name for name in data if name]
    problems = [
        Problem(
            f"the data have no input {quoted(name)}",
            spec.locate_key("network", "inputs", name),
            did_you_mean(name, given) if given else "they have one without a name",
        )
        for name in declared
        if name not in data
    ]
    problems = problems or [
        Problem(
            f"the network has no input {quoted(name)}",
            data_place(spec, "inputs", name),
            did_you_mean(name, list(declared)),
        )
        for name in given
        if name not in declared
    ]
    raise SpecError(problems)


def data_place(spec: Spec, side: str, name: str) -> SourceSpan | None:
    """Where the data name an array: at its steps, in the source's options, or the source."""
    if spec.data is None:
        return None
    steps = getattr(spec.data, side)
    if isinstance(steps, Mapping) and name in steps:
        return spec.locate_key("data", side, name)
    return spec.locate_key("data", "source", spec.data.source.kind, side, name)
