"""The direction of imports, what may be imported at all, and how long things may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "nnspec"
# A module imports from its own room and from those above it.
ROOMS = [
    {"errors", "optional_packages", "system_errors"},
    {"language"},
    {"options"},
    {"components"},
    {"spec"},
    {"graph"},
    {"lint", "drawing"},
    {"randomness"},
    {"compute"},
    {"backends"},
    {"distributed"},
    {"data"},
    {"training"},
    {"runs"},
    {"weight_import"},
    {"parity", "analysis", "explain", "doctor", "scaffold"},
    {"plotting"},
    {"report"},
    {"tuning"},
    {"api"},
    {"sklearn"},
    {"cli"},
    {"__main__"},
]  # fmt: skip
ROOM = {name: number for number, room in enumerate(ROOMS) for name in room}
ARRAYS = {"numpy", "torch", "keras", "tensorflow", "jax", "scipy", "pandas"}
BEFORE_ARRAYS = ROOM["randomness"]
NOT_FOR_BACKENDS = {"spec", "language", "cli", "training"}
FOR_ALL_BACKENDS = (
    "allocator",
    "arrays",
    "batch_parts",
    "channel_windows",
    "contract",
    "environment_variables",
    "fused_losses",
    "host_metrics",
    "interpolation",
    "mixed_precision",
    "nonzero_columns",
    "rule_modules",
    "rules",
    "thread_limit",
    "window_places",
)


def modules():
    """Every module of the package and its dotted name without `nnspec.`."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield path, ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path):
    """The modules that a module imports when it runs: not those for its annotations alone."""
    todo = [tree(path)]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            todo += node.orelse
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            yield from (f"{node.module}.{name.name}" for name in node.names)
        else:
            todo += ast.iter_child_nodes(node)


EDGES = [
    (module, imported.removeprefix("nnspec."))
    for path, module in modules()
    for imported in imports(path)
    if imported.startswith("nnspec.") and imported != "nnspec.__version__"
]
KNOWN = {module for _, module in modules()}


def top(module):
    return module.partition(".")[0]


def test_every_module_has_a_room():
    assert {top(module) for _, module in modules()} - {""} <= ROOM.keys()


def test_imports_point_one_way():
    assert EDGES
    wrong = [(a, b) for a, b in EDGES if a and ROOM[top(a)] < ROOM[top(b)]]
    assert wrong == []


def test_modules_of_a_room_do_not_import_each_other_in_a_circle():
    reads = {}
    for module, imported in EDGES:
        reads.setdefault(module, set()).add(home(imported))
    for module in reads:
        assert module not in reachable(reads, module), f"{module} imports itself in the end"


def home(imported):
    """The module that an imported name stands in."""
    return imported if imported in KNOWN else imported.rpartition(".")[0]


def reachable(reads, start):
    seen, todo = set(), list(reads.get(start, ()))
    while todo:
        module = todo.pop()
        if module not in seen:
            seen.add(module)
            todo += reads.get(module, ())
    return seen


def test_backends_know_neither_the_language_nor_each_other():
    wrong = [
        (module, imported)
        for module, imported in EDGES
        if is_backend(module) and not allowed_in_backend(module, imported)
    ]
    assert wrong == []


def is_backend(module):
    """Whether a module belongs to a backend; the conformance suite builds specs for all of them."""
    return module.startswith("backends.") and not module.startswith("backends.conformance")


def allowed_in_backend(module, imported):
    if top(imported) != "backends":
        return top(imported) not in NOT_FOR_BACKENDS
    return imported.split(".")[1] in (*FOR_ALL_BACKENDS, module.split(".")[1])


def test_only_backends_and_data_import_arrays():
    early = [path for path, module in modules() if not module or ROOM[top(module)] < BEFORE_ARRAYS]
    assert [path for path in early if ARRAYS & {top(name) for name in imports(path)}] == []


RARE = {  # what a chain without expressions does not use, and what takes long to import
    "nnspec.components.layers.groups",
    "nnspec.components.layers.merging",
    "nnspec.spec.expansion",
    "nnspec.spec.overrides",
}


@pytest.mark.parametrize("name", ["cnn", "mlp"])
def test_the_summary_of_a_chain_loads_no_array_library_and_nothing_of_graphs(name):
    program = (
        "import sys\n"
        "from nnspec.graph.compile import compile_spec\n"
        "from nnspec.spec.loader import load\n"
        "from nnspec.graph.summary import summarise\n"
        "from nnspec.graph.summary_table import table\n"
        "print(table(summarise(compile_spec(load(sys.argv[1])))))\n"
        f"print(sorted({ARRAYS | RARE!r} & sys.modules.keys()), file=sys.stderr)\n"
    )
    spec = PACKAGE.parent / "specs" / f"{name}.yaml"
    done = subprocess.run(
        [sys.executable, "-c", program, str(spec)],
        capture_output=True, text=True, encoding="utf-8", cwd=PACKAGE.parent, check=True,
        env={"PYTHONIOENCODING": "utf-8", "PYTHONPATH": str(PACKAGE.parent)},
    )  # fmt: skip
    assert "parameters" in done.stdout
    assert done.stderr.strip() == "[]"


def test_files_and_functions_are_short():
    paths = [path for path, _ in modules()]
    assert [path for path in paths if len(path.read_text("utf-8").splitlines()) > 300] == []
    assert [found for path in paths for found in long_functions(path)] == []


def long_functions(path):
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(tree(path)) if isinstance(node, functions)]
    return [(path, node.name) for node in nodes if node.end_lineno - node.lineno >= 40]
