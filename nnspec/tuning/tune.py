"""`tune`: run a study and write its result files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from nnspec.compute import ComputeConfig, with_spec_seed
from nnspec.errors import NnspecError, Problem, check_type, typed
from nnspec.explain.entries import to_flow_yaml
from nnspec.plotting import style, tuning
from nnspec.runs import atomic_files
from nnspec.runs.portable_spec import portable_yaml
from nnspec.spec.document import Spec
from nnspec.spec.loader import SPEC_HINT, to_path
from nnspec.training.loop import ShouldStop, never_stop
from nnspec.tuning.results import Results, TrialResult
from nnspec.tuning.trial_spec import trial_spec

_NUMPY = ComputeConfig()


class TuneReport(NamedTuple):
    """The results of a study and its files; None for a file that was not written."""

    results: Results
    spec: Path | None  # with the best parameters
    plot: Path | None
    no_plot: str  # the reason if there is no plot
    problem: Problem | None = None  # why a complete study has no best setting

    @property
    def interrupted(self) -> bool:
        """Whether some settings have not finished."""
        return not self.results.complete

    def plain(self) -> dict[str, Any]:
        """The content of `tune --json`."""
        paths = {"spec": self.spec, "plot": self.plot}
        written = {name: path and str(path) for name, path in paths.items()}
        return {**self.results.plain(), **written, "interrupted": self.interrupted}


def tune(
    spec: Spec, compute: ComputeConfig = _NUMPY, out: str | PathLike[str] = "runs", jobs: int = 0,
    on_results: Callable[[Results], None] = lambda _: None, should_stop: ShouldStop = never_stop,
) -> TuneReport:  # fmt: skip
    """Choose the values of the spec's `tune` section by cross-validation.

    The study is stored in `<out>/<name>/tune/<identity>`: Optuna's journal, `trials.csv`,
    `tune.json`, `trials.png`, and `best.yaml`, the spec with the best values. Arguments and
    errors are those of `nnspec.tuning.study.run_study`; NnspecError if Optuna is not installed.
    """
    check_type(spec, Spec, SPEC_HINT)
    _check_arguments(jobs, on_results, should_stop)
    folder = to_path(out, "the folder of studies")
    _require_optuna()
    from nnspec.tuning.study import run_study

    compute = with_spec_seed(compute, spec.train.seed)._replace(seed=0)  # each trial has its own
    results = run_study(spec, compute, folder, jobs, on_results, should_stop)
    return _write_report(spec, results)


def _check_arguments(jobs: Any, *callbacks: Any) -> None:
    """Raise NnspecError unless jobs are a number, and callbacks can be called."""
    if type(jobs) is not int or jobs < 0:
        raise NnspecError(f"jobs are a whole number, 0 for one a processor, not {typed(jobs)}")
    for callback in callbacks:
        if not callable(callback):
            raise NnspecError(f"a callback is a function, not {typed(callback)}")


def _write_report(spec: Spec, results: Results) -> TuneReport:
    """Write the result files of a study."""
    folder = results.folder
    atomic_files.write_file(folder / "trials.csv", results.csv())
    best, no_plot = None, ""
    if results.complete and results.best:
        best = folder / "best.yaml"
        chosen = _without_idle_split(trial_spec(spec, results.best.parameters))
        atomic_files.write_file(best, portable_yaml(chosen))
    plot = folder / "trials.png" if any(row.mean is not None for row in results.rows) else None
    if plot:
        try:
            _plot(plot, spec, results)
        except NnspecError as error:
            plot, no_plot = None, str(error).removeprefix("error: ")
    problem = _problem(spec, results) if results.complete and not results.best else None
    report = TuneReport(results, best, plot, no_plot, problem)
    atomic_files.write_json(folder / "tune.json", report.plain())
    return report


def _without_idle_split(spec: Spec) -> Spec:
    """The spec without a split that says how folds are dealt alone."""
    if spec.data and spec.data.split and spec.data.split.is_idle:
        return spec.replace(data=spec.data.replace(split=None))
    return spec


def _problem(spec: Spec, results: Results) -> Problem:
    """Why no setting is the best one."""
    states = {row.state for row in results.rows}
    every = f"every setting {states.pop()}" if len(states) == 1 else "no setting reached its end"
    first = next((row for row in results.rows if row.message), None)
    reason = f": {first.message} (setting {first.number})" if first else ""
    where = spec.locate("tune", "parameters")
    return Problem(f"tune: {every}{reason}", where, "give other values to choose from")


def _plot(path: Path, spec: Spec, results: Results) -> None:
    """Plot mean and deviation of the metric over each parameter."""
    points = [_point(row, best=row is results.best) for row in results.rows if row.mean is not None]
    title = f"{spec.name}: {results.metric} over {results.folds} folds"
    paint = partial(tuning.paint, title=title, metric=results.metric, points=points)
    style.save(path, tuning.size(points), paint)


def _point(row: TrialResult, *, best: bool) -> tuning.Point:
    """A trial as a point of the plot."""
    group = "best" if best else "all folds" if row.state == "done" else "pruned"
    parameters = {path: _plot_value(value) for path, value in row.parameters.items()}
    return tuning.Point(parameters, row.values, row.mean or 0.0, row.std or 0.0, group)


def _plot_value(value: Any) -> Any:
    """A number as it is, any other value as YAML."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if number else to_flow_yaml(value)


def _require_optuna() -> None:
    """Raise NnspecError if Optuna cannot be imported."""
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        missing = getattr(error, "name", None) == "optuna"
        reason = "which is not installed" if missing else f"which cannot be imported: {error}"
        hint = "install it with: pip install 'nnspec[tune]'"
        raise NnspecError(f"nnspec tune needs Optuna, {reason}", hint) from None
