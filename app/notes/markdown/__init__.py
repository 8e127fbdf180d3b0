"""Markdown to safe HTML: GitHub's dialect, in which nothing that somebody wrote vanishes, then a sanitiser.

A text passes four steps, all linear and bounded (docs/adr/0012):

    source.prepare   marks in the source what the parser would take for something else
    comrak           Markdown to HTML
    tags.arrange     makes well-formed HTML of it, in which what is no tag of ours is text
    nh3              the sanitiser, which decides alone what is safe
"""

from __future__ import annotations

from collections.abc import Mapping

import comrak
import nh3
from markupsafe import Markup

from app.notes.drafts import BODY_BYTES
from app.notes.markdown import bounds, code, links, source, tags
from app.notes.markdown.bounds import TooMuch
from app.notes.markdown.maths import MATHML

TAGS = tags.WRITTEN | MATHML | {"audio", "input", "picture", "section", "source", "span", "video"}
ATTRIBUTES = {
    **{name: {"id"} for name in ("h1", "h2", "h3", "h4", "h5", "h6", "li")},
    "a": {"href", "title", "id", "aria-label"},
    "details": {"open"},
    **{name: {"src", "controls", "preload", "aria-label", "title"} for name in ("audio", "video")},
    "img": {"src", "alt", "title", "loading"},
    "input": {"type", "checked", "disabled", "value"},
    "math": {"display"},
    "mo": {"stretchy", "form", "lspace", "rspace"},
    "ol": {"start"},
    "pre": {"data-language"},
    "source": {"media", "srcset"},
    "td": {"align"},
    "th": {"align"},
}
CLASSES = {
    "div": {"markdown-alert", *(f"markdown-alert-{kind}" for kind in tags.ALERTS)},
    "p": {"markdown-alert-title"},
    "section": {"footnotes"},
    "span": code.CLASSES,
    "sup": {"footnote-ref"},
}


def _extensions(*, table: bool, links: bool) -> comrak.ExtensionOptions:
    options = comrak.ExtensionOptions()
    options.strikethrough = options.tasklist = options.footnotes = options.alerts = True
    options.cjk_friendly_emphasis = options.math_dollars = options.math_code = True
    options.table = table
    options.wikilinks_title_after_pipe = links
    # Not autolink: many addresses in one paragraph overflow its stack, which ends the process; see tags.
    # Not header ids: their time grows with the square of equal headings; see tags.
    return options


EXTENSIONS = {
    (table, links): _extensions(table=table, links=links) for table in (True, False) for links in (True, False)
}
RENDERING = comrak.RenderOptions()
RENDERING.hardbreaks = True
RENDERING.full_info_string = True
RENDERING.unsafe_ = True  # raw HTML is the sanitiser's business


SANITISER = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    allowed_classes=CLASSES,
    url_schemes=set(links.SCHEMES),
    link_rel="noopener noreferrer nofollow",
    id_prefix=links.ID_PREFIX,
    tag_attribute_values={"a": {"target": {"_blank"}}, **{name: {"dir": {"auto"}} for name in tags.DIRECTED}},
    set_tag_attribute_values={
        **{name: {"dir": "auto"} for name in ("code", "pre")},
        "input": {"type": "checkbox", "disabled": "", "aria-label": "Item"},
    },
)


def render(
    text: str, site: str = "", *, items: bool = False, notes: Mapping[str, str] | None = None, root: str = ""
) -> Markup:
    """Return `text` as HTML that can do no harm; links that begin with `site` (https://host/) stay in their window.

    With `items`, each box of a list has the number of its line, from 0, as its value. `notes` has the addresses of the
    notes that `[[Title]]` leads to, by `wikilinks.key`; what is not among them stays a text. `root` is the path below
    which the site is, and its files. A text whose rendering takes more work than a request may do is returned as it is
    written, and says so.
    """
    try:
        return _render(text, site, items, notes or {}, root)
    except TooMuch as reason:
        return _plain(text, reason)


def _plain(text: str, reason: TooMuch) -> Markup:
    sentence = f"This text has {reason} to be laid out; it stands here as it was written."
    return Markup('<p class="notice">{}</p><pre class="plain" dir="auto">{}</pre>').format(sentence, text)


def _render(text: str, site: str, items: bool, notes: Mapping[str, str], root: str) -> Markup:
    if len(text.encode(errors="replace")) > BODY_BYTES:
        raise TooMuch("too many letters")
    marked = source.prepare(text, items=items, links=bool(notes))
    html = _parse(marked)
    if lost := marked.lost(html):
        marked = marked.keep(lost)
        html = _parse(marked)
    return Markup(SANITISER.clean(tags.arrange(marked.restore(html), marked.signs.tag, site, notes, root)))  # noqa: S704  # made safe there


def _parse(marked: source.Marked) -> str:
    extensions = EXTENSIONS[marked.has_tables, marked.has_links]
    html: str = comrak.render_markdown(marked.text, extension_options=extensions, render_options=RENDERING)
    if html.count("<") > bounds.TAGS:
        raise TooMuch("too many marks")
    return html
