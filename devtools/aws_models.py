"""What AWS's models say of a parameter: its type, values, form, length, and the characters that its text names."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import regex
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

from devtools.aws_prose import rules
from devtools.aws_requests import Call, RefusedError


def refusal(call: Call) -> RefusedError | None:
    said = faults(call)
    return RefusedError.of(call, said) if said else None


def faults(call: Call) -> list[str]:
    """Why AWS would not take the call, as far as its models and their texts tell."""
    said = [f"unknown parameter {name}" for name in sorted(call.unknown)]
    shape = call.operation.input_shape
    if shape is None:
        return said
    report: str = ParamValidator().validate(call.parameters, shape).generate_report()
    return said + report.splitlines() + list(faults_in(call.parameters, shape, ""))


def faults_in(value: Any, shape: Shape, path: str) -> Iterator[str]:
    """Of what a shape says of its value, all that botocore itself leaves to the service."""
    if isinstance(value, str):
        yield from faults_of_text(value, shape, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from beyond(value, shape, path)
    elif isinstance(shape, StructureShape) and isinstance(value, dict):
        for name, member in value.items():
            if name in shape.members:
                yield from faults_in(member, shape.members[name], f"{path}.{name}" if path else name)
    elif isinstance(shape, ListShape):
        yield from beyond(len(value), shape, path)
        for member in value:
            yield from faults_in(member, shape.member, path)
    elif isinstance(shape, MapShape):
        yield from beyond(len(value), shape, path)
        for key, member in value.items():
            yield from faults_in(key, shape.key, f"{path} key")
            yield from faults_in(member, shape.value, f"{path}.{key}")


def faults_of_text(value: str, shape: Shape, path: str) -> Iterator[str]:
    yield from beyond(len(value), shape, path)
    if isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"{path}: {value!r} is none of {', '.join(shape.enum)}"
    pattern = shape.metadata.get("pattern")
    if pattern and not compiled(pattern).fullmatch(value):
        yield f"{path}: {value!r} does not match {pattern}"
    for rule in rules(shape.documentation):
        if not rule.pattern.fullmatch(value):
            yield f"{path}: {value!r} is not allowed by its description: {rule.sentence}"


def beyond(number: float, shape: Shape, path: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is not None and number < least) or (most is not None and number > most):
        yield f"{path}: {number} is not within {least} and {most}"


# All characters beyond the first 65,536, as Java writes them: two halves each.
BEYOND_16_BITS = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")


# A plan to scan a bucket has tags like a detector; GuardDuty's model of its ARNs is older.
DETECTOR = "detector/[A-Za-z0-9_/.-]{32,264}"
OR_PLAN = (DETECTOR, f"({DETECTOR}|malware-protection-plan/[a-z0-9]{{20}})")


@cache
def compiled(pattern: str) -> regex.Pattern[str]:
    """Patterns are Java's, whose classes have names such as \\p{Print} and whose flags may stand anywhere."""
    return regex.compile(pattern.replace(*BEYOND_16_BITS).replace(*OR_PLAN), regex.DOTALL)
