"""What the rooms below the Python interface take: texts and lists; other types are errors."""

from pathlib import Path

import numpy as np
import pytest

import nnspec
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import run as run_spec
from nnspec.spec import loader
from nnspec.spec.loader import build
from nnspec.training.session import TrainingSession
from tests.small_runs import named, rows


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run that was kept and opened by texts."""
    out = str(tmp_path_factory.mktemp("runs"))
    run_spec(build(rows(name="x")), out=out)
    return TrainedRun.open(f"{out}/x")


def test_the_package_lists_its_names():
    assert set(nnspec.__all__) <= set(dir(nnspec))


def test_nested_lists_are_rows(run):
    expected = run.predict(np.array([[0, 1], [1, 1]]))
    for given in ([[0, 1], [1, 1]], ((0, 1), (1, 1)), {"input": [[0, 1], [1, 1]]}):
        assert (run.predict(given) == expected).all()


def test_a_listener_of_another_type_is_told(run):
    for listener in (None, 3):
        with pytest.raises(nnspec.NnspecError, match="RunListener"):
            run.evaluate(listener)


def test_rows_that_know_their_gradient(run):
    class Tensor(list):
        """A tensor with a gradient, as PyTorch's."""

        def __array__(self, *_, **__):
            raise RuntimeError("Can't call numpy() on Tensor that requires grad.")

        def detach(self):
            return self

        def cpu(self):
            return np.array(list(self))

    assert (run.predict(Tensor([[0.0, 1.0]])) == run.predict([[0.0, 1.0]])).all()


@pytest.mark.parametrize("path", ["~/runs", Path("~/runs")])
def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch, path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    report = run_spec(build(rows(name="x", train={"epochs": 0})), out=path)
    assert report.run == tmp_path / "runs/x/1"
    run = TrainedRun.open("~/runs/x")
    np.save(tmp_path / "new.npy", [[0.0, 1.0]])
    assert run.rows("~/new.npy").raw.shape == (1, 2)
    assert loader.load("~/runs/x/1/spec.yaml").name == "x"
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith("~")] == []


def test_maps_of_lists_are_rows(tmp_path):
    path = run_spec(build(named()), out=str(tmp_path)).run
    outputs = TrainedRun.open(path).predict_outputs({"image": [[0.1, 0.2]], "words": [[0, 1, 2]]})
    assert {name: array.shape for name, array in outputs.items()} == {
        "price": (1, 1),
        "kind": (1, 3),
    }


@pytest.mark.parametrize(
    "given",
    [
        None, "ab", 5, [], {}, [1, 2], [[1, 2], [3]], [[1j, 2]], [["a", "b"]], [[None, 1]],
        {1: [[1, 2]]}, {"input": None}, {"a": [[1, 2]], "b": [[1, 2], [3, 4]]},
    ],
)  # fmt: skip
def test_other_rows_are_refused(run, given):
    with pytest.raises(nnspec.NnspecError):
        run.predict(given)


SPEC = build(rows())


@pytest.mark.parametrize(
    "call",
    [
        lambda: loader.load(None), lambda: loader.load(b"x"), lambda: loader.load("x", [3]),
        lambda: run_spec("x.yaml"), lambda: run_spec(SPEC, "torch"),
        lambda: run_spec(SPEC, out=None), lambda: run_spec(SPEC, listener=3),
        lambda: run_spec(SPEC, nnspec.ComputeConfig("numpy", "half")),
        lambda: run_spec(SPEC, nnspec.ComputeConfig(3)), lambda: compile_spec("x"),
        lambda: summarise(SPEC), lambda: nnspec.advise(SPEC, None),
        lambda: nnspec.tune("x"), lambda: TrainedRun.open(None),
        lambda: TrainingSession.prepare(None),
        lambda: loader.load("x.yaml", 3), lambda: loader.load("x.yaml", "a=1"),
        lambda: nnspec.tune(SPEC, jobs="2"), lambda: nnspec.tune(SPEC, jobs=-1),
        lambda: nnspec.tune(SPEC, jobs=1.5), lambda: nnspec.tune(SPEC, jobs=True),
        lambda: nnspec.tune(SPEC, should_stop=3), lambda: nnspec.tune(SPEC, on_results=None),
        lambda: run_spec(SPEC, nnspec.ComputeConfig(seed=99)),
        lambda: run_spec(SPEC, nnspec.ComputeConfig(seed="x")),
        lambda: run_spec(SPEC, nnspec.ComputeConfig(seed=-1)),
        lambda: nnspec.tune(SPEC, nnspec.ComputeConfig(seed=99)),
        lambda: TrainingSession.prepare(SPEC, nnspec.ComputeConfig("numpy:")),
        lambda: run_spec(SPEC, out=""), lambda: run_spec(SPEC, out="$HOME/runs"),
        lambda: TrainedRun.open("$HOME/x"), lambda: loader.load("${HOME}/x.yaml"),
    ],
)  # fmt: skip
def test_wrong_types_are_told(call):
    with pytest.raises(nnspec.NnspecError):
        call()
