"""Markdown to safe HTML: GitHub's parser, then a sanitiser with a list of what may stay."""

from __future__ import annotations

import re
from collections import Counter

import cmarkgfm
import nh3
from cmarkgfm.cmark import Options
from markupsafe import Markup

TAGS = {
    *("a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "details", "div", "dl", "dt", "em", "hr", "i", "img"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "input", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "strong"),
    *("sub", "summary", "sup", "table", "tbody", "td", "th", "thead", "tr", "tt", "u", "ul", "var"),
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title"},
    "input": {"type", "checked", "disabled"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align"},
}

# Deeper than any person nests. The sanitiser's time grows with the square of the depth: 17 s at 130,000.
DEEPEST = 200
TAG = re.compile(r"<(/?)(?!(?:area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)\b)([a-zA-Z][^\s/>]*)")

# No page loads pictures from elsewhere (headers.py): who serves them would learn who reads them, and when.
PICTURE = re.compile(r'<img src="(https?:[^"]*)"(?: alt="([^"]*)")?[^>]*>')

OPTIONS = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_HARDBREAKS
EXTENSIONS = ["table", "strikethrough", "autolink", "tasklist"]


def render(text: str) -> Markup:
    """Return `text` as HTML that can do no harm; raw HTML in it is kept only as far as the sanitiser allows."""
    html = cmarkgfm.markdown_to_html_with_extensions(text, OPTIONS, EXTENSIONS)
    html = PICTURE.sub(lambda picture: f'<a href="{picture[1]}">{picture[2] or picture[1]}</a>', html)
    if _depth(html) > DEEPEST:
        return Markup("<pre>{}</pre>").format(text)
    return Markup(  # noqa: S704 - this is the place that makes it safe
        nh3.clean(
            html,
            tags=TAGS,
            attributes=ATTRIBUTES,
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel="noopener noreferrer nofollow",
            set_tag_attribute_values={
                "a": {"target": "_blank"},
                "input": {"type": "checkbox", "disabled": "", "aria-label": "Item"},
            },
        )
    )


def _depth(html: str) -> int:
    """Return how many elements are open at once; a closing tag counts only against an opening one of its name."""
    opened: Counter[str] = Counter()
    depth = deepest = 0
    for closing, name in TAG.findall(html):
        if not closing:
            opened[name] += 1
            depth += 1
        elif opened[name]:
            opened[name] -= 1
            depth -= 1
        deepest = max(deepest, depth)
    return deepest
