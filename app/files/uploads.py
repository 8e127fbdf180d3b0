"""The request as this application reads it: a file in a form goes to a temporary file of the store, not to memory."""

from __future__ import annotations

from typing import IO, Any

from flask import Flask, Request, current_app

from app.files.claims import store

IN_MEMORY = 64 * 1024  # bytes of a request that are less trouble there


class UploadRequest(Request):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.arriving: list[IO[bytes]] = []

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        """Return what werkzeug writes a file of a form into, before any view sees it."""
        is_short = total_content_length is not None and total_content_length <= IN_MEMORY
        if is_short or not current_app.config["ACCOUNT_MEGABYTES"]:
            stream = super()._get_file_stream(total_content_length, content_type, filename, content_length)
        else:
            stream = store.of(current_app).temporary()
        self.arriving.append(stream)
        return stream

    def close(self) -> None:
        """Close also what arrived for a form that nobody has read to its end; Flask calls this after each request."""
        super().close()
        for stream in self.arriving:
            stream.close()


def init_app(app: Flask) -> None:
    app.request_class = UploadRequest
