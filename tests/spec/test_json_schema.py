from __future__ import annotations

import json

import jsonschema
import pytest

from nnspec.errors import Document, SpecError
from nnspec.language import reader, writer
from nnspec.options import registry
from nnspec.options.component import to_plain
from nnspec.options.validation import read_component
from nnspec.spec import loader, resolver
from nnspec.spec.json_schema import json_schema
from tests import paths
from tests.golden import GOLDEN
from tests.layer_examples import EXAMPLES, IDS

SPECS = sorted([*paths.SPECS.glob("*.yaml"), *(GOLDEN / "good").glob("graph*.yaml")])
SCHEMA = json_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
FREE = {  # maps whose keys the user chooses
    ("expect", "train"),
    ("expect", "test"),
    ("network", "inputs"),
    ("network", "outputs"),
    ("loss",),
    ("loss_weights",),
    ("metrics",),
    ("blocks",),
}


def accepts(value):
    return VALIDATOR.is_valid(value)


def test_the_schema_is_the_same_in_every_process():
    """Sets of texts have another order in each: its definitions must not be in that of a set."""
    with_blocks = [name for name in SCHEMA["$defs"] if name.startswith("blocks.")]
    assert len(with_blocks) > 5
    assert with_blocks == sorted(with_blocks)


def of_family(family):
    return jsonschema.Draft202012Validator({**SCHEMA["$defs"][family], "$defs": SCHEMA["$defs"]})


def builds(text, folder):
    path = folder / "written.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        loader.load(path)
    except SpecError:
        return False
    return True


def verdicts(text, folder):
    """Whether the schema accepts a spec's text, and whether nnspec does."""
    return accepts(reader.parse(Document("text", text))), builds(text, folder)


def test_the_schema_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_reference_leads_somewhere():
    found = list(references(SCHEMA))
    assert found
    assert {ref.removeprefix("#/$defs/") for ref in found} <= SCHEMA["$defs"].keys()


def references(schema):
    if isinstance(schema, dict):
        yield from ([schema["$ref"]] if isinstance(schema.get("$ref"), str) else [])
        schema = list(schema.values())
    if isinstance(schema, list):
        for one in schema:
            yield from references(one)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_gallery_validates_as_written_and_as_resolved(path):
    assert accepts(reader.read_file(path))
    assert accepts(loader.load(path).plain())


@pytest.mark.parametrize("family", registry.families())
def test_every_kind_is_described_and_every_option_offered(family):
    for cls in registry.classes(family):
        if not cls.__module__.startswith("nnspec."):
            continue  # another test's
        kind = SCHEMA["$defs"][f"{cls.family}.{cls.kind}"]
        assert kind["description"]
        assert kind["anyOf"][0]["properties"].keys() == cls.model_fields.keys()
        assert kind["anyOf"][0]["additionalProperties"] is False
        assert cls.kind in SCHEMA["$defs"][family]["anyOf"][1]["properties"]


@pytest.mark.parametrize(("cls", "example"), EXAMPLES, ids=IDS)
def test_a_layers_examples_validate_as_written_and_as_resolved(cls, example):
    written = {cls.kind: example.options}
    layer = read_component("layer", written)
    assert of_family("layer").is_valid(written)
    assert of_family("layer").is_valid(to_plain(layer))
    bound = layer.bind(*(spec.shape for spec in example.inputs))
    assert of_family("layer").is_valid(to_plain(bound))


def defaults(schema):
    if isinstance(schema, dict):
        if "default" in schema:
            yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for one in schema:
            yield from defaults(one)


def test_every_default_is_a_value_that_the_option_accepts():
    found = list(defaults(SCHEMA["$defs"]))
    assert len(found) > 20
    for option in found:
        validator = jsonschema.Draft202012Validator({**option, "$defs": SCHEMA["$defs"]})
        assert validator.is_valid(option["default"]), option


def test_defaults_are_written_as_in_a_spec():
    conv = SCHEMA["$defs"]["layer.conv2d"]["anyOf"][0]["properties"]
    assert conv["kernel_initializer"]["default"] == "glorot_uniform"
    assert conv["strides"]["default"] == [1, 1]
    assert conv["padding"]["default"] == "valid"


# ---------------------------------------------------------------- the same verdict as nnspec

