"""Makes well-formed HTML of what the Markdown parser wrote, before it is sanitised.

What is no tag of ours, or has no counterpart, becomes text; links, pictures, headings, formulas and code get the form
in which a page shows them. The sanitiser is linear only for elements that are closed where they were opened, so no
element of a line holds a block, and nothing but rows stands in a table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import unquote

from markupsafe import escape

from app.notes import wikilinks
from app.notes.markdown import bounds, code, links, maths
from app.notes.markdown.bounds import TooMuch

ALERTS = ("note", "tip", "important", "warning", "caution")

BLOCKS = {
    *("blockquote", "dd", "details", "div", "dl", "dt", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p"),
    *("pre", "section", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
VOID = {"br", "hr", "img", "input"}
WRITTEN = {
    *("a", "abbr", "b", "br", "code", "del", "em", "i", "img", "kbd", "mark", "q", "s", "samp", "strong", "sub", "sup"),
    *("tt", "u", "var"),
    *BLOCKS - {"section"},
}
"""The tags that a person may write."""

PARSERS = WRITTEN | {"input", "section", "span"}

HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
ONLY_ROWS = {"table", "thead", "tbody", "tr"}
MAY_STAND_IN = {
    "dd": {"dl"},
    "dt": {"dl"},
    "li": {"ol", "ul"},
    "summary": {"details"},
    "tbody": {"table"},
    "td": {"tr"},
    "th": {"tr"},
    "thead": {"table"},
    "tr": {"table", "tbody", "thead"},
}
# What HTML lets a person leave open, by what closes it.
CLOSES = {
    "dd": {"dd", "dt"},
    "dt": {"dd", "dt"},
    "li": {"li"},
    "tbody": {"tbody", "td", "th", "thead", "tr"},
    "td": {"td", "th"},
    "th": {"td", "th"},
    "thead": {"tbody", "td", "th", "thead", "tr"},
    "tr": {"td", "th", "tr"},
}
MAY_STAY_OPEN = {"dd", "dt", "li", "p", "tbody", "td", "th", "thead", "tr"}

# An outermost block stands on the side of its first letter. A block inside has no direction of its own, since HTML
# would not look for letters in there; the stylesheet puts each of its lines on the side of their letters.
DIRECTED = {"blockquote", "dl", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "summary", "table", "ul"}

TAG = r"""<(/?)([a-zA-Z][a-zA-Z0-9-]*+)((?:"[^"]*+"|'[^']*+'|[^<>"'])*+)>"""
ATTRIBUTE = re.compile(r"""([\w:-]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++)))?+""")
ANY_TAG = re.compile(r"<[^>]*+>")
NOT_IN_AN_ID = re.compile(r"[^\w\- ]")
ID_LENGTH = 80


def arrange(html: str, sign: str, site: str, notes: Mapping[str, str], root: str) -> str:
    """Return the parser's HTML, well formed; `sign` stands behind each tag that a person wrote. Raises TooMuch.

    `notes` are the addresses of the notes that links lead to by a title; `root` is the path below which files are.
    """
    return _Page(html, sign, site, notes, root).arranged()


def attributes(text: str) -> dict[str, str]:
    """Return the attributes of a tag, their values as they are written in HTML."""
    found: dict[str, str] = {}
    for name, double, single, bare in ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), double or single.replace('"', "&quot;") or bare.rstrip("/"))
    return found


@dataclass(slots=True)
class _Element:
    """An element that is open: `at` is where its tag lies in the parts, `source` how the person wrote it."""

    name: str
    at: int
    source: str = ""  # empty: the parser's own
    after: str = ""  # what stands behind its end
    is_link: bool = False
    is_left_out: bool = False
    is_directed: bool = False


