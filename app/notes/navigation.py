"""The places and tags beside every page, rendered once for as long as they stay the same.

One of the tricks that docs/adr/0010-tricks.md allows; benchmarks/tricks.py switches it off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import g, render_template, request
from markupsafe import Markup

from app.accounts.sessions import Account
from app.per_app import PerApp

MOST_REMEMBERED = 256  # a person with 500 tags takes 60 KB

remembered: PerApp[Callable[[str, Account, str, str, Sequence[str]], Markup]] = PerApp("navigation")


def navigation(nav_item: str, tag: str, tags: Sequence[str]) -> Markup:
    """Return the navigation of who is signed in; `nav_item` and `tag` are where the person is, if anywhere."""
    return remembered.get()(request.script_root, g.account, nav_item, tag, tuple(tags))


def render(_root: str, account: Account, nav_item: str, tag: str, tags: Sequence[str]) -> Markup:
    """Return the navigation; its addresses begin with `_root`, the root of the present request."""
    page = render_template("notes/navigation.html", account=account, nav_item=nav_item, tag=tag, tags=tags)
    return Markup(page)  # noqa: S704  # a template has escaped it