LAYERS_GOOD = [
    "flatten",
    "flatten:",
    "flatten: {}",
    "dense: 10",
    "dense: {units: 10}",
    "dense: {units: 10, name: head, activation: softmax}",
    "dense: {units: 10, activation: null}",
    "dense: {units: 10, activation: {leaky_relu: 0.3}}",
    "dense: {units: 10, activation: {leaky_relu: {negative_slope: 1}}}",
    "dense: {units: 10, kernel_initializer: {random_normal: {stddev: 1}}}",
    "dense: {units: 10, bias_initializer: {constant: 0.1}}",
    "dense: {units: 10, kernel_regularizer: {l2: 0.01}, bias_regularizer: null}",
    "dense: {units: 10, kernel_regularizer: {l1_l2: {l1: 0.1, l2: '${n}'}}}",
    "dropout: 0.5",
    "conv2d: {filters: 2, kernel_size: 3}",
    "conv2d: {filters: 2, kernel_size: [3, 2], strides: 2, padding: same}",
    "conv2d: {filters: 2, kernel_size: 3, padding: 1}",
    "conv2d: {filters: 2, kernel_size: 3, padding: [1, 2]}",
    "conv2d: {filters: 2, kernel_size: 3, padding: [[1, 0], [0, 2]]}",
    "max_pooling2d",
    "max_pooling2d: 2",
    "max_pooling2d: [2, 3]",
    "max_pooling2d: {strides: null}",
    "reshape: 12",
    "reshape: [3, -1]",
    "activation: relu",
    "activation: {activation: relu}",
    "prelu: ones",
    "prelu: {alpha_initializer: {constant: 0.2}, shared_axes: [1]}",
    "softmax: -1",
    "add: {inputs: [a, b]}",
    "concatenate: -1",
    "dot: 1",
    "dot: [1, 2]",
    "embedding: {input_dim: 9, output_dim: 3, inputs: words, name: tokens}",
    "sequential: [dense: 3, relu]",
    "sequential: {name: a, inputs: [b], layers: [dense: 3, {sequential: [relu]}]}",
    "residual: [dense: 3, relu]",
    "residual: {layers: [dense: 3], shortcut: [relu], merge: multiply}",
    "residual: {layers: [residual: [residual: [relu]]], merge: {concatenate: 1}}",
    "branches: [[relu], []]",
    "branches: {paths: [[relu], [branches: [[], [dense: '${n}']]]], merge: add}",
    "shared: encoder",
    "shared: {layer: encoder, inputs: vision.pooled}",
    "${kind}",
    "dense: ${n}",
    "dense: {units: '${n * 2}', name: 'layer-${n}'}",
    "conv2d: {filters: '${n}', kernel_size: ['${n}', 3], activation: '${kind}'}",
]
LAYERS_BAD = [
    "flaten",
    "dense",
    "dense: {}",
    "dense: ten",
    "dense: 0",
    "dense: 2.5",
    "dense: true",
    "dense: {unit: 10}",
    "dense: {units: '10'}",
    "dense: {units: 10, use_bias: 1}",
    "dense: {units: 10, use_bias: yes}",
    "dense: {units: 10, name: 3}",
    "dense: {units: 10, activation: softmx}",
    "dense: {units: 10, activation: dense}",
    "dense: {units: 10, activation: {leaky_relu: {slope: 1}}}",
    "dense: {units: 10, kernel_initializer: {random_normal: {std: 1}}}",
    "dense: {units: 10, kernel_initializer: values}",
    "dense: {units: 10, kernel_initializer: {values: x}}",
    "dense: {units: 10, kernel_initializer: {filters: {a: 1}}}",
    "dense: {units: 10, kernel_initializer: {constant: 1.0e39}}",
    "dense: {units: 10, kernel_initializer: {random_normal: -1}}",
    "dense: {units: 10}\n      flatten: {}",
    "dense: {units: 10, kernel_regularizer: 0.01}",
    "dense: {units: 10, kernel_regularizer: {l3: 0.01}}",
    "dropout: 1",
    "dropout",
    "conv2d: 3",
    "conv2d: {filters: 2, kernel_size: 0}",
    "conv2d: {filters: 2, kernel_size: [3]}",
    "conv2d: {filters: 2, kernel_size: [3, 3, 3]}",
    "conv2d: {filters: 2, kernel_size: 3, padding: full}",
    "conv2d: {filters: 2, kernel_size: 3, padding: -1}",
    "conv2d: {filters: 2, kernel_size: 3, padding: [[1], [0]]}",
    "max_pooling2d: {size: 2}",
    "max_pooling2d: {pool_size: {height: 2}}",
    "reshape: [3, -2]",
    "activation",
    "activation: {leaky_relu: 0.3}",
    "prelu: {constant: 0.2}",
    "add: [a, b]",
    "add: {inputs: 3}",
    "add: {inputs: []}",
    "dot: [1, 2, 3]",
    "embedding: {input_dim: 9}",
    "sequential: []",
    "sequential",
    "sequential: {name: a}",
    "sequential: {layers: [dense: 3], merge: add}",
    "sequential: [dense: {unit: 3}]",
    "sequential: relu",
    "residual: {layers: [dense: 3], shortcuts: [relu]}",
    "residual: {layers: [dense: 3], shortcut: relu}",
    "residual: [residual: [residual: [dense: {unit: 3}]]]",
    "branches: [[relu]]",
    "branches: [relu, relu]",
    "branches: {paths: [[relu], [dense: {unit: 3}]]}",
    "branches: {path: [[relu], []]}",
    "shared",
    "shared: {layer: [a]}",
    "shared: {layers: [relu]}",
    "sgd",
    "[flatten]",
    "3",
    "",
    "{}",
]
SECTIONS_GOOD = [
    "train: {class_weight: balanced, oversample: true, sample_weight: w}",
    "train: {class_weight: {'0': 1, cat: 2.5}, oversample: kind}",
    "train: {class_weight: {kind: balanced, other: {'0': 3}}}",
    "data: {source: {rows: {inputs: [1], targets: [2], metadata: {w: [0.5]}}}}",
    "name: 手寫 digits-1.0_a",
    "name: run-${n}",
    "loss: mean_squared_error",
    "loss: {mean_squared_error: {}}",
    "data: {source: mnist}",
    "data: {source: {mnist: {train_rows: 10}}, inputs: [{divide: 255}, flatten], targets: []}",
    "data: {source: {npz: file.npz}}",
    "data: {source: {rows: {inputs: [[1, 2]], targets: [0]}}}",
    "optimizer: sgd",
    "optimizer: {sgd: 1}",
    "optimizer: {sgd: {momentum: 0.9, nesterov: true}}",
    "optimizer: {adam: {learning_rate: {cosine_decay: '${decay}'}}}",
    "optimizer: {sgd: {learning_rate: {cosine_decay: {initial_learning_rate: 1, decay_steps: 9}}}}",
    "optimizer: {adam: '${rate}'}",
    "optimizer: least_squares",
    "data: {source: {synthetic: sine}, inputs: [{polynomial: 3}]}",
    "data: {source: {synthetic: {function: {linear: [1, 2]}, rows: 9, noise: 0}}}",
    "data: {source: mnist, inputs: [{polynomial: {degree: '${n}', interactions: false}}]}",
    "metrics: [accuracy, mean_squared_error]",
    "metrics: [{accuracy: {name: right}}, {mean_squared_error: {name: mse}}]",
    "metrics: {price: [mean_squared_error], kind: []}",
    "loss: {price: mean_squared_error, kind: {binary_crossentropy: {label_smoothing: 0.1}}}",
    "loss: {price: '${measure}'}",
    "loss_weights: {price: 0.5, kind: '${n}'}",
    "data: {source: mnist, inputs: {image: [{divide: 255}], words: []}, targets: {kind: []}}",
    "train: {epochs: 0, batch_size: all, validation_split: 0.1, shuffle: false}",
    "train: {validation_split: {fraction: 0.5, select: random}}",
    "train: ${settings}",
    "train: {epochs: '${n}', batch_size: '${n ** 2}'}",
    "expect: {parameters: 10, train: {loss: 1, accuracy: '${n / 4}'}, tolerance: 0}",
]
SECTIONS_BAD = [
    "nam: x",
    "name: ../x",
    "name: ''",
    "name:",
    "los: mean_squared_error",
    "loss:",
    "data:",
    "loss: mean_square",
    "loss: [mean_squared_error]",
    "data: {inputs: []}",
    "data: {source: mnist, input: []}",
    "data: {source: minst}",
    "data: {source: npz}",
    "data: {source: {npz: {}}}",
    "data: {source: mnist, inputs: [{divde: 255}]}",
    "data: {source: mnist, inputs: [divide]}",
    "data: {source: mnist, inputs: [{cast: float}]}",
    "optimizer: {sgd: {lr: 0.1}}",
    "optimizer: {sgd: 0}",
    "optimizer: {sgd: {learning_rate: '0.1'}}",
    "optimizer: {adam: {learning_rate: true}}",
    "optimizer: {adam: {learning_rate: cosine_decay}}",
    "optimizer: {adam: {learning_rate: {cosine_decay: {decay_steps: 9}}}}",
    "optimizer: {adam: {learning_rate: {cosine: {}}}}",
    "optimizer: {adam: {cosine_decay: {initial_learning_rate: 1, decay_steps: 9}}}",
    "optimizer: {least_squares: 0.1}",
    "optimizer: {least_squares: {learning_rate: 0.1}}",
    "data: {source: synthetic}",
    "data: {source: {synthetic: {sine: {}}}}",
    "data: {source: {synthetic: {function: {sine: {noise: 1}}}}}",
    "data: {source: {synthetic: {function: {linear: [1]}}}}",
    "data: {source: mnist, inputs: [polynomial]}",
    "data: {source: mnist, inputs: [{polynomial: 101}]}",
    "metrics: accuracy",
    "metrics: {price: accuracy}",
    "metrics: {price: [acuracy]}",
    "metrics: {price: [{accuracy: {nam: x}}]}",
    "loss: {}",
    "loss: {price: mean_square}",
    "loss: {price: mean_squared_error, kind: {binary_crossentropy: {label_smooth: 0.1}}}",
    "loss_weights: {price: -1}",
    "loss_weights: [1]",
    "data: {source: mnist, inputs: {image: {divide: 255}}}",
    "data: {source: mnist, inputs: {image: [{divde: 255}]}}",
    "metrics: [acuracy]",
    "train:",
    "train: {epoch: 5}",
    "train: {class_weight: balance}",
    "train: {class_weight: {}}",
    "train: {class_weight: {'0': -1}}",
    "train: {class_weight: {kind: {}}}",
    "train: {class_weight: {kind: balanced, '1': 2}}",
    "train: {oversample: 1}",
    "train: {sample_weight: 1}",
    "data: {source: {npz: {path: a.npz, metadata: [1]}}}",
    "train: {epochs: -1}",
    "train: {epochs: '5'}",
    "train: {batch_size: some}",
    "train: {batch_size: 0}",
    "train: {validation_split: 1}",
    "train: {validation_split: {select: last}}",
    "train: {validation_split: {fraction: 0.1, select: first}}",
    "expect: {parameter: 10}",
    "expect: {train: {loss: low}}",
    "extends:",
    "vars: [1]",
]
VARS = """\
vars:
  n: 3
  rate: 0.1
  kind: relu
  measure: mean_squared_error
  settings: {epochs: 2}
  decay: {initial_learning_rate: '${rate}', decay_steps: 9}
"""


