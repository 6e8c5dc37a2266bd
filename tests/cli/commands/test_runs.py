"""`nnspec runs`: which runs are listed, in which order, with which figures."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nnspec.errors import SpecError
from tests.cli.conftest import written
from tests.small_runs import change_file, mnist, rows, trained

DIVERGING = rows(network={"layers": [{"dense": 8}, {"dense": 1}]}, loss="mean_squared_error",
                 optimizer={"sgd": 1e30}, train={"epochs": 5})  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two runs of one name, one of another without test rows, and one that diverged."""
    out = tmp_path_factory.mktemp("made") / "runs"
    validated = {"epochs": 3, "validation_split": 0.25}
    for epochs in (2, 1):
        trained(mnist(train={"epochs": epochs, "batch_size": 64}), out)
    trained(rows(name="xor", optimizer={"adam": 0.01}, train=validated), out)
    with pytest.raises(SpecError, match="diverged"):
        trained({**DIVERGING, "name": "bad"}, out)
    return out


@pytest.fixture
def runs(made, tmp_path):
    shutil.copytree(made, tmp_path / "runs")


def listed(nnspec, *words):
    """The runs that are listed, as `name/number`."""
    done = nnspec("runs", "--json", *words)
    assert (done.code, done.err) == (0, "")
    return [one["run"].removeprefix("runs/") for one in done.json["runs"]]


def test_a_line_for_each_run(nnspec, runs):
    head, *lines = nnspec("runs").out.splitlines()
    assert head.split() == [
        "run", "status", "backend", "precision", "epochs", "test.loss", "test.accuracy",
        "train.loss", "train.accuracy", "seconds", "started",
    ]  # fmt: skip
    assert [line.split()[:5] for line in lines] == [
        ["bad/1", "diverged", "numpy", "float32", "1"],
        ["small/1", "finished", "numpy", "float32", "2"],
        ["small/2", "finished", "numpy", "float32", "1"],
        ["xor/1", "finished", "numpy", "float32", "3"],
    ]
    assert [line.split()[0] for line in nnspec("runs", "runs/small").out.splitlines()[1:]] == [
        "1", "2",
    ]  # fmt: skip
    assert nnspec("runs", "runs/xor/1").out.splitlines()[1].startswith("runs/xor/1  finished")


def test_the_figures_are_those_that_the_run_printed(nnspec, runs):
    written_ = json.loads(Path("runs/xor/1/metrics.json").read_text())
    (run,) = nnspec("runs", "runs/xor", "--json").json["runs"]
    assert (run["train"], run["test"], run["seconds"]) == (
        written_["train"], None, written_["seconds"],
    )  # fmt: skip
    assert run["validation"] == written_["epochs"][-1]["validation"]
    assert run["parameters"] == 3
    started = json.loads(Path("runs/xor/1/environment.json").read_text())["started"]
    assert run["started"] == started
    (bad,) = nnspec("runs", "runs/bad", "--json").json["runs"]
    assert "the loss is not finite" in bad["message"]


@pytest.mark.parametrize("expect", [{}, {"expect": {"validation": {"loss": 0}}}])
def test_validation_figures_are_those_of_the_weights_that_are_kept(nnspec, tmp_path, expect):
    stopping = {"monitor": "val_loss", "patience": 2, "restore_best": True}
    train = {"epochs": 9, "validation_split": 0.25, "early_stopping": stopping}
    report = trained(rows(name="best", optimizer={"sgd": 3.0}, train=train, **expect), tmp_path)
    losses = [epoch.validation["loss"] for epoch in report.epochs]
    (run,) = nnspec("runs", str(tmp_path / "best"), "--json").json["runs"]
    assert losses[-1] > min(losses)
    assert run["validation"]["loss"] == pytest.approx(min(losses))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("status=diverged", ["bad/1"]), ("status!=finished", ["bad/1"]),
        ("name == xor", ["xor/1"]), ("epochs>=2", ["small/1", "xor/1"]),
        ("epochs<2", ["bad/1", "small/2"]),
        ("test.accuracy>0", ["small/1", "small/2"]), ("test.accuracy>1", []),
        ("validation.loss>0", ["xor/1"]), ("optimizer=adam", ["xor/1"]),
        ("optimizer.learning_rate=0.1", ["small/1", "small/2"]),
        ("optimizer.learning_rate<=0.01", ["xor/1"]), ("optimizer.sgd.learning_rate>1", ["bad/1"]),
        ("train.batch_size=64", ["small/1", "small/2"]), ("train.epochs=3", ["xor/1"]),
        ("network.layers.0.units=10", ["small/1", "small/2"]), ("network.layers.0=dense",
        ["bad/1", "small/1", "small/2", "xor/1"]), ("train.batch_size>x", []),
        ("started>2020-01-01", ["bad/1", "small/1", "small/2", "xor/1"]), ("epochs=two", []),
        ("data.source.mnist.train_rows=200", ["small/1", "small/2"]),
        ("data.inputs=[]", ["bad/1", "xor/1"]), ("train.shuffle=1", []),
        ("train.shuffle!=1", ["bad/1", "small/1", "small/2", "xor/1"]),
    ],
)  # fmt: skip
def test_conditions(nnspec, runs, condition, expected):
    assert listed(nnspec, "--where", condition) == expected


