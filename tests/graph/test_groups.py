"""Groups of layers, names, sharing, several inputs and outputs: how they become a graph."""

from __future__ import annotations

import pytest

from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.options.tensor_spec import TensorSpec
from nnspec.spec.loader import build, load

INPUTS = {"a": {"shape": 4}, "b": {"shape": [4]}}
IDS = {"words": {"shape": [3], "dtype": "int32"}}


def compiled(*layers, **network):
    shape = {} if "inputs" in network else {"input_shape": 4}
    return compile_spec(build({"network": {**shape, "layers": list(layers), **network}}))


def edges(graph):
    return {node.name: node.inputs for node in graph.nodes}


def message(*layers, **network):
    with pytest.raises(SpecError) as caught:
        compiled(*layers, **network)
    return " / ".join(problem.message for problem in caught.value.problems)


def dense(name, units=4, **options):
    return {"dense": {"name": name, "units": units, **options}}


# ---------------------------------------------------------------- wiring


def test_a_layer_reads_what_its_inputs_name():
    graph = compiled(dense("x"), dense("y"), {"add": {"inputs": ["x", "y", "input"]}})
    assert edges(graph) == {"x": ("input",), "y": ("x",), "add": ("x", "y", "input")}


def test_inputs_may_be_one_name():
    graph = compiled(dense("x"), dense("y"), {"relu": {"inputs": "x"}}, outputs=["y", "relu"])
    assert edges(graph)["relu"] == ("x",)


def test_the_first_layer_reads_all_inputs_of_the_network():
    assert edges(compiled("add", inputs=INPUTS)) == {"add": ("a", "b")}
    assert message("relu", inputs=INPUTS) == "relu reads one value, not 2"


def test_a_sequential_names_its_layers():
    graph = compiled({"sequential": {"name": "body", "layers": [dense("x"), "relu"]}}, "tanh")
    assert edges(graph) == {"body/x": ("input",), "body/relu": ("body/x",), "tanh": ("body/relu",)}
    assert [name for name, _ in graph.weights()] == ["body/x/kernel", "body/x/bias"]


def test_a_group_is_numbered_as_its_block_is_called():
    block = {"sequential": {"block": "stem", "layers": ["relu"]}}
    graph = compiled(block, block)
    assert list(edges(graph)) == ["stem/relu", "stem_1/relu"]
    assert {name: scope.kind for name, scope in graph.scopes.items()} == {
        "stem": "stem",
        "stem_1": "stem",
    }


def test_a_residual_adds_its_input():
    graph = compiled({"residual": [dense("x"), "relu"]}, "tanh")
    assert edges(graph) == {
        "residual/x": ("input",),
        "residual/relu": ("residual/x",),
        "residual/add": ("residual/relu", "input"),
        "tanh": ("residual/add",),
    }


def test_a_residual_has_a_shortcut_and_another_merge():
    options = {"layers": [dense("x", 2)], "shortcut": [dense("x", 2)], "merge": "multiply"}
    assert edges(compiled({"residual": options})) == {
        "residual/x": ("input",),
        "residual/shortcut/x": ("input",),
        "residual/multiply": ("residual/x", "residual/shortcut/x"),
    }


def test_branches_read_the_same_value():
    graph = compiled({"branches": {"paths": [[dense("x", 2)], [], ["relu", "tanh"]]}})
    assert edges(graph) == {
        "branches/0/x": ("input",),
        "branches/2/relu": ("input",),
        "branches/2/tanh": ("branches/2/relu",),
        "branches/concatenate": ("branches/0/x", "input", "branches/2/tanh"),
    }
    assert graph.output_shape == (10,)


def test_a_merge_may_have_options():
    paths = [[{"reshape": [2, 2]}]] * 2
    graph = compiled({"branches": {"paths": paths, "merge": {"concatenate": {"axis": 1}}}})
    assert graph.output_shape == (4, 2)


def test_names_are_looked_up_from_the_inside_to_the_outside():
    inner = [dense("x"), {"add": {"inputs": ["x", "y"]}}]
    graph = compiled(dense("x"), dense("y"), {"sequential": {"name": "g", "layers": inner}})
    assert edges(graph)["g/add"] == ("g/x", "y")


def test_a_layer_inside_a_group_is_named_with_a_dot():
    group = {"sequential": {"name": "g", "layers": [dense("x", activation="relu"), dense("y")]}}
    graph = compiled(group, {"add": {"inputs": ["g", "g.x"]}})
    assert edges(graph)["add"] == ("g/y", "g/x.relu")


def test_a_path_of_branches_is_named_by_its_number():
    graph = compiled({"branches": [[dense("x")], ["relu"]]}, {"tanh": {"inputs": "branches.0.x"}},
                     outputs=["branches", "tanh"])  # fmt: skip
    assert edges(graph)["tanh"] == ("branches/0/x",)


def test_outputs_are_named_by_their_layers_or_by_a_map():
    layers = dense("x"), dense("y")
    assert compiled(*layers).outputs == {"y": "y"}
    assert compiled(*layers, outputs=["x", "y"]).outputs == {"x": "x", "y": "y"}
    assert compiled(*layers, outputs={"one": "x", "two": "y"}).outputs == {"one": "x", "two": "y"}


def test_the_only_output_of_a_network_that_ends_in_a_group_has_its_name():
    graph = compiled({"residual": {"name": "r", "layers": ["relu"]}})
    assert graph.outputs == {"r": "r/add"}