@pytest.mark.parametrize("layer", LAYERS_GOOD)
def test_a_good_layer_is_accepted_by_both(layer, tmp_path):
    text = f"{VARS}network:\n  input_shape: [4, 4, 1]\n  layers:\n    - {layer}\n"
    assert verdicts(text, tmp_path) == (True, True)


@pytest.mark.parametrize("layer", LAYERS_BAD)
def test_a_bad_layer_is_refused_by_both(layer, tmp_path):
    text = f"{VARS}network:\n  input_shape: [4, 4, 1]\n  layers:\n    - {layer}\n"
    assert verdicts(text, tmp_path) == (False, False)


@pytest.mark.parametrize("section", SECTIONS_GOOD)
def test_a_good_section_is_accepted_by_both(section, tmp_path):
    text = f"{VARS}network: {{input_shape: 3, layers: [relu]}}\n{section}\n"
    assert verdicts(text, tmp_path) == (True, True)


@pytest.mark.parametrize("section", SECTIONS_BAD)
def test_a_bad_section_is_refused_by_both(section, tmp_path):
    head = "" if section.startswith("vars") else VARS
    text = f"{head}network: {{input_shape: 3, layers: [relu]}}\n{section}\n"
    assert verdicts(text, tmp_path) == (False, False)


@pytest.mark.parametrize(
    "text",
    [
        "name: x",
        "network:",
        "network: {}",
        "network: {layers: []}",
        "network: {layers: relu}",
        "network: {layers: [relu], input_shape: [0]}",
        "network: {layers: [relu], input_shape: ['3']}",
        "network: {layer: [relu]}",
        "network: {inputs: {}, layers: [relu]}",
        "network: {inputs: [a, b], layers: [relu]}",
        "network: {inputs: {a: {shape: [3], dtype: text}}, layers: [relu]}",
        "network: {inputs: {a: {shapes: [3]}}, layers: [relu]}",
        "network: {inputs: {a: 3}, layers: [relu]}",
        "network: {input_shape: 3, layers: [relu], outputs: {}}",
        "network: {input_shape: 3, layers: [relu], outputs: {a: 3}}",
        "- relu",
        "relu",
    ],
)
def test_a_bad_document_is_refused_by_both(text, tmp_path):
    assert verdicts(text, tmp_path) == (False, False)


