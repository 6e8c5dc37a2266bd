"""The causes of a divergence that are told apart, each with its layer, column or row, and line."""

import json

import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import SpecError
from nnspec.runs.trainer import run
from nnspec.spec.loader import load

ROWS = """
      inputs: [[0.5, -1], [1, 0.2], [-0.7, 0.4], [0.1, 1.5], [-1.2, -0.3], [0.9, -0.8]]
      targets: [1, 2, 0.5, 0.1, 0.3, 1.5]"""

SPEC = """name: x
data:
  source:
    rows:{rows}
network:
  layers:
{layers}
loss: {loss}
optimizer: {optimizer}
train: {{epochs: 40, batch_size: 3}}
"""
TWO = "    - dense: {units: 4, activation: tanh}\n    - dense: 1"


def text(layers=TWO, loss="mean_squared_error", optimizer="{sgd: 0.01}", rows=ROWS):
    return SPEC.format(rows=rows, layers=layers, loss=loss, optimizer=optimizer)


def layers(*written):
    return "\n".join(f"    - {one}" for one in written)


def diagnosed(folder, written, precision="float32", backend="numpy"):
    """The problem of a training that diverges, and the diagnosis in its metrics.json."""
    path = folder / "s.yaml"
    path.write_text(written)
    with pytest.raises(SpecError) as caught:
        run(load(path), ComputeConfig(backend, precision), folder / "runs")
    (problem,) = caught.value.problems
    assert problem.message.startswith("training diverged: ")
    assert len(problem.render().splitlines()) <= 10
    metrics = json.loads((folder / "runs" / "x" / "1" / "metrics.json").read_text())
    assert metrics["status"] == "diverged"
    return problem, metrics["diagnosis"]


def line(problem):
    """The line of the spec that a problem points at, without its indent."""
    return problem.where.document.lines[problem.where.line].strip()