def test_several_conditions_hold_together(nnspec, runs):
    assert listed(nnspec, "--where", "test.loss>0", "--where", "epochs=1") == ["small/2"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["epochs"], ["bad/1", "small/2", "small/1", "xor/1"]),
        (["epochs", "--descending"], ["xor/1", "small/1", "bad/1", "small/2"]),
        (["optimizer.learning_rate"], ["xor/1", "small/1", "small/2", "bad/1"]),
        (["validation.loss"], ["xor/1", "bad/1", "small/1", "small/2"]),
        (["status", "--descending"], ["small/1", "small/2", "xor/1", "bad/1"]),
    ],
)
def test_sorting(nnspec, runs, words, expected):
    assert listed(nnspec, "--sort", *words) == expected


def test_what_is_asked_for_is_shown(nnspec, runs):
    lines = nnspec("runs", "--where", "optimizer=adam", "--sort", "train.epochs").out.splitlines()
    assert lines[0].split()[-4:] == ["optimizer", "train.epochs", "seconds", "started"]
    assert "adam" in lines[1]
    assert nnspec("runs", "--where", "epochs=99").out == "no run\n"
    layers = nnspec("runs", "runs/xor", "--sort", "network.layers").out.splitlines()
    assert "[{dense: {" in layers[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--where", "epochs"], "'epochs' is no condition"),
        (["--where", "=3"], "'=3' is no condition"),
        (["--where", "tst.loss>1"], "did you mean 'test.loss'"),
        (["--where", "epochs>[1]"], "> compares numbers and texts"),
        (["--where", "epochs>[1"], "--where:1:"),
        (["--sort", "los"], "no run has the figure or the option 'los'"),
        (["--descending"], "--descending needs --sort"),
        (["nowhere"], "command line:1:1: error: there is no folder nowhere"),
        (["small.yaml"], "there is no folder small.yaml"),
    ],
)
def test_mistakes_end_with_2_and_a_message(nnspec, runs, words, said):
    done = nnspec("runs", *words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_folder_without_runs(nnspec, tmp_path):
    written(tmp_path, rows(name="x"))
    for _ in range(2):
        done = nnspec("runs")
        assert (done.code, done.err) == (0, "")
        assert done.out == "no runs yet in runs: nnspec run keeps them there\n"
        assert nnspec("runs", "--json", "--where", "epochs=3").json == {"runs": []}
        Path("runs").mkdir(exist_ok=True)
    assert nnspec("run", "small.yaml").code == 0
    assert nnspec("runs", ".").out == "no run in .; there are runs in runs\n"


def test_a_damaged_run_is_listed_as_such(nnspec, runs):
    Path("runs/small/1/metrics.json").write_bytes(b"{}")
    Path("runs/small/2/manifest.json").unlink()
    Path("runs/xor/1/spec.yaml").unlink()
    done = nnspec("runs", "--json")
    found = {one["run"]: one for one in done.json["runs"]}
    assert found["runs/small/1"]["status"] == found["runs/small/2"]["status"] == "damaged"
    assert "metrics.json is damaged or changed" in found["runs/small/1"]["message"]
    assert "has no manifest.json" in found["runs/small/2"]["message"]
    assert found["runs/small/1"]["test"] is None
    assert "note: runs/small/1/metrics.json is damaged or changed" in done.err
    assert "note: runs/small/2 has no manifest.json" in done.err
    done = nnspec("runs", "--where", "optimizer=adam")
    assert (done.code, done.out) == (0, "no run\n")
    assert "note: runs/xor/1/spec.yaml is damaged or changed: it is missing" in done.err


def test_a_run_whose_process_is_gone_has_stopped(nnspec, runs):
    values = {"run": "runs/small/1", "status": "running"}
    change_file(Path("runs/small/1"), "metrics.json", json.dumps(values))
    (one, _) = nnspec("runs", "runs/small", "--json").json["runs"]
    assert (one["status"], one["epochs"]) == ("stopped", 2)


def test_neither_arrays_nor_the_models_of_specs_are_loaded(nnspec, runs):
    program = (
        "import sys\nfrom nnspec.cli.main import run\n"
        "code = run(['runs', '--where', 'train.epochs>1', '--sort', 'seconds'])\n"
        "print(code, {'numpy', 'pydantic', 'torch'} & sys.modules.keys(), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert (len(done.stdout.splitlines()), done.stderr) == (4, "0 set()\n")