@pytest.mark.parametrize(
    "network",
    [
        "{inputs: {a: {shape: [3]}, b: {}}, layers: [{dense: {units: 1, inputs: a}}]}",
        "{inputs: {a: {shape: 3, dtype: int32}}, layers: [relu], outputs: [relu]}",
        "{inputs: {a: {shape: '${shape}'}}, layers: [relu], outputs: {b: relu}}",
    ],
)
def test_good_inputs_and_outputs_are_accepted_by_both(network, tmp_path):
    text = f"vars: {{shape: [3]}}\nnetwork: {network}\n"
    assert verdicts(text, tmp_path) == (True, True)


BASE = """\
data: {source: {npz: {path: file.npz}}}
network: {input_shape: 3, layers: [relu]}
train: {validation_split: {fraction: 0.1}}
"""


@pytest.mark.parametrize(
    ("changes", "good"),
    [
        ("train: {epochs: 3}", True),
        ("train: {validation_split: {select: random}}", True),
        ("data: {source: {npz: {inputs: images}}}", True),
        ("network: {input_shape: 4}", True),
        ("network: {layers: [dense: 3]}", True),
        ("network: {layers: [dense: {}]}", False),
        ("network: {layer: [relu]}", False),
        ("train: {epoch: 3}", False),
        ("data: {source: {npz: {input: images}}}", False),
        ("data: {source: {npz: {path: 3}}}", False),
    ],
)
def test_a_spec_that_extends_another_needs_only_its_changes(changes, good, tmp_path):
    (tmp_path / "base.yaml").write_text(BASE, encoding="utf-8")
    assert verdicts(f"extends: base.yaml\n{changes}", tmp_path) == (good, good)


