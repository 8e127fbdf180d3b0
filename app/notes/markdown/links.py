"""Where links of a note lead: out of this site in a window of their own, within it in the same; and bare addresses."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import unescape

from app.notes.markdown.bounds import TooMuch

ID_PREFIX = "text-"  # so that no heading has the id of something on the page
SCHEMES = ("http", "https", "mailto", "tel")
VERBATIM = {"a", "code", "kbd", "pre", "samp"}

SCHEME = re.compile(r"[\s\x00-\x20]*([a-zA-Z][a-zA-Z0-9+.-]*):")
ELSEWHERE = re.compile(r"\s*(?:https?:)?[/\\]{2}", re.IGNORECASE)
PARTS_OF_ADDRESS = 4
LONGEST = 200  # characters of an address that is shown as text, such as a picture inside of it
LONGEST_LINKED = 8_000  # of a bare one; longer ones no server takes, and as a link they cost twice

# Files of this site that are played; app/files/names.py gives each the extension of what it is.
VIDEOS, SOUNDS = ("mp4", "m4v", "mov", "webm"), ("mp3", "ogg", "oga", "opus", "wav", "flac", "m4a")
PLAYED = re.compile(
    rf"[^?#]*/files/[0-9]{{1,16}}/[^/?#]+\.(?P<extension>{'|'.join(VIDEOS + SOUNDS)})",
    re.IGNORECASE,
)
# Those of which there are smaller ones, for phones.
SHRUNK = re.compile(r"[^?#\s,]*/files/[0-9]{1,16}/[^/?#\s,]+\.(?:png|jpe?g|webp)", re.IGNORECASE)
NARROW = "(max-width: 700px)"

# Scripts without spaces, and signs that close what an address stands in: none of them is part of a bare address.
ENDS = (
    "\u00ab\u00bb\u2018-\u201f\u2026\u2039\u203a"
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
    "\U00020000-\U0003ffff"
)
BARE = re.compile(
    rf"""
    (?<![a-zA-Z0-9]) (?:https?://|www\.) (?=[^\W_]) (?:(?!&(?:lt|gt|quot);)[^\s<{ENDS}])++
    | (?<![a-zA-Z0-9._+-]) [a-zA-Z0-9._+-]++ @ [a-zA-Z0-9-]++ (?:\.[a-zA-Z0-9-]++)++
    """,
    re.VERBOSE | re.IGNORECASE,
)
SIGN = re.compile(r"&\#?\w+;|.", re.DOTALL)  # of HTML: <, > and & are written in several letters
OF_SENTENCES = frozenset("?!.,:;*_~'")


def open_tag(said: Mapping[str, str], site: str) -> str | None:
    """Return the tag of a link, None for an address that no page may follow. Values are as they are in HTML."""
    href = said.get("href", "")
    found = SCHEME.match(unescape(href))
    if found and found[1].lower() not in SCHEMES:
        return None
    if site and href.startswith(site):
        href = href[len(site) - 1 :]
    if href.startswith("#") and len(href) > 1:
        href = f"#{ID_PREFIX}{href[1:]}"
    kept = "".join(f' {name}="{said[name]}"' for name in ("title", "id", "aria-label") if said.get(name))
    target = ' target="_blank"' if is_elsewhere(href) else ""
    return f'<a href="{href}"{kept}{target}>'


def is_elsewhere(href: str) -> bool:
    return bool(ELSEWHERE.match(href))


def is_ours(source: str, site: str) -> bool:
    """Tell whether an address is a path of this site."""
    return bool(site and source.startswith(site)) or (source.startswith("/") and not is_elsewhere(source))


def below(root: str, source: str) -> str:
    """Return an address as this site has it below its root, if it is that of a file."""
    return f"{root}{source}" if source.startswith("/files/") else source


def shown(source: str, alternative: str, title: str) -> str:
    """Return the tag of what is shown or played within the text: by the name that a file was given, which tells."""
    found = PLAYED.fullmatch(source)
    if found is None:
        # Of hundreds only those are asked for that are to be seen: nginx refuses more at once than a person looks at.
        picture = f'<img src="{source}" alt="{alternative}"{title} loading="lazy">'
        if SHRUNK.fullmatch(source):
            return f'<picture><source media="{NARROW}" srcset="{source}?size=small">{picture}</picture>'
        return picture
    name = "video" if found["extension"].lower() in VIDEOS else "audio"
    return f'<{name} src="{source}" controls preload="metadata" aria-label="{alternative}"{title}></{name}>'


def address_of(tag: str) -> str:
    """Return the address in the tag of a link, as text."""
    return tag.partition('href="')[2].partition('"')[0]


def shortened(address: str) -> str:
    return address if len(address) <= LONGEST else f"{unescape(address)[:LONGEST]}…".replace("&", "&amp;")


def may_hold_address(text: str) -> bool:
    return ":" in text or "@" in text or "." in text


def link_bare_addresses(text: str, site: str, limit: int) -> list[str]:
    """Return parts of HTML: the text, in which every bare address has become a link. Raises TooMuch beyond the limit.

    These are the text before an address, the link's tag, the address and the closing tag, and so on; at last a text.
    """
    parts: list[str] = []
    end = 0
    while match := BARE.search(text, end):
        if len(match.group()) > LONGEST_LINKED:
            parts += [text[end : match.end()], "", "", ""]
            end = match.end()
            continue
        address = _without_trailing(match.group())
        scheme = "mailto:" if "@" in address and "/" not in address and not address.startswith("www.") else "http://"
        href = address if "://" in address[:8] else f"{scheme}{address}"
        parts += [text[end : match.start()], open_tag({"href": href}, site) or "", address, "</a>"]
        end = match.start() + len(address)
        if len(parts) > limit * PARTS_OF_ADDRESS:
            raise TooMuch("too many marks")
    parts.append(text[end:])
    return parts


def _without_trailing(address: str) -> str:
    """Return the address without the signs of the sentence around it, and without brackets that it does not open."""
    surplus = address.count(")") - address.count("(")
    signs = SIGN.findall(address)
    # From its end, sign by sign: an expression that is tried at each place takes the square of their number, or more.
    while signs[-1] in OF_SENTENCES or len(signs[-1]) > 1 or (surplus > 0 and signs[-1] == ")"):
        surplus -= signs.pop() == ")"
    return "".join(signs)
