"""Evaluation of arithmetic in `${...}`: named values, numbers, + - * / // % **, parentheses."""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from nnspec.errors import quoted

MAX_LENGTH = 200
_LARGEST = 2.0**63

_BINARY: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}  # fmt: skip
_UNARY: dict[type, Callable[[Any], Any]] = {ast.USub: operator.neg, ast.UAdd: operator.pos}


class ExpressionError(ValueError):
    """The expression is invalid, or its value is not finite."""


class UnknownNameError(ExpressionError):
    """Undefined name, which is args[0]."""


def evaluate(text: str, names: Mapping[str, Any]) -> Any:
    """The value of an expression: a name's own value (of any type), or a number."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"longer than {MAX_LENGTH} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Python warns of `1if`, which is no arithmetic either
            tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ExpressionError("not plain arithmetic") from None
    return _value(tree.body, names)


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return _finite(node.value)
    if isinstance(node, ast.Name):
        if node.id not in names:
            raise UnknownNameError(node.id)
        return names[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _binary(node.op, _number(node.left, names), _number(node.right, names))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return _UNARY[type(node.op)](_number(node.operand, names))
    raise ExpressionError("only names, numbers, + - * / // % ** and parentheses are allowed")


def _number(node: ast.expr, names: Mapping[str, Any]) -> Any:
    value = _value(node, names)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExpressionError(f"cannot calculate with {quoted(value)}")
    return value


def _binary(op: ast.operator, left: Any, right: Any) -> Any:
    if isinstance(op, ast.Pow) and abs(left) > 1 and abs(right) * math.log2(abs(left)) > 63:
        raise ExpressionError("the power is too large")
    try:
        result = _BINARY[type(op)](left, right)
    except (ArithmeticError, ValueError) as error:
        raise ExpressionError(str(error)) from None
    return _finite(result)


def _finite(number: Any) -> Any:
    if isinstance(number, complex) or not abs(number) < _LARGEST:
        raise ExpressionError("the result is not a number below 2**63")
    return number
