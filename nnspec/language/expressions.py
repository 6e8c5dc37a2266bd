"""Expressions in `${...}`: parsing, with everything that is not allowed refused, and evaluation.

Values are those of a spec: none, truth values, numbers, texts, lists and maps. Arithmetic and
functions make numbers only, so nothing grows; the steps of an evaluation are counted.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from nnspec.errors import quoted
from nnspec.language.operations import (
    FUNCTIONS,
    Budget,
    ExpressionError,
    Function,
    arithmetic,
    contains,
    describe,
    equal,
    finite,
    in_order,
    item,
    number,
    truth,
)

MAX_LENGTH = 500
MAX_DEPTH = 60
CONSTANTS = {"true": True, "false": False, "null": None}
_ALLOWED = (
    "only names, numbers, texts, lists, arithmetic, comparisons, and/or/not, if/else, [index] "
    f"and {', '.join(sorted(FUNCTIONS))} are allowed"
)


class UnknownNameError(ExpressionError):
    """Undefined name, which is args[0]."""


class Expression(NamedTuple):
    """A parsed expression, and the names that occur in it."""

    tree: ast.expr
    names: tuple[str, ...]

    def value(self, names: Mapping[str, Any], budget: Budget) -> Any:
        """The value, where `names` has the value of each of its names."""
        return _Evaluation(names, budget).value(self.tree)


@lru_cache(2048)
def parse(text: str) -> Expression:
    """Parse an expression; an ExpressionError where it is none, or uses what is not allowed."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"longer than {MAX_LENGTH} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Python warns of `1if`, which is no expression either
            tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError("not an expression") from None
    names: dict[str, None] = {}
    _check(tree, names, 0)
    return Expression(tree, tuple(names))


def evaluate(text: str, names: Mapping[str, Any]) -> Any:
    """The value of an expression over named values."""
    expression = parse(text)
    for name in expression.names:
        if name not in names:
            raise UnknownNameError(name)
    return expression.value({name: names[name] for name in expression.names}, Budget())


# ---------------------------------------------------------------- what is allowed

_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}  # fmt: skip
_SIGNS: dict[type, Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}
_COMPARISONS: dict[type, Callable[[Any, Any, Budget], bool]] = {
    ast.Eq: equal, ast.NotEq: lambda a, b, budget: not equal(a, b, budget),
    ast.In: contains, ast.NotIn: lambda a, b, budget: not contains(a, b, budget),
    ast.Lt: in_order(operator.lt), ast.LtE: in_order(operator.le),
    ast.Gt: in_order(operator.gt), ast.GtE: in_order(operator.ge),
}  # fmt: skip
_LEAVES = (ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context)


def _check(node: ast.AST, names: dict[str, None], depth: int) -> None:
    """Refuse a node that is not allowed; note the names in it."""
    if depth > MAX_DEPTH:
        raise ExpressionError(f"nested too deeply: more than {MAX_DEPTH} levels")
    if isinstance(node, ast.Call):
        _check_call(node)
    elif isinstance(node, ast.Attribute):
        hint = f"write [{node.attr!r}] for a map's key"
        raise ExpressionError(f".{quoted(node.attr)[1:-1]} is not allowed; {hint}")
    elif not _is_allowed(node):
        raise ExpressionError(_ALLOWED)
    if isinstance(node, ast.Name) and node.id not in CONSTANTS:
        names[node.id] = None
    parts = node.args if isinstance(node, ast.Call) else ast.iter_child_nodes(node)
    for part in parts:
        if not isinstance(part, _LEAVES):
            _check(part, names, depth + 1)


def _is_allowed(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None or type(node.value) in (bool, int, float, str)
    if isinstance(node, ast.BinOp):
        return type(node.op) in _BINARY
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.op, ast.Not) or type(node.op) in _SIGNS
    if isinstance(node, ast.Compare):
        return all(type(op) in _COMPARISONS for op in node.ops)
    return isinstance(node, ast.Name | ast.BoolOp | ast.IfExp | ast.Subscript | ast.List)


def _check_call(node: ast.Call) -> None:
    if not isinstance(node.func, ast.Name) or node.keywords:
        raise ExpressionError(_ALLOWED)
    function = FUNCTIONS.get(node.func.id)
    if function is None:
        known = ", ".join(sorted(FUNCTIONS))
        raise ExpressionError(f"there is no function {quoted(node.func.id)}; known: {known}")
    if not function.fewest <= len(node.args) <= function.most:
        raise ExpressionError(f"{node.func.id} takes {function.takes}, not {len(node.args)}")


# ---------------------------------------------------------------- evaluation


class _Evaluation(NamedTuple):
    """The values of the names in an expression, and the steps that are left."""

    names: Mapping[str, Any]
    budget: Budget

    def value(self, node: ast.expr) -> Any:
        self.budget.spend(1)
        return _RULES[type(node)](self, node)

    def number(self, node: ast.expr) -> Any:
        return number(self.value(node))

    def constant(self, node: ast.Constant) -> Any:
        return finite(node.value) if type(node.value) in (int, float) else node.value

    def name(self, node: ast.Name) -> Any:
        return CONSTANTS[node.id] if node.id in CONSTANTS else self.names[node.id]

    def binary(self, node: ast.BinOp) -> Any:
        return arithmetic(_BINARY[type(node.op)], self.number(node.left), self.number(node.right))

    def unary(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            return not truth(self.value(node.operand), "what `not` negates")
        return _SIGNS[type(node.op)](self.number(node.operand))

    def both(self, node: ast.BoolOp) -> bool:
        """`and` stops at the first false operand, `or` at the first true one."""
        stops = isinstance(node.op, ast.Or)
        word = "or" if stops else "and"
        return stops == any(
            truth(self.value(operand), f"what `{word}` joins") == stops for operand in node.values
        )

    def choice(self, node: ast.IfExp) -> Any:
        test = truth(self.value(node.test), "the test of `if`")
        return self.value(node.body if test else node.orelse)

    def comparison(self, node: ast.Compare) -> bool:
        left = self.value(node.left)
        for op, operand in zip(node.ops, node.comparators, strict=True):
            right = self.value(operand)
            if not _COMPARISONS[type(op)](left, right, self.budget):
                return False
            left = right
        return True

    def item(self, node: ast.Subscript) -> Any:
        return item(self.value(node.value), self.value(node.slice))

    def items(self, node: ast.List) -> list[Any]:
        return [self.value(one) for one in node.elts]

    def call(self, node: ast.Call) -> Any:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        function: Function = FUNCTIONS[name]
        arguments = [self.value(one) for one in node.args]
        try:
            return function.compute(arguments, self.budget)
        except (ArithmeticError, ValueError) as error:
            if isinstance(error, ExpressionError):
                raise
            shown = ", ".join(map(describe, arguments))
            raise ExpressionError(f"{name}({shown}): {error}") from None


_RULES: dict[type, Callable[[_Evaluation, Any], Any]] = {
    ast.Constant: _Evaluation.constant, ast.Name: _Evaluation.name, ast.List: _Evaluation.items,
    ast.BinOp: _Evaluation.binary, ast.UnaryOp: _Evaluation.unary, ast.BoolOp: _Evaluation.both,
    ast.IfExp: _Evaluation.choice, ast.Compare: _Evaluation.comparison,
    ast.Subscript: _Evaluation.item, ast.Call: _Evaluation.call,
}  # fmt: skip