BLOCKS = """\
vars: {n: 3}
blocks:
  unit: {parameters: {width: int, kind: relu}, layers: [dense: "${width}", "${kind}"]}
  twice: {layers: [{unit: 3}, {unit: {width: 4, name: last}}]}
"""
USES_GOOD = [
    "twice",
    "unit: 3",
    "unit: {width: 3, name: a, inputs: b}",
    "unit: '${n}'",
    "repeat: {times: 3, as: i, layers: [{unit: '${i + 1}'}, twice]}",
    "repeat: {each: [1, 2], as: width, name: a, layers: ['${n}', {dense: '${width}'}]}",
    "repeat: {each: '${[n]}', layers: '${[]}'}",
    "when: {test: '${n > 2}', layers: [twice]}",
    "when: {test: true, layers: [relu], else: [{unit: 3}]}",
]
USES_BAD = [
    "repeat",
    "repeat: 3",
    "repeat: {times: 3}",
    "repeat: {times: -1, layers: [relu]}",
    "repeat: {times: x, layers: [relu]}",
    "repeat: {layers: [relu]}",
    "repeat: {times: 3, each: [1], layers: [relu]}",
    "repeat: {times: 3, as: 1x, layers: [relu]}",
    "repeat: {times: 3, layer: [relu]}",
    "repeat: {times: 3, layers: relu}",
    "when",
    "when: {layers: [relu]}",
    "when: {test: true}",
    "when: {test: 1, layers: [relu]}",
    "when: {test: true, layers: [relu], otherwise: []}",
]


