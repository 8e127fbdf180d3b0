"""Server of packages: a folder by HTTP. While the file `sign` is there, it has nothing to give (503)."""

from __future__ import annotations

import functools
import sys
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args: object, sign: Path, directory: str) -> None:
        self.sign = sign
        super().__init__(*args, directory=directory)  # type: ignore[arg-type]  # passed on as they came

    def do_GET(self) -> None:
        if self.sign.exists():
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            super().do_GET()


def main(folder: str, sign: str) -> None:
    handler = functools.partial(Handler, sign=Path(sign), directory=folder)
    ThreadingHTTPServer(("0.0.0.0", 80), handler).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