HUGE = "{dense: {units: 8, kernel_initializer: {random_normal: {stddev: 1e20}}}}"
DEEP = [
    f"repeat: {{times: 70, layers: [{HUGE.replace('1e20', '2')}]}}",
    "dense: 1",
]
CASES = {
    # cause: the spec, (the cause, the layer, the row), what its line begins with, what is said
    "log of a negative number": (
        text(layers("dense: {units: 1, kernel_initializer: ones}"), "poisson"),
        ("undefined-loss", "dense", "training row 4"), "loss: poisson", "logarithm",
    ),
    "0 / 0 in the loss": (
        text(
            layers("dense: {units: 2, activation: relu, kernel_initializer: {constant: -1}}"),
            "sparse_categorical_crossentropy",
            rows="\n      inputs: [[1, 1], [1, 2], [2, 1]]\n      targets: [0, 1, 1]",
        ),
        ("undefined-loss", "dense", "training row 1"), "loss: sparse", "divides by the sum",
    ),
    "a number of 1e30 in a column": (
        text(layers("dense: 1"), rows=ROWS.replace("1.5]", "1.0e+30]")),
        ("unscaled-column", None, "training row 3"), "inputs:", "column 1 of inputs reach 1e+30",
    ),
    "a large learning rate": (
        text(optimizer="{sgd: {learning_rate: 1000}}", layers=layers("dense: 4", "dense: 1")),
        ("learning-rate", "dense", None), "optimizer: {sgd: {learning", "learning rate 1e+03",
    ),
    "large initial weights in one layer": (
        text(layers("dense: 4", HUGE, "relu", "dense: 1")),
        ("exploding-values", "dense_1", None), "- {dense", "dense_1 enlarges the values",
    ),
    "a deep chain of linear layers": (
        text(layers(*DEEP)),
        ("exploding-values", "repeat/53/dense", None), "- repeat", "each layer enlarges",
    ),
    "a variance of 0": (
        text(layers("normalization: {mean: [0, 0], variance: [1, 0]}", "dense: 1")),
        ("division-by-zero", "normalization", None), "- normalization", "column 1",
    ),
    "an exponential that overflows": (
        text(layers("dense: {units: 2, kernel_initializer: ones}", "exponential", "dense: 1"),
             rows=ROWS.replace("1.5]", "95]")),
        ("overflow", "exponential", "training row 3"), "- exponential", "exponential(95.1)",
    ),
    "an infinite penalty": (
        text(layers("dense: {units: 4, kernel_regularizer: {l1: 1e38}}", "dense: 1")),
        ("regularizer", "dense", None), "- dense: {units: 4, kernel_reg", "l1 penalty on kernel",
    ),
    "a penalty whose descent diverges": (
        text(layers("dense: {units: 4, kernel_regularizer: {l2: 1000}}", "dense: 1")),
        ("regularizer", "dense", None), "- dense: {units: 4, kernel_reg", "by -19 an update",
    ),
    "a bad weight of a row": (
        text(rows=f"{ROWS}\n      metadata: {{w: [1, 1, 1, 1.0e+30, 1, 1]}}").replace(
            "epochs: 40", "sample_weight: w, epochs: 40"
        ),
        ("row-weight", None, "training row 3"), "metadata:", "weight of training row 3 is 1e+30",
    ),
    "a target that is out of scale": (
        text(rows=ROWS.replace("1.5]\n", "1.5]\n").replace("0.3, 1.5]", "0.3, 1.0e+25]")),
        ("unscaled-targets", None, "training row 5"), "targets:", "reach 1e+25 in training row 5",
    ),
    "momentum": (
        text(layers("dense: 4", "dense: 1"),
             optimizer="{sgd: {learning_rate: 0.5, momentum: 0.999}}"),
        ("learning-rate", "dense", None), "optimizer:", "momentum 0.999 adds up 1,000",
    ),
    "steps of Adam": (
        text(optimizer="{adam: {learning_rate: 1e20}}"),
        ("learning-rate", "dense_1", None), "optimizer:", "1e+20",
    ),
    "a variance beyond float32": (
        text(layers("rescaling: 1e25", "batch_normalization", "dense: 1")),
        ("float32-overflow", "batch_normalization", None), "- batch_normalization", "squares",
    ),
    "a weight of a loss": (
        text().replace("loss: ", "loss_weights: {dense_1: 1e38}\nloss: "),
        ("loss-weight", "dense_1", None), "loss_weights:", "counts 1e+38 times",
    ),
    "inputs that are not scaled": (
        text(layers("dense: 4", "dense: 1"), optimizer="{sgd: 0.1}",
             rows=ROWS.replace("0.5, -1]", "500, -1]").replace("[1,", "[400,").replace(
                 "-0.7,", "-300,").replace("[0.1,", "[200,").replace("-1.2,", "-450,")),
        ("unscaled-column", None, None), "rows:", "reach 500",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_cause_is_told_at_its_line(tmp_path, name):
    written, expected, begins, said = CASES[name]
    problem, found = diagnosed(tmp_path, written)
    assert (found["cause"], found["layer"], found["row"]) == expected
    assert line(problem).startswith(begins)
    assert said in problem.message
    assert problem.hint


def test_the_row_of_a_table_is_told_by_file_and_line(tmp_path):
    cells = [f"{i / 7:.2f},{'1e30' if i == 4 else i % 3},{i % 2}" for i in range(9)]
    (tmp_path / "t.csv").write_text("\n".join(["age,income,y", *cells]))
    data = """
  source: {csv: t.csv}
  inputs:
    - {columns: age, steps: [standardize]}
    - {columns: [income]}
  targets: {columns: y}
"""
    written = text(layers("dense: 1"))
    before, after = written.partition("data:")[0], written[written.index("network:") :]
    problem, found = diagnosed(tmp_path, f"{before}data:{data}{after}")
    assert (found["column"], found["row"]) == ("column income", "t.csv:6")
    assert line(problem) == "- {columns: [income]}"


def test_test_rows_of_a_network_that_trained_well(tmp_path):
    rows = f"{ROWS}\n      test: {{inputs: [[1, 2], [1.0e+30, 2]], targets: [1, 2]}}"
    problem, found = diagnosed(tmp_path, text(layers("dense: 1"), rows=rows))
    assert problem.message.startswith("training diverged: the test loss is not finite: numbers of")
    assert found["row"] == "test row 1"
    assert line(problem).startswith("test:")


def test_float64_holds_what_float32_does_not(tmp_path):
    written, *_ = CASES["a variance beyond float32"]
    (tmp_path / "s.yaml").write_text(written)
    report = run(load(tmp_path / "s.yaml"), ComputeConfig(precision="float64"), tmp_path)
    assert report.status == "finished"


@pytest.mark.framework
@pytest.mark.parametrize("backend", ["torch", "keras"])
@pytest.mark.parametrize(
    "name", ["log of a negative number", "a large learning rate", "an exponential that overflows"]
)
def test_frameworks_get_the_same_diagnosis(tmp_path, name, backend):
    written, expected, *_ = CASES[name]
    _, found = diagnosed(tmp_path, written, backend=backend)
    assert (found["cause"], found["layer"], found["row"]) == expected
