"""`nnspec tune`: a study, and the files that it leaves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from nnspec.compute import ComputeConfig
from nnspec.errors import NnspecError
from nnspec.explain.entries import to_flow_yaml
from nnspec.plotting import style, tuning
from nnspec.runs import atomic_files
from nnspec.runs.folder import portable_yaml
from nnspec.spec.document import Spec
from nnspec.training.loop import ShouldStop, never
from nnspec.tuning.results import Results, TrialResult
from nnspec.tuning.trial_spec import trial_spec

_NUMPY = ComputeConfig()


class TuneReport(NamedTuple):
    """What a study gave, and where it is kept; None for a file that there is not."""

    results: Results
    spec: Path | None  # the winning one
    plot: Path | None
    no_plot: str  # why there is none

    @property
    def interrupted(self) -> bool:
        """Whether some settings have not ended."""
        return not self.results.complete

    def plain(self) -> dict[str, Any]:
        """The keys of `tune --json`."""
        paths = {"spec": self.spec, "plot": self.plot}
        shown = {name: path and str(path) for name, path in paths.items()}
        return {**self.results.plain(), **shown, "interrupted": self.interrupted}


def tune(
    spec: Spec, compute: ComputeConfig = _NUMPY, out: Path = Path("runs"), jobs: int = 0,
    told: Callable[[Results], None] = lambda _: None, stop: ShouldStop = never,
) -> TuneReport:  # fmt: skip
    """Choose the values of the spec's `tune` section by cross-validation.

    The study is kept in `<out>/<name>/tune/<identity>`: Optuna's journal, `trials.csv`,
    `tune.json`, `trials.png`, and `best.yaml`, the spec with the values that were best.
    Arguments and errors are those of `nnspec.tuning.study.study`; NnspecError where Optuna is
    not installed.
    """
    _require_optuna()
    from nnspec.tuning.study import run_study

    return _kept(spec, run_study(spec, compute, out, jobs, told, stop))


def _kept(spec: Spec, results: Results) -> TuneReport:
    """Write the files of a study."""
    folder = results.folder
    atomic_files.write_file(folder / "trials.csv", results.csv())
    best, missing = None, ""
    if results.complete and results.best:
        best = folder / "best.yaml"
        atomic_files.write_file(best, portable_yaml(trial_spec(spec, results.best.parameters)))
    plot = folder / "trials.png" if any(row.mean is not None for row in results.rows) else None
    if plot:
        try:
            _draw(plot, spec, results)
        except NnspecError as error:
            plot, missing = None, str(error).removeprefix("error: ")
    report = TuneReport(results, best, plot, missing)
    atomic_files.write_json(folder / "tune.json", report.plain())
    return report


def _draw(path: Path, spec: Spec, results: Results) -> None:
    points = [_point(row, best=row is results.best) for row in results.rows if row.mean is not None]
    title = f"{spec.name}: {results.metric} over {results.folds} folds"
    paint = partial(tuning.paint, title=title, metric=results.metric, points=points)
    style.save(path, tuning.size(points), paint)


def _point(row: TrialResult, *, best: bool) -> tuning.Point:
    group = "best" if best else "all folds" if row.state == "done" else "pruned"
    parameters = {path: _shown(value) for path, value in row.parameters.items()}
    return tuning.Point(parameters, row.values, row.mean or 0.0, row.std or 0.0, group)


def _shown(value: Any) -> Any:
    """Numbers as they are, other values as YAML."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if number else to_flow_yaml(value)


def _require_optuna() -> None:
    try:
        import optuna  # noqa: F401
    except ImportError as error:
        missing = getattr(error, "name", None) == "optuna"
        reason = "which is not installed" if missing else f"which cannot be imported: {error}"
        hint = "install it with: pip install 'nnspec[tune]'"
        raise NnspecError(f"nnspec tune needs Optuna, {reason}", hint) from None
