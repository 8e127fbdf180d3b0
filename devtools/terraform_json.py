"""Reader of what `terraform show -json` prints about a state or a plan.

https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

Values = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """`module` is the address of the module it stands in, empty at the root; `values` are its settings."""

    kind: str
    module: str
    index: str | int | None
    values: Values


class Document(ABC):
    """What was printed, and its resources by their kind, such as aws_subnet."""

    def __init__(self, printed: Values) -> None:
        self.printed = printed

    @classmethod
    def parse(cls, text: str) -> Self:
        return cls(json.loads(text))

    @property
    @abstractmethod
    def resources(self) -> list[Resource]: ...

    def of(self, kind: str) -> list[Resource]:
        return [resource for resource in self.resources if resource.kind == kind]

    def values(self, kind: str) -> list[Values]:
        return [resource.values for resource in self.of(kind)]

    def one(self, kind: str, **wanted: Any) -> Values:
        """The settings of the one resource of that kind that has the wanted ones. Raises LookupError."""
        matching = [values for values in self.values(kind) if wanted.items() <= values.items()]
        return only(matching, f"{kind} with {wanted}")

    def beside(self, resource: Resource, kind: str, index: str | None = None) -> Values:
        """The settings of the one resource of that kind in the same module. Raises LookupError."""
        near = [r.values for r in self.of(kind) if r.module == resource.module and index in (None, r.index)]
        return only(near, f"{kind} in {resource.module or 'the root'}")


class State(Document):
    """What stands."""

    @cached_property
    def resources(self) -> list[Resource]:
        printed = _printed_resources(self.printed["values"]["root_module"])
        return [Resource(r["type"], module, r.get("index"), r["values"]) for module, r in printed]

    @cached_property
    def addresses(self) -> set[str]:
        """Of what is managed: what is only read is left out."""
        printed = _printed_resources(self.printed["values"]["root_module"])
        return {resource["address"] for _, resource in printed if resource["mode"] == "managed"}

    @cached_property
    def outputs(self) -> Values:
        return {name: output["value"] for name, output in self.printed["values"].get("outputs", {}).items()}


class Plan(Document):
    """What will stand once the plan is applied."""

    @cached_property
    def resources(self) -> list[Resource]:
        return [
            Resource(change["type"], change.get("module_address", ""), change.get("index"), change["change"]["after"])
            for change in self.printed.get("resource_changes", [])
            if change["mode"] == "managed" and change["change"]["after"] is not None
        ]

    @cached_property
    def changes(self) -> dict[str, Values]:
        """Address => change, of what is created, changed or deleted."""
        found = self.printed.get("resource_changes", [])
        return {c["address"]: c["change"] for c in found if c["change"]["actions"] not in (["no-op"], ["read"])}

    @cached_property
    def moved(self) -> dict[str, str]:
        """Former address => address, of what stays as it is under another one."""
        found = self.printed.get("resource_changes", [])
        return {c["previous_address"]: c["address"] for c in found if "previous_address" in c}

    @cached_property
    def variables(self) -> Values:
        return {name: variable["value"] for name, variable in self.printed["variables"].items()}


def only(found: Iterable[Values], what: str) -> Values:
    matching = list(found)
    if len(matching) != 1:
        raise LookupError(f"{len(matching)} of {what}")
    return matching[0]


def _printed_resources(module: Values) -> Iterator[tuple[str, Values]]:
    """Each resource after the address of its module."""
    for resource in module.get("resources", []):
        yield module.get("address", ""), resource
    for child in module.get("child_modules", []):
        yield from _printed_resources(child)
