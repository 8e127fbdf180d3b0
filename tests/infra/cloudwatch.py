"""CloudWatch's evaluation of an alarm, of a series with a value or None for each period.

Sources: its user guide, "Using math expressions with CloudWatch metrics" and "Configuring how CloudWatch alarms treat
missing data". How many periods it looks back where data are missing is not documented (EXTRA is that of its examples).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

Series = list[float | None]
EXTRA = 2
BREACHES: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
}
SIGNS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def is_ringing(alarm: dict[str, Any], metrics: dict[str, Series], *, extra: int = EXTRA) -> bool:
    """Tell whether the alarm, as Terraform plans it, rings after the last period of the series."""
    periods, enough = alarm["evaluation_periods"], alarm["datapoints_to_alarm"]
    seen = watched(alarm, metrics)[-(periods + extra) :]
    real = [value for value in seen if value is not None][-periods:]
    breaches = BREACHES[alarm["comparison_operator"]]
    breaching = sum(breaches(value, alarm["threshold"]) for value in real)
    if alarm["treat_missing_data"] == "breaching":
        breaching += periods - len(real)
    return bool(breaching >= enough)


def watched(alarm: dict[str, Any], metrics: dict[str, Series]) -> Series:
    """Return what the alarm looks at: a metric, or what its formula makes of several, by their names in CloudWatch."""
    queries = {query["id"]: query for query in alarm["metric_query"]}
    if not queries:
        return metrics[alarm["metric_name"]]
    formula = ast.parse(queries.pop("result")["expression"], mode="eval").body
    return evaluate(formula, {name: metrics[query["metric"][0]["metric_name"]] for name, query in queries.items()})


def evaluate(node: ast.expr, metrics: dict[str, Series]) -> Series:
    """Return the value of a formula for each period: none where a value is missing, or where it divides by zero."""
    match node:
        case ast.Name(id=name):
            return metrics[name]
        case ast.Constant(value=int() | float() as number):
            return [number] * len(next(iter(metrics.values())))
        case ast.Call(func=ast.Name(id="FILL"), args=[filled, ast.Constant(value=int() as number)]):
            return [number if value is None else value for value in evaluate(filled, metrics)]
        case ast.BinOp(left=left, op=sign, right=right):
            pairs = zip(evaluate(left, metrics), evaluate(right, metrics), strict=True)
            return [combine(SIGNS[type(sign)], *pair) for pair in pairs]
    raise ValueError(ast.unparse(node))


def combine(sign: Callable[[float, float], float], left: float | None, right: float | None) -> float | None:
    if left is None or right is None:
        return None
    try:
        return sign(left, right)
    except ZeroDivisionError:
        return None
