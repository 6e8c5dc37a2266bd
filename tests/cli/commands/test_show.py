"""`nnspec show`: a resolved spec, and where its values come from."""

import pytest

from nnspec.errors import Document
from nnspec.language import reader
from nnspec.options.component import to_plain
from nnspec.spec import loader
from tests.paths import SPECS

SPEC = """\
vars: {width: 8, kind: tanh}
network:
  input_shape: [4, 4, 1]
  layers:
    - conv2d: {filters: "${width * 2}", kernel_size: [3, 3]}
    - max_pooling2d: 2
    - flatten
    - when: {test: "${width > 3}", layers: [{dense: {name: mid, units: 5, activation: "${kind}"}}]}
    - dense: 1
loss: mean_squared_error
optimizer: {sgd: 0.5}
train: {epochs: 3, validation_split: 0.1}
"""


@pytest.fixture(autouse=True)
def spec(tmp_path):
    (tmp_path / "a.yaml").write_text(SPEC, encoding="utf-8")


def test_the_resolved_spec_is_a_spec(nnspec, tmp_path):
    done = nnspec("show", "a.yaml", "train.epochs=7")
    assert (done.code, done.err) == (0, "")
    shown = to_plain(reader.parse(Document("shown", done.out)))
    assert shown == loader.load("a.yaml", ["train.epochs=7"]).plain()
    assert shown["train"]["epochs"] == 7
    assert shown["network"]["layers"][3]["dense"]["activation"] == "tanh"
    assert "vars" not in shown
    (tmp_path / "again.yaml").write_text(done.out, encoding="utf-8")
    assert nnspec("show", "again.yaml").out == done.out


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_value_of_the_gallery_has_an_origin(nnspec, path):
    for section in loader.load(path).plain():
        done = nnspec("show", str(path), "--why", section)
        assert (done.code, done.err) == (0, "")
        assert all("  " in line for line in done.out.splitlines())


def test_json(nnspec):
    assert nnspec("show", "a.yaml", "--json").json == {"spec": loader.load("a.yaml").plain()}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("train.epochs", "train.epochs  3  a.yaml:12:17"),
        ("train.seed", "train.seed  0  default of train"),
        ("train.validation_split.fraction", "0.1  a.yaml:12:38"),
        ("train.validation_split.select", '"last"  default of validation_split'),
        ("network.input_shape", "[4, 4, 1]  a.yaml:3:16"),
        ("network.layers.0.filters", "16  a.yaml:5:25; width: vars, a.yaml:1:15"),
        ("network.layers.0.conv2d.kernel_size", "[3, 3]  a.yaml:5:54"),
        ("network.layers.0.strides", "[1, 1]  default of conv2d"),
        ("network.layers.1.pool_size", "[2, 2]  a.yaml:6:22"),
        ("network.layers.2", '"flatten"  a.yaml:7:7'),
        ("network.layers.mid.units", "network.layers.3.dense.units  5  a.yaml:8:72"),
        ("network.layers.mid.activation", '"tanh"  a.yaml:8:87; kind: vars, a.yaml:1:24'),
        ("network.layers.4.units", "1  a.yaml:9:14"),
        ("network.layers.4.use_bias", "true  default of dense"),
        ("optimizer.sgd.learning_rate", "0.5  a.yaml:11:18"),
        ("optimizer.sgd.momentum", "0.0  default of sgd"),
        ("name", '"a"  the file\'s name'),
    ],
)
def test_why(nnspec, path, line):
    done = nnspec("show", "a.yaml", "--why", path)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(f"{line}\n")
    assert len(done.out.splitlines()) == 1


@pytest.mark.parametrize(
    ("override", "path", "line"),
    [
        ("train.epochs=7", "train.epochs", "7  override train.epochs=7"),
        ("vars.width=7", "network.layers.0.filters", "width: vars, override vars.width=7"),
        ("network.layers.4.units=9", "network.layers.4.units", "network.layers.4.units=9"),
        ("optimizer=adam", "optimizer.adam.beta_1", "0.9  default of adam"),
    ],
)
def test_why_with_an_override(nnspec, override, path, line):
    assert nnspec("show", "a.yaml", override, "--why", path).out.endswith(f"{line}\n")


