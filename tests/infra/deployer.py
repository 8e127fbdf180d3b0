"""Of all that Terraform asked for, what the deployer's policies (terraform/deployer) do not allow."""

import fnmatch
import json
from typing import Any

from devtools.aws_actions import actions
from devtools.composition import REPOSITORY

DOCUMENTS = sorted((REPOSITORY / "terraform/deployer").glob("*.json"))
STATEMENTS: list[dict[str, Any]] = [one for file in DOCUMENTS for one in json.loads(file.read_text())["Statement"]]


def allowed(action: str, statements: list[dict[str, Any]] = STATEMENTS) -> bool:
    """By the action alone: the resources are not compared."""
    patterns = [pattern for statement in statements for pattern in statement["Action"]]
    return any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def not_allowed(asked: list[str], statements: list[dict[str, Any]] = STATEMENTS) -> set[str]:
    """`asked` has operations as service.Operation."""
    needed = {action for operation in asked for action in actions(*operation.split("."))}
    return {action for action in needed if not allowed(action, statements)}