def resolution(text, folder):
    """Whether the schema accepts a spec's text, and whether its blocks can be expanded."""
    path = folder / "written.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        resolver.resolve(path)
    except SpecError:
        return accepts(reader.parse(Document("text", text))), False
    return accepts(reader.parse(Document("text", text))), True


@pytest.mark.parametrize("use", USES_GOOD)
def test_a_good_use_is_accepted_by_both(use, tmp_path):
    text = f"{BLOCKS}network:\n  layers:\n    - {use}\n"
    assert resolution(text, tmp_path) == (True, True)


@pytest.mark.parametrize("use", USES_BAD)
@pytest.mark.parametrize("head", ["", BLOCKS], ids=["plain", "blocks"])
def test_a_bad_use_is_refused_by_both(head, use, tmp_path):
    text = f"{head}network:\n  layers:\n    - {use}\n"
    assert resolution(text, tmp_path) == (False, False)


@pytest.mark.parametrize(
    "blocks",
    [
        "[unit]",
        "{unit: [relu]}",
        "{unit: {}}",
        "{unit: {layers: []}}",
        "{unit: {layers: relu}}",
        "{unit: {layers: [relu], parameter: {}}}",
        "{unit: {layers: [relu], parameters: [a]}}",
        "{unit: {layers: [relu], parameters: {name: 3}}}",
        "{1x: {layers: [relu]}}",
    ],
)
def test_bad_blocks_are_refused_by_both(blocks, tmp_path):
    text = f"blocks: {blocks}\nnetwork: {{layers: [relu]}}\n"
    assert resolution(text, tmp_path) == (False, False)


@pytest.mark.parametrize("layer", LAYERS_BAD)
def test_known_kinds_are_checked_where_there_are_blocks_too(layer):
    text = f"{BLOCKS}network:\n  input_shape: [4, 4, 1]\n  layers:\n    - {layer}\n"
    unknown = layer in ("flaten", "sgd")
    assert accepts(reader.parse(Document("text", text))) is unknown


def test_an_unknown_layer_is_refused_where_there_are_no_blocks():
    assert not accepts({"network": {"layers": [{"unit": 3}]}})
    assert accepts({"extends": "base.yaml", "network": {"layers": [{"unit": 3}]}})


@pytest.mark.parametrize(
    ("extends", "good"),
    [("a", True), (["a", "b"], True), ([], False), ([3], False), (["a"] * 17, False), ("", False)],
)
def test_bases_are_one_path_or_several(extends, good):
    assert accepts({"extends": extends}) is good


def test_layers_of_a_base_are_changed_by_name():
    change = {"extends": "a", "network": {"layers": {"head": {"units": 5}}}}
    assert accepts(change)
    assert not accepts({"network": change["network"]})


def maps(value, path=()):
    """The paths of all maps in a value."""
    if isinstance(value, dict):
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items if isinstance(value, dict | list) else ():
        if isinstance(item, dict | list):
            yield from maps(item, (*path, key))


def is_free(place, blocks):
    """Whether the user chooses the keys of a map: names, and what a block's options are."""
    return place in FREE or place[-1:] == ("parameters",) or (place and place[-1] in blocks)


def misspelt():
    for path in SPECS:
        value = reader.read_file(path)
        for place in maps(value):
            if not is_free(place, value.get("blocks", ())):
                yield pytest.param(path, place, id=f"{path.stem}:{'.'.join(map(str, place))}")


@pytest.mark.parametrize(("path", "place"), list(misspelt()))
def test_an_unknown_key_is_refused_at_every_depth_by_both(path, place, tmp_path):
    value = json.loads(json.dumps(reader.read_file(path)))
    target = value
    for step in place:
        target = target[step]
    target["unknwon"] = 1
    assert not accepts(value)
    (tmp_path / "spec.yaml").write_text(writer.dump(value))
    with pytest.raises(SpecError, match="unknwon"):
        loader.load(tmp_path / "spec.yaml")