class _Page:
    def __init__(self, html: str, sign: str, site: str, notes: Mapping[str, str], root: str) -> None:
        self.html, self.sign, self.site, self.notes, self.root = html, sign, site, notes, root
        self.parts: list[str] = []
        self.open: list[_Element] = []
        self.ids: dict[str, int] = {}
        self.directed = 0  # open elements with a direction
        self.verbatim = 0  # open elements in which no bare address becomes a link
        self.work = 0
        self.at = 0  # where the tag begins that is being read
        self.formulas = maths.Formulas()
        self.code = code.Colours()

    def arranged(self) -> str:
        tag = re.compile(f"{TAG}({self.sign})?")
        end = 0
        while match := tag.search(self.html, end):
            if match.start() > end:
                self._text(self.html[end : match.start()])
            closing, name, more, is_written = match.groups()
            self.at = match.start()
            end = match.end()
            if is_written:
                self._place_tag(closing, name.lower(), more, match.group())
            elif name not in PARSERS:  # the address of a link that is none
                self._text(str(escape(match.group())))
            elif closing:
                self._close(name)
            else:
                end = self._open(name, more, match)
        self._text(self.html[end:])
        while self.open:
            self._leave()
        return "".join(self.parts).replace(self.sign, "")

    @property
    def _top(self) -> _Element | None:
        return self.open[-1] if self.open else None

    # --- Texts ---------------------------------------------------------------------------------------------------

    def _text(self, text: str) -> None:
        if self.open and self.open[-1].name in ONLY_ROWS and not text.isspace():
            self._leave_rows()
        text = text.replace("<", "&lt;")
        if self.verbatim or not links.may_hold_address(text):
            self.parts.append(text)
            return
        found = links.link_bare_addresses(text, self.site, (bounds.STEPS - self.work) // bounds.COSTLY_STEPS)
        self._count(len(found) // links.PARTS_OF_ADDRESS * bounds.COSTLY_STEPS)
        self.parts += found

    def _count(self, steps: int) -> None:
        self.work += steps
        if self.work > bounds.STEPS:
            raise TooMuch("too many marks")

    # --- Tags of the parser --------------------------------------------------------------------------------------

    def _open(self, name: str, more: str, match: re.Match[str]) -> int:
        """Open an element of the parser, and return where reading goes on: formulas and code are taken as a whole."""
        tag, end = match.group(), match.end()
        if self.open and self.open[-1].source:
            self._make_room_for(name)
        if name == "pre" or "data-math-style" in more:
            return self._as_a_whole(name, more, match.start(), end)
        if name in {"a", "img"}:
            self._count(bounds.COSTLY_STEPS)
        if name == "a":
            self._open_link(attributes(more))
        elif name == "img":
            self._picture(attributes(more))
        elif name in VOID:
            self.parts.append(tag)
        else:
            self._push(_Element(name, len(self.parts)), tag)
        return end

    def _as_a_whole(self, name: str, more: str, tag_at: int, start: int) -> int:
        closing = "</code></pre>" if name == "pre" else f"</{name}>"
        stop = self.html.find(closing, start)
        if stop < 0 or (name == "pre" and not self.html.startswith("<code", start)):
            self._text(str(escape(self.html[tag_at:start])))  # the address of a link that is none
            return start
        inner = self.html[start:stop].replace(self.sign, "")
        if name == "pre":
            tag, _, inner = inner.partition(">")
            said = attributes(tag.removeprefix("<code"))
            if "data-math-style" in said:
                self.parts.append(self.formulas.formula(unescape(inner), is_block=True))
            else:
                language = said.get("class", "").removeprefix("language-")
                about = " ".join(filter(None, (language, said.get("data-meta"))))
                self.parts.append(self.code.block(inner, unescape(language), about))
        elif name == "span" and _joins_words(
            self.html[tag_at - 1 : tag_at], self.html[stop + len(closing) : stop + len(closing) + 1]
        ):
            signs = "$$" if '"display"' in more else "$"
            self._text(f"{signs}{inner}{signs}")
        else:
            self.parts.append(self.formulas.formula(unescape(inner), is_block='"display"' in more))
        return stop + len(closing)

    def _close(self, name: str) -> None:
        if not any(element.name == name and not element.source for element in reversed(self.open)):
            return  # it closes what was no tag after all
        while (element := self.open[-1]).name != name or element.source:
            self._leave()
        self._end(element)

    # --- Tags of a person ----------------------------------------------------------------------------------------

    def _place_tag(self, closing: str, name: str, more: str, source: str) -> None:
        source = source.removesuffix(self.sign)
        self._count(bounds.COSTLY_STEPS)
        if closing:
            self._close_written(name, source)
        elif name == "img":
            self._place_picture(attributes(more), source)
        elif name in {"br", "hr"}:
            self._make_room_for(name)
            self.parts.append(f"<{name}>")
        else:
            self._open_written(name, attributes(more), source)

    def _open_written(self, name: str, said: dict[str, str], source: str) -> None:
        is_link = name == "a"
        if len(self.open) >= bounds.DEPTH or (is_link and ("href" not in said or self._link())):
            self._text(str(escape(source)))
            return
        self._make_room_for(name)
        if name in MAY_STAND_IN and (self._top is None or self._top.name not in MAY_STAND_IN[name]):
            self._text(str(escape(source)))
        elif is_link:
            self._open_link(said, source)
        else:
            self._push(_Element(name, len(self.parts), source), _rewritten(name, said))

    def _close_written(self, name: str, source: str) -> None:
        depth = 0
        for element in reversed(self.open):
            depth += 1
            if not element.source:
                break
            if element.name == name:
                self._count(depth)
                while self.open[-1] is not element:
                    self._leave()
                self._end(element)
                return
        self._count(depth)
        self._text(str(escape(source)))

    def _place_picture(self, said: dict[str, str], source: str) -> None:
        if said.get("src"):
            self._make_room_for("img")
            self._picture(said)
        else:
            self._text(str(escape(source)))

    # --- Elements ------------------------------------------------------------------------------------------------

    def _push(self, element: _Element, tag: str) -> None:
        if len(self.open) >= bounds.DEPTH:
            raise TooMuch("too many elements in each other")
        if not self.directed and element.name in DIRECTED:
            element.is_directed = True
            tag = _directed(tag)
        self.open.append(element)
        self.parts.append(_directed(tag) if "markdown-alert-title" in tag else tag)
        self.verbatim += element.name in links.VERBATIM
        self.directed += element.is_directed

    def _pop(self) -> None:
        element = self.open.pop()
        self.verbatim -= element.name in links.VERBATIM
        self.directed -= element.is_directed

    def _end(self, element: _Element) -> None:
        """Close the innermost element."""
        self._pop()
        if element.name in HEADINGS:
            tag = f'<{element.name} id="{self._id(element)}">'
            self.parts[element.at] = _directed(tag) if element.is_directed else tag
        if not element.is_left_out:
            if element.is_link and not "".join(self.parts[element.at + 1 :]).strip():
                self.parts.append(links.address_of(self.parts[element.at]))
            self.parts.append(f"</{element.name}>")
        if element.after:
            self.parts.append(element.after)

    def _leave(self) -> None:
        """Close the innermost element, which its own tag does not: if it must not stay open, its tag was a text."""
        element = self.open[-1]
        if not element.source or element.name in MAY_STAY_OPEN:
            self._end(element)
            return
        self._pop()
        self.parts[element.at] = str(escape(element.source))

    def _leave_rows(self) -> None:
        while self.open and self.open[-1].source and self.open[-1].name in ONLY_ROWS:
            element = self.open[-1]
            self._pop()
            self.parts[element.at] = str(escape(element.source))

    def _make_room_for(self, name: str) -> None:
        """Close what cannot hold an element of this name."""
        if name in BLOCKS:
            while (top := self._top) and top.source and (top.name not in BLOCKS or top.name == "p"):
                self._leave()
        while (top := self._top) and top.source and top.name in CLOSES.get(name, ()):
            self._leave()
        if (top := self._top) and top.name in ONLY_ROWS and top.name not in MAY_STAND_IN.get(name, ()):
            self._leave_rows()

    def _id(self, heading: _Element) -> str:
        text = unescape(ANY_TAG.sub("", "".join(self.parts[heading.at + 1 :])))
        name = NOT_IN_AN_ID.sub("", text.strip().lower())[:ID_LENGTH].replace(" ", "-")
        number = self.ids.get(name, -1) + 1
        while number and f"{name}-{number}" in self.ids:
            number += 1
        self.ids[name] = number
        name = f"{name}-{number}" if number else name
        self.ids.setdefault(name, 0)
        return str(escape(name))

    # --- Links and pictures --------------------------------------------------------------------------------------

    def _link(self) -> _Element | None:
        return next((element for element in reversed(self.open) if element.name == "a"), None)

    def _open_link(self, said: dict[str, str], source: str = "") -> None:
        if "data-wikilink" in said and not source:
            self._open_wikilink(unquote(unescape(said.get("href", ""))))
            return
        href = said.get("href", "")
        element = _Element("a", len(self.parts), source, is_link=True)
        tag = links.open_tag(said | {"href": links.below(self.root, href)}, self.site)
        if tag is None or self._link():
            # The address would be lost without a word.
            element.is_left_out, element.after, tag = True, f" ({href})" if href else "", ""
        self._push(element, tag)

    def _open_wikilink(self, target: str) -> None:
        element = _Element("a", len(self.parts), is_link=True)
        address = self.notes.get(wikilinks.key(wikilinks.title_in(target)))
        if address and not self._link():
            self._push(element, f'<a href="{escape(address)}">')
            return
        words = self.html[self.html.find(">", self.at) + 1 : self.html.find("</a>", self.at)].replace(self.sign, "")
        before = "" if unescape(words) == target else f"{escape(target)}|"
        element.is_left_out, element.after = True, "]]"
        self._push(element, f"[[{before}")

    def _picture(self, said: dict[str, str]) -> None:
        source, alternative = said.get("src", ""), said.get("alt", "")
        link = self._link()
        if links.is_ours(source, self.site):
            title = f' title="{said["title"]}"' if said.get("title") else ""
            self.parts.append(links.shown(links.below(self.root, source), alternative, title))
        elif (tag := links.open_tag({"href": source}, self.site)) and links.is_elsewhere(source):
            # No page loads pictures from elsewhere (app/web/headers.py): who serves them would learn who reads them.
            if link:
                self.parts.append(alternative or source)
                link.after += f" ({tag}picture</a>)"
            else:
                self.parts.append(f"{tag}{alternative or source}</a>")
        else:
            address = links.shortened(source)
            self.parts.append(f"{alternative} ({address})" if alternative else address)


def _joins_words(before: str, after: str) -> bool:
    """Tell a formula from the names of shell variables, as in $HOME/$USER."""
    return before.isalnum() or after.isalnum()


def _rewritten(name: str, said: dict[str, str]) -> str:
    kept = {"details": ("open",), "ol": ("start",), "td": ("align",), "th": ("align",)}.get(name, ())
    return f"<{name}{''.join(_pair(key, said[key]) for key in kept if key in said)}>"


def _directed(tag: str) -> str:
    return f'{tag[:-1]} dir="auto">'


def _pair(name: str, value: str) -> str:
    return f' {name}="{value}"'