def test_why_of_a_section_shows_each_value_in_columns(nnspec):
    assert nnspec("show", "a.yaml", "optimizer=adam", "--why", "optimizer").out == (
        'optimizer                     "adam"  override optimizer=adam\n'
        "optimizer.adam.learning_rate  0.001   default of adam\n"
        "optimizer.adam.weight_decay   0.0     default of adam\n"
        "optimizer.adam.use_ema        false   default of adam\n"
        "optimizer.adam.ema_momentum   0.99    default of adam\n"
        "optimizer.adam.beta_1         0.9     default of adam\n"
        "optimizer.adam.beta_2         0.999   default of adam\n"
        "optimizer.adam.epsilon        1e-07   default of adam\n"
        "optimizer.adam.amsgrad        false   default of adam\n"
    )


def test_why_of_a_value_of_a_base(nnspec, tmp_path):
    (tmp_path / "top.yaml").write_text("extends: a.yaml\ntrain: {epochs: 4}\n", encoding="utf-8")
    assert "4  top.yaml:2:17" in nnspec("show", "top.yaml", "--why", "train.epochs").out
    assert "tanh" in nnspec("show", "top.yaml", "--why", "network").out
    rate = nnspec("show", "top.yaml", "--why", "optimizer.sgd.learning_rate")
    assert "0.5  a.yaml:11:18" in rate.out


def test_why_as_json(nnspec):
    arguments = ("show", "a.yaml", "train.epochs=7", "--json", "--why")
    assert nnspec(*arguments, "network.layers.mid.activation").json == {
        "path": "network.layers.3.dense.activation",
        "value": "tanh",
        "from": {
            "kind": "file",
            "file": "a.yaml",
            "line": 8,
            "column": 87,
            "names": [
                {"name": "kind", "defined_by": "vars", "file": "a.yaml", "line": 1, "column": 24}
            ],
            "uses": [],
        },
    }
    section = nnspec(*arguments, "train").json
    assert section["value"] == loader.load("a.yaml", ["train.epochs=7"]).plain()["train"]
    epochs, *_ = section["values"]
    (seed,) = (one for one in section["values"] if one["path"] == "train.seed")
    assert epochs["from"]["kind"] == "override"
    assert epochs["from"]["override"] == "train.epochs=7"
    assert seed == {
        "path": "train.seed",
        "value": 0,
        "from": {"kind": "default", "of": "train"},
    }


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("trian", "did you mean 'train'?"),
        ("train.epoch", "did you mean 'epochs'?"),
        ("train.epochs.x", "the spec has no value 'x' there"),
        ("network.layers.mdi", "did you mean 'mid'?"),
        ("network.layers.9", "items are numbered 0 to 4"),
        ("network.layers.mid.unit", "did you mean 'units'?"),
        ("", "the spec has no value '' there"),
        ("train.", "the spec has no value '' there"),
    ],
)
def test_why_of_no_value_is_an_error(nnspec, path, said):
    done = nnspec("show", "a.yaml", "--why", path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("--why:1:")
    assert said in done.err


def test_a_wrong_spec_is_an_error(nnspec):
    done = nnspec("show", "a.yaml", "train.epoch=7")
    assert (done.code, done.out) == (2, "")
    assert "did you mean 'epochs'?" in done.err


def test_overrides_may_stand_before_the_spec(nnspec):
    words = ("train.epochs=7", "a.yaml", "train.seed=3", "--why", "train")
    out = nnspec("show", *words).out
    assert out == nnspec("show", "a.yaml", words[0], *words[2:]).out
    assert "7" in out
    done = nnspec("show", "train.epochs=7")
    assert (done.code, "name the spec first" in done.err) == (2, True)
