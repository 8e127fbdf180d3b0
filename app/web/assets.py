"""Stylesheets, scripts and icons, without comments, under addresses that carry a fingerprint: asked for only once.

The icons are those of Bootstrap Icons that the pages name, cut out of the sprite of two thousand that a package holds.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import rcssmin
import rjsmin
from flask import Blueprint, Flask, Response, abort, has_request_context, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.per_app import PerApp
from app.web.access import public

ICONS = ["archive", "check2-circle", "clock-history", "journal-text", "list", "pencil"]
ICONS += ["pin-angle", "pin-angle-fill", "plus-lg", "trash3"]
ICON = Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>')
FOREVER = "public, max-age=31536000, immutable"

mimetypes.add_type("application/manifest+json", ".webmanifest")
SMALLER: dict[str, Callable[[str], str]] = {".css": rcssmin.cssmin, ".js": rjsmin.jsmin}
FOLDER = Path(__file__).parents[1] / "static"

_files: PerApp[dict[str, bytes]] = PerApp("files")
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
@blueprint.get("/static/<name>")
@public
def send(name: str = "icons.svg") -> ResponseReturnValue:
    content = _files.get().get(name)
    if content is None:
        abort(404)
    response = Response(content, mimetype=mimetypes.guess_type(name)[0])
    response.add_etag()
    return response.make_conditional(request)


def init_app(app: Flask) -> None:
    """Make `assets` known to the templates: the address of each file by its name."""
    files = _read_files()
    _files.set(app, files)
    paths = {name: "/icons.svg" if name == "icons.svg" else f"/static/{name}" for name in files}
    versions = {paths[name]: hashlib.sha256(content).hexdigest()[:12] for name, content in files.items()}
    addresses = Addresses({name: f"{path}?v={versions[path]}" for name, path in paths.items()})
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


@cache  # the same for all apps of a process
def _read_files() -> dict[str, bytes]:
    """Return what is sent, by name: the files of the folder and the icons."""
    icons = _sprite(_package("flask_bootstrap") / "static" / "bootstrap5" / "icons" / "bootstrap-icons.svg")
    return {"icons.svg": icons.encode()} | {file.name: _smaller(file) for file in FOLDER.iterdir()}


def _smaller(file: Path) -> bytes:
    smaller = SMALLER.get(file.suffix)
    return smaller(file.read_text()).encode() if smaller else file.read_bytes()


def _package(name: str) -> Path:
    """Return the folder of an installed package without importing it."""
    found = find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(name)
    return Path(found.origin).parent


def _sprite(all_icons: Path) -> str:
    """Return an SVG with the symbols in ICONS; a name that the package does not have ends the start."""
    text = all_icons.read_text()
    found = {name: symbol for symbol, name in re.findall(r'(<symbol [^>]*id="([^"]+)">.*?</symbol>)', text)}
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(found[name] for name in ICONS)}</svg>'