# ---------------------------------------------------------------- sharing


def test_a_shared_group_has_the_weights_of_the_first():
    tower = {
        "sequential": {
            "name": "t",
            "inputs": "a",
            "layers": [dense("x"), {"residual": [dense("y")]}],
        }
    }
    again = {"shared": {"layer": "t", "inputs": "b", "name": "u"}}
    graph = compiled(tower, again, {"add": {"inputs": ["t", "u"]}}, inputs=INPUTS)
    owners = {node.name: node.owner for node in graph.nodes}
    assert owners["u/x"] == "t/x"
    assert owners["u/residual/y"] == "t/residual/y"
    assert edges(graph)["u/residual/add"] == ("u/residual/y", "u/x")
    assert len(list(graph.weights())) == 4
    assert graph.by_name["u/x"].weight_name("kernel") == "t/x/kernel"


def test_a_shared_layer_may_be_shared_again():
    graph = compiled(dense("x"), {"shared": "x"}, {"shared": "shared"})
    assert edges(graph) == {"x": ("input",), "shared": ("x",), "shared_1": ("shared",)}
    assert {node.owner for node in graph.nodes} == {"x"}


def test_a_shared_group_reads_other_layers_where_it_was_defined():
    group = {"sequential": {"name": "g", "layers": [{"add": {"inputs": ["input", "x"]}}]}}
    outer = {"sequential": {"name": "h", "layers": [dense("x"), {"shared": "g"}]}}
    graph = compiled(dense("x"), group, outer, outputs=["g", "h", "h.x"])
    assert edges(graph)["h/shared/add"] == ("input", "x")


def test_shared_weights_must_fit():
    text = message(dense("x", 3), {"shared": "x"})
    assert text == "x was made for (4) and gets (3)"


def test_an_activation_with_weights_is_shared_too():
    layer = dense("x", activation={"prelu": {}})
    graph = compiled(layer, {"shared": "x"})
    assert graph.by_name["shared.prelu"].owner == "x.prelu"


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("layers", "network", "expected"),
    [
        ([{"relu": {"inputs": "x"}}], {}, "no layer or input 'x' stands before this"),
        ([{"relu": {"name": "x", "inputs": "x"}}], {}, "'x' stands after this"),
        ([dense("x"), {"sequential": [{"relu": {"inputs": "x"}}, dense("x")]}], {},
         "'x' stands after this"),
        (["relu", {"sequential": [{"tanh": {"inputs": "relu"}}, "relu"]}], {},
         "'relu' stands after this"),
        ([{"concatenate": {"inputs": ["words", "a"]}}], {"inputs": {**IDS, "a": {"shape": 3}}},
         "concatenate gets int32 and float32"),
        ([dense("x"), dense("y", inputs="input")], {}, "x leads to no output"),
        ([{"sequential": {"name": "g", "layers": ["relu", "tanh"]}},
          {"relu": {"inputs": "g.relu"}}], {}, "g.tanh leads to no output"),
        ([{"relu": {"inputs": "a"}}], {"inputs": INPUTS}, "no layer reads the input b"),
        (["add"], {}, "add reads two or more values, not 1"),
        ([{"shared": "input"}], {}, "'input' is an input, not a layer"),
        ([{"shared": "x"}], {}, "no layer or input 'x' stands before this"),
        ([dense("x", 3), {"add": {"inputs": ["x", "input"]}}], {}, "add gets (3) and (4)"),
        ([{"residual": [dense("x", 3)]}], {}, "add gets (3) and (4)"),
        (["relu"], {"outputs": ["x"]}, "no layer or input 'x' stands before this"),
        ([{"sequential": {"layers": [dense("x"), dense("x")]}}], {}, "'x' is taken"),
        ([{"residual": [dense("shortcut")]}], {}, "'shortcut' is taken"),
        ([{"embedding": {"input_dim": 3, "output_dim": 2}}], {},
         "embedding needs whole numbers and gets float32"),
        ([dense("x")], {"inputs": IDS}, "dense computes with floats and gets int32"),
        ([{"add": {"inputs": ["words", "words"]}}], {"inputs": IDS},
         "add computes with floats and gets int32"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_sentence(layers, network, expected):
    assert message(*layers, **network) == expected


def test_a_mistake_in_a_group_has_its_place(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text(
        "network:\n"
        "  input_shape: 4\n"
        "  layers:\n"
        "    - residual:\n"
        "        - relu\n"
        "        - branches: [[relu, {dense: 3}], [{reshape: 5}]]\n"
    )
    with pytest.raises(SpecError) as caught:
        compile_spec(load(path))
    (problem,) = caught.value.problems
    assert (str(problem.where), problem.code) == (f"{path}:6:44", "shape")


def test_ids_stay_whole_numbers():
    words = {"embedding": {"inputs": "words", "input_dim": 9, "output_dim": 2}}
    graph = compiled(words, "flatten", inputs=IDS)
    assert graph.inputs["words"].dtype == "int32"
    assert graph.by_name["embedding"].output_specs == (TensorSpec((3, 2), "float32"),)
    flat = compiled("flatten", {"embedding": {"input_dim": 9, "output_dim": 2}}, inputs=IDS)
    assert flat.by_name["flatten"].output_specs[0].dtype == "int32"


def test_a_network_of_many_skips_is_built_in_linear_time():
    graph = compiled(*[{"residual": ["relu"]}] * 5000)
    assert len(graph.nodes) == 10_000
