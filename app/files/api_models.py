"""The shapes of files in the API."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from app.api.answers import rfc3339
from app.api.models import Answer, Fields, example
from app.files import links, service

FILE_EXAMPLE = {
    "id": 887654321098765,
    "name": "garden.jpg",
    "type": "image/jpeg",
    "bytes": 48213,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "created_at": "2026-05-01T09:30:00.123456Z",
    "address": "/files/887654321098765/garden.jpg",
    "markdown": "![garden.jpg](/files/887654321098765/garden.jpg)",
}


class FileName(Fields):
    name: str = Field(
        "",
        description="What a file is called that is sent by itself, of which at most 120 characters are kept.",
        examples=["garden.jpg"],
    )


class File(Answer):
    model_config = example(FILE_EXAMPLE)

    id: int = Field(description="The file's number.")
    name: str = Field(description="Its name, with an extension that fits its content.")
    type: str = Field(description="What its content is by its own bytes; `application/octet-stream` is anything else.")
    bytes: int = Field(description="Its size.")
    sha256: str = Field(description="The SHA-256 of its content, in hexadecimal digits.")
    created_at: str = Field(description="When it arrived first, in UTC.")
    address: str = Field(description="Where a text mentions it and a browser finds it.")
    markdown: str = Field(description="What to write into a text: it shows or plays the file, or links to it.")


class FileList(Answer):
    model_config = example({"items": [FILE_EXAMPLE]})

    items: list[File] = Field(description="The files, oldest first.")


def file_json(of: service.File) -> dict[str, Any]:
    return {
        "id": of.id,
        "name": of.name,
        "type": of.type,
        "bytes": of.size,
        "sha256": of.sha256.hex(),
        "created_at": rfc3339(of.created_at),
        "address": links.address(of.id, of.name),
        "markdown": service.in_text(of),
    }
