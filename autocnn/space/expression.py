"""Expressions: strings that start with `=`, evaluated by simpleeval within limits."""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from simpleeval import InvalidExpression, SimpleEval

from autocnn.space.document import shown_value

LONGEST = 200
LARGEST = 1e15

_SYNTAX = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call, ast.Name,
    ast.Constant, ast.Load, ast.operator, ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip


class ExpressionError(ValueError):
    """An expression that cannot be read or has no value."""


@dataclass(frozen=True, slots=True, eq=False)
class Expression:
    """A parsed expression; `alone` is the name if it is nothing but one."""

    source: str
    tree: ast.expr
    names: frozenset[str]
    alone: str | None


def _arithmetic(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def checked(left: Any, right: Any) -> Any:
        for operand in (left, right):
            if isinstance(operand, bool) or not isinstance(operand, (int, float)):
                raise ExpressionError(f"arithmetic takes numbers, got {shown_value(operand)}")
        return _bounded(function(left, right))

    return checked


def _bounded(value: Any) -> Any:
    if isinstance(value, complex):
        raise ExpressionError("the result is not a real number")
    if not math.isfinite(value) or abs(value) > LARGEST:
        raise ExpressionError("the result is too large")
    return value


def _power(base: Any, exponent: Any) -> Any:
    if abs(base) > 1 and exponent * math.log10(abs(base)) > 16:
        raise ExpressionError("the result is too large")
    return base**exponent


_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _arithmetic(operator.add), ast.Sub: _arithmetic(operator.sub),
    ast.Mult: _arithmetic(operator.mul), ast.Div: _arithmetic(operator.truediv),
    ast.FloorDiv: _arithmetic(operator.floordiv), ast.Mod: _arithmetic(operator.mod),
    ast.Pow: _arithmetic(_power), ast.USub: operator.neg, ast.UAdd: operator.pos,
    ast.Not: operator.not_, ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt,
    ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "min": min, "max": max, "round": round, "int": int, "abs": abs,
}  # fmt: skip
CONSTANTS: Mapping[str, bool] = {"true": True, "false": False, "True": True, "False": False}


def parse_expression(text: str) -> Expression:
    """Read `=...`; raises ExpressionError for anything but the language's own operators."""
    source = text[1:].strip()
    if len(text) > LONGEST:
        raise ExpressionError(f"an expression has at most {LONGEST} characters, got {len(text)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise ExpressionError(f"{text!r} is not an expression") from error
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            names.add(node.id)
        _check_syntax(node, text)
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call)}  # type: ignore[attr-defined]
    alone = tree.id if isinstance(tree, ast.Name) else None
    return Expression(source, tree, frozenset(names - called - set(CONSTANTS)), alone)


def _check_syntax(node: ast.AST, text: str) -> None:
    if isinstance(node, ast.Call):
        name = node.func.id if isinstance(node.func, ast.Name) else None
        if name not in FUNCTIONS or node.keywords:
            known = ", ".join(FUNCTIONS)
            raise ExpressionError(f"{text!r} calls something else than {known}")
        return
    allowed = isinstance(node, _SYNTAX)
    if isinstance(node, (ast.operator, ast.unaryop, ast.cmpop)):
        allowed = type(node) in _OPERATORS
    if isinstance(node, ast.Constant):
        allowed = isinstance(node.value, (bool, int, float, str))
        if isinstance(node.value, (int, float)) and not abs(node.value) <= LARGEST:
            raise ExpressionError(f"a number in {text!r} is too large")
    if not allowed:
        raise ExpressionError(
            f"{text!r} uses more than arithmetic, comparison, and/or/not, if/else and "
            f"{', '.join(FUNCTIONS)}"
        )


def evaluate(expression: Expression, names: Mapping[str, Any]) -> Any:
    """The value for these names: a number, a truth value, a string or, alone, what a name holds.

    Raises ExpressionError, such as for a division by zero.
    """
    if expression.alone is not None and expression.alone in names:
        return names[expression.alone]
    used = [(name, names[name]) for name in expression.names if name in names]
    if all(isinstance(value, (bool, int, float, str)) for _, value in used):
        return _remembered(expression, tuple((type(value), name, value) for name, value in used))
    return _evaluated(expression, dict(used))


@lru_cache(maxsize=4096)
def _remembered(expression: Expression, used: tuple[tuple[type, str, Any], ...]) -> Any:
    """The same for scalars, with their types, since True equals 1."""
    return _evaluated(expression, {name: value for _, name, value in used})


def _evaluated(expression: Expression, names: Mapping[str, Any]) -> Any:
    evaluator = SimpleEval(
        operators=_OPERATORS, functions=dict(FUNCTIONS), names={**names, **CONSTANTS}
    )
    try:
        return evaluator.eval(expression.source, previously_parsed=expression.tree)
    except ExpressionError as error:
        raise ExpressionError(f"'={expression.source}': {error}") from error
    except ZeroDivisionError as error:
        raise ExpressionError(f"'={expression.source}' divides by zero") from error
    except (InvalidExpression, TypeError, ValueError, ArithmeticError) as error:
        raise ExpressionError(f"'={expression.source}' has no value: {error}") from error
