"""Stylesheets, scripts and icons, without comments, under addresses that carry a fingerprint: asked for only once.

The icons are those of Bootstrap Icons that the pages name, cut out of the sprite of two thousand that a package holds.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path

import rcssmin
import rjsmin
from flask import Blueprint, Flask, Response, abort, has_request_context, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.per_app import PerApp
from app.web.access import public

ICONS = ["archive", "check2-circle", "list", "plus-lg", "sticky", "trash"]  # on every page: in one file
RARE_ICONS = ["clock", "pencil", "pin-angle-fill"]  # in the pages themselves
RARE_ICON = Markup('<svg class="icon" aria-hidden="true" {}>{}</svg>')
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
    response.make_conditional(request)
    # Not a 412, which a cache would give to everybody.
    if response.status_code in {200, 304} and request.args.get("v") == _version(content):
        response.headers["Cache-Control"] = FOREVER
    return response


def init_app(app: Flask) -> None:
    """Make `assets` known to the templates: the address of each file by its name."""
    files = _read_files()
    _files.set(app, files)
    addresses = Addresses({name: f"{_path(name)}?v={_version(content)}" for name, content in files.items()})
    app.jinja_env.globals["assets"] = addresses
    drawn = {name: RARE_ICON.format(*_symbols()[name]) for name in RARE_ICONS}
    app.jinja_env.globals["icon"] = lambda name: drawn.get(name) or _icon(addresses["icons.svg"], name)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.register_blueprint(blueprint)


def _path(name: str) -> str:
    return "/icons.svg" if name == "icons.svg" else f"/static/{name}"


@cache  # there are no other contents than those of the files
def _version(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


@lru_cache(maxsize=1000)
def _icon(sprite: str, name: str) -> Markup:
    return ICON.format(sprite, name)


@cache  # the same for all apps of a process
def _read_files() -> dict[str, bytes]:
    """Return what is sent, by name: the files of the folder and the icons."""
    return {"icons.svg": _sprite().encode()} | {file.name: _smaller(file) for file in FOLDER.iterdir()}


def _smaller(file: Path) -> bytes:
    smaller = SMALLER.get(file.suffix)
    return smaller(file.read_text()).encode() if smaller else file.read_bytes()


def _package(name: str) -> Path:
    """Return the folder of an installed package without importing it."""
    found = find_spec(name)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(name)
    return Path(found.origin).parent


def _sprite() -> str:
    """Return an SVG with the symbols in ICONS; a name that the package does not have ends the start."""
    symbols = "".join(f'<symbol id="{name}" {_symbols()[name][0]}>{_symbols()[name][1]}</symbol>' for name in ICONS)
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>'


@cache  # the same for all apps of a process
def _symbols() -> dict[str, tuple[Markup, Markup]]:
    """Return what each icon of the package is drawn in and with, by its name."""
    text = (_package("flask_bootstrap") / "static" / "bootstrap5" / "icons" / "bootstrap-icons.svg").read_text()
    found = re.findall(r'<symbol class="[^"]*" (viewBox="[^"]*") id="([^"]+)">(.*?)</symbol>', text)
    return {name: (Markup(box), Markup(paths)) for box, name, paths in found}  # noqa: S704  # of an installed package
