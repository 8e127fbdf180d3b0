"""Schemathesis asks the API whatever its description allows, and what it does not; mostly about real notes.

`make fuzz` asks for longer: FUZZ_CASES is their number for each operation.
"""

from __future__ import annotations

import os
from collections import Counter
from io import BytesIO
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from app.accounts import sessions, tokens
from app.entries import service as entries
from app.files import service as files
from app.notes import service
from app.notes.drafts import Draft
from devtools.people import Cast, create_token

CASES = int(os.environ.get("FUZZ_CASES", "25"))
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
NEGATIVE = 4  # one case in so many is one that the description does not allow
NOTHING_TO_BREAK = {"GET /api/v1/entries/latest"}  # no parameter, no body, no token


class Fuzz:
    """Sends cases with Alice's token; `answered` counts the statuses of each operation."""

    def __init__(self, app: Flask, owner: int) -> None:
        self.app, self.owner = app, owner
        self.headers = {"Authorization": f"Bearer {create_token(app, owner)}"}
        self.schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
        self.number = 0
        self.answered: dict[str, Counter[bool]] = {}

    def run(self, cases: int) -> None:
        for operation in self.operations():
            self._ask(operation, cases - cases // NEGATIVE, GenerationMode.POSITIVE)
            if operation.label not in NOTHING_TO_BREAK:
                self._ask(operation, cases // NEGATIVE, GenerationMode.NEGATIVE)

    def operations(self) -> list[Any]:
        found: Any = self.schema.get_all_operations()
        return [operation.ok() for operation in found]

    def _ask(self, operation: Any, cases: int, mode: GenerationMode) -> None:
        counted = self.answered.setdefault(operation.label, Counter())

        @settings(
            max_examples=cases,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(mode))
        def ask(case: Any) -> None:
            if mode is GenerationMode.POSITIVE:
                self._about_a_real_note(case)
            response = case.call_and_validate(headers=self.headers, checks=CHECKS)
            if mode is GenerationMode.POSITIVE:
                counted[response.status_code < 400] += 1

        ask()

    def _about_a_real_note(self, case: Any) -> None:
        """Most of what could be generated is about notes that are not there, and says so."""
        self.number += 1
        if self.number % 5 == 0:
            return
        with self.app.app_context():
            note = service.create(self.owner, Draft("real", "text", ("real",)), service.new_key())
        if "note_id" in case.path_parameters:
            case.path_parameters["note_id"] = note.id
            case.path_parameters |= {"version": 1} if "version" in case.path_parameters else {}
            if case.headers is not None and "If-Match" in case.headers:
                case.headers["If-Match"] = '"1"'
        if "name" in case.path_parameters:
            case.path_parameters["name"] = "real"
        self._about_a_real_session_or_token(case)
        if isinstance(case.body, dict) and "version" in case.body:
            case.body["version"] = 1
        for step in case.body.get("operations", []) if isinstance(case.body, dict) else []:
            step |= {name: value for name, value in (("id", note.id), ("version", 1)) if name in step}
        self._say_what_the_description_cannot(case)

    def _about_a_real_session_or_token(self, case: Any) -> None:
        with self.app.app_context():
            if "session_id" in case.path_parameters:
                case.path_parameters["session_id"] = sessions.digest(sessions.start(self.owner, "")).hex()
            if "file_id" in case.path_parameters:
                case.path_parameters["file_id"] = files.add(self.owner, BytesIO(b"real %d" % self.number), "real").id
            if "token_id" in case.path_parameters:
                tokens.create(self.owner, "real", "read")
                case.path_parameters["token_id"] = tokens.list_tokens(self.owner)[0].id

    def _say_what_the_description_cannot(self, case: Any) -> None:
        if case.operation.label.endswith(("PUT /api/v1/notes/{note_id}", "POST /api/v1/notes")):
            case.body["body"] = "text"  # a note needs a title or a text
        if case.operation.label.endswith("POST /api/v1/entries"):
            case.body["username"] = "real"  # letters of every script
        if isinstance(case.query, dict):
            if "username" in case.query:
                case.query["username"] = "real"
            # A cursor is only ever one that was answered before, and some combinations are refused.
            for name in ("cursor", "changed_since", "sort"):
                case.query.pop(name, None)
            if case.operation.label.endswith("GET /api/v1/notes"):
                for name in list(case.query)[1:]:
                    case.query.pop(name)


@pytest.mark.slow
def test_every_answer_is_as_described(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "PER_ADDRESS", 10**9)
    monkeypatch.setattr(entries, "TOGETHER", 10**9)
    fuzz = Fuzz(app, cast["alice"].id)
    fuzz.run(CASES)
    shares = {label: counted[True] / counted.total() for label, counted in fuzz.answered.items()}
    assert len(shares) == 29
    assert {label: share for label, share in shares.items() if share < 0.3} == {}


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fault", ["crash", "shape"])
def test_a_planted_fault_is_found(app: Flask, cast: Cast, fault: str) -> None:
    planted: dict[str, Any] = {"crash": lambda **_: 1 // 0, "shape": lambda **_: {"items": [{"nome": 1}], "next": None}}
    view = app.view_functions["notes_api.list_tags"]
    planted[fault].__dict__.update(view.__dict__)
    app.view_functions["notes_api.list_tags"] = planted[fault]
    fuzz = Fuzz(app, cast["alice"].id)
    found = next(operation for operation in fuzz.operations() if operation.label.endswith("/tags"))
    with pytest.raises(BaseException, match=r"Server error|schema|Response violates"):
        fuzz._ask(found, 5, GenerationMode.POSITIVE)
