"""Stylesheets, scripts and icons under addresses that carry a fingerprint, so that a browser asks for each only once.

The icons are those of Bootstrap Icons that the pages name, cut out of the sprite of two thousand that a package holds.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from flask import Blueprint, Flask, Response, has_request_context, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.per_app import PerApp
from app.web.access import public

ICONS = ["archive", "arrow-counterclockwise", "check2-circle", "clock-history", "journal-text", "list", "pencil"]
ICONS += ["pin-angle", "pin-angle-fill", "plus-lg", "trash3"]
ICON = Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>')
FOREVER = "public, max-age=31536000, immutable"

mimetypes.add_type("application/manifest+json", ".webmanifest")
_icons: PerApp[str] = PerApp("icons")
blueprint = Blueprint("assets", __name__)


class Addresses(Mapping[str, str]):
    """The address of each file by its name, below the path at which a proxy serves the app."""

    def __init__(self, paths: Mapping[str, str]) -> None:
        self._paths = paths

    def __getitem__(self, name: str) -> str:
        return (request.script_root if has_request_context() else "") + self._paths[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)


@blueprint.get("/icons.svg")
@public
def send_icons() -> ResponseReturnValue:
    return Response(_icons.get(), mimetype="image/svg+xml")


def init_app(app: Flask) -> None:
    """Make `assets` known to the templates: the address of each file by its name."""
    icons = _sprite(_package("flask_bootstrap") / "static" / "bootstrap5" / "icons" / "bootstrap-icons.svg")
    _icons.set(app, icons)
    files = {f"{app.static_url_path}/{file.name}": file.read_bytes() for file in Path(str(app.static_folder)).iterdir()}
    contents = {"/icons.svg": icons.encode()} | files
    versions = {path: hashlib.sha256(content).hexdigest()[:12] for path, content in contents.items()}
    addresses = Addresses({path.rpartition("/")[2]: f"{path}?v={versions[path]}" for path in versions})
    app.jinja_env.globals["assets"] = addresses
    app.jinja_env.globals["icon"] = lambda name: ICON.format(addresses["icons.svg"], name)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(blueprint)

    def keep(response: Response) -> Response:
        version = versions.get(request.path)
        if version and response.status_code == 200 and request.args.get("v") == version:
            response.headers["Cache-Control"] = FOREVER
        return response

    app.after_request(keep)


def _package(name: str) -> Path:
    """Return the folder of an installed package without importing it."""
    found = find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(name)
    return Path(found.origin).parent


@cache  # the same for all apps of a process
def _sprite(all_icons: Path) -> str:
    """Return an SVG with the symbols in ICONS; a name that the package does not have ends the start."""
    text = all_icons.read_text()
    found = {name: symbol for symbol, name in re.findall(r'(<symbol [^>]*id="([^"]+)">.*?</symbol>)', text)}
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(found[name] for name in ICONS)}</svg>'
