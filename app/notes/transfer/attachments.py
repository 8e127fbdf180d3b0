"""Files that texts mention, on their way in and out: links that lead to a file beside the text, and back to ours.

In an export `/files/7/cat.png` stands as `../files/7/cat.png`, where the file is: each link gets one step upwards more,
whatever it leads to, so that taking one away gives the text as it was.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from html import unescape
from typing import NamedTuple
from urllib.parse import unquote

from app.errors import Conflict, Invalid, Malformed, TooLarge
from app.files import kinds
from app.files import service as files
from app.ids import LARGEST_ID
from app.notes import wikilinks
from app.notes.checklists import lines_of_prose
from app.notes.transfer.markdown_file import Remark
from app.notes.transfer.sources import Source, Unreadable

FOLDER = "files"
NONE_KEPT = "This site keeps no files; the text came without it."

# --- Links of an export ------------------------------------------------------------------------------------------

EXPORTED = re.compile(r"(?<![\w.:/%~@-])(?P<up>(?:\.\./)*+)(?P<rest>/?files/(?P<id>[0-9]{1,16})(?![0-9]))")
EXPORTED_FILE = re.compile(r"(?:^|/)files/[0-9]{12,16}/[^/]+\Z")


def lead_out(text: str) -> str:
    """Return the text of a note as it stands in an export, in a folder beside that of the files."""
    return EXPORTED.sub(_one_step_more, text) if "files/" in text else text


def _one_step_more(match: re.Match[str]) -> str:
    up, rest = match["up"], match["rest"]
    if rest.startswith("/"):
        return match.group() if up else f"../{rest[1:]}"
    return f"../{match.group()}" if up else match.group()


def lead_back(text: str, ids: Callable[[int], int]) -> str:
    """Return a text of an export as the note had it, with the new ids of the files."""

    def back(match: re.Match[str]) -> str:
        up, rest = match["up"], match["rest"]
        if not up or rest.startswith("/"):
            return match.group()
        new = ids(int(match["id"]))
        digits = match["id"] if new == int(match["id"]) else str(new)
        return f"{up.removeprefix('../') or '/'}files/{digits}"

    return EXPORTED.sub(back, text) if "files/" in text else text


def is_exported_file(path: str) -> bool:
    """Tell whether this is where an export has a file, and not a text."""
    return bool(EXPORTED_FILE.search(path))


def exported_ids(text: str) -> set[int]:
    """Return the ids of the files that a text of an export leads to."""
    numbers = {int(found["id"]) for found in EXPORTED.finditer(text) if found["up"]} if "files/" in text else set()
    return {number for number in numbers if 0 < number <= LARGEST_ID}


def path_of(of: files.File) -> str:
    return f"{FOLDER}/{of.id}/{of.name}"


# --- Links of anybody --------------------------------------------------------------------------------------------

INLINE = re.compile(r"\]\((?P<inside>[^()\n]*+(?:\([^()\n]*+\)[^()\n]*+)*+)\)")
DEFINITION = re.compile(r"^(?P<before> {0,3}\[[^\]\n]++\]:[ \t]*+)(?P<inside>\S[^\n]*+)$")
# What stands between the brackets of an inline link, or after a definition: an address and perhaps a title.
ADDRESS = re.compile(r"""(?:<(?P<marked>[^<>]*+)>|(?P<plain>.+?))(?P<title>\s{1,9}(?:"[^"]*+"|'[^']*+'))?""")
HTML = re.compile(
    r"""(?P<before>\b(?:src|href)\s{0,9}=\s{0,9})(?:(?P<quote>["'])(?P<inside>[^"'<>\n]++)(?P=quote)|(?P<bare>[^\s"'<>=`]++))""",
    re.IGNORECASE,
)
# Code, or a link whose words can stand in `[[Title|words]]`.
TO_NOTE = re.compile(r"`[^`]*+(?:`|\Z)|(?<!!)\[(?P<words>[^\[\]|\n]++)\]\((?P<inside>[^()\n]++)\)")
WIKI = re.compile(r"(?P<shows>!?)\[\[(?P<target>[^\[\]|\n]++)(?:\|(?P<words>[^\[\]\n]*+))?\]\]")
SIZE = re.compile(r"\d+(?:x\d+)?")  # in Obsidian, `|300` is no text but a width
# What a text means to show: that it is not here deserves a word.
SHOWN = re.compile(
    rf"\.(?:svg|{'|'.join(end for kind in kinds.KINDS.values() for end in kind.extensions)})", re.IGNORECASE
)
NOT_HERE = "It leads to a file that is not among these; the link is as it was."
SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)


class _Taken(NamedTuple):
    file: files.File
    address: str


class Attachments:
    """The files of an import that texts may lead to; each is stored when the first one does.

    `taken` are the paths that arrived, `skipped` and `refused` those that did not, with the reason. `notes` are the
    paths of the texts, which links may lead to as well. `unused` are the ids of files that no note mentioned when they
    arrived, `led_to` those that an exported note leads to, by its path.
    """

    def __init__(self, owner: int, source: Source, paths: Iterable[str], notes: Iterable[str] = ()) -> None:
        self.owner, self.source = owner, source
        self.taken: dict[str, _Taken] = {}
        self.skipped: dict[str, Remark] = {}
        self.refused: dict[str, Remark] = {}
        self.unused: set[int] = set()
        self.led_to: defaultdict[str, set[int]] = defaultdict(set)
        self._ids: dict[str, int] = {}  # of our files, by the folder of an export that holds them
        self._paths: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._ends: dict[str, str | None] = {}  # by the last folder and the name; None where several are called so
        self._exported: dict[str, str] = {}
        for path in paths:
            self._paths.setdefault(_key(path), path)
            if is_exported_file(path):
                self._exported.setdefault(posixpath.dirname(path), path)
            else:
                self._names.setdefault(_key(posixpath.basename(path)), path)
                self._ends[_end(path)] = None if _end(path) in self._ends else path
        self._notes = {_key(path): path for path in notes}
        self._called = Counter(_key(_stem(path)) for path in self._notes.values())

    # Of an export

    def take_exported(self, path: str, text: str) -> None:
        """Store the files that the text of an exported note at `path` leads to."""
        if not self._exported:
            return
        for number in exported_ids(text):
            folder = _exported_folder(path, number)
            if folder in self._exported and (taken := self._take(self._exported[folder], number)):
                self._ids[folder] = taken.file.id
                self.led_to[path].add(taken.file.id)

    def lead_back(self, path: str, text: str) -> str:
        return lead_back(text, lambda number: self._ids.get(_exported_folder(path, number), number))

    # Of anybody

    def take_along(self, path: str, text: str, remarks: list[Remark]) -> str:
        """Store the files that the text at `path` leads to, and return it with links to where they are now.

        Links to other texts become `[[name|words]]`. What is missing is remarked.
        """
        lines = text.split("\n")
        for number, line in lines_of_prose(text):
            if "[" in line or "<" in line:
                lines[number] = self._take_along(posixpath.dirname(path), line, remarks)
        return "\n".join(lines)

    def _take_along(self, folder: str, line: str, remarks: list[Remark]) -> str:
        def new_address(inside: str) -> str | None:
            match = ADDRESS.fullmatch(inside.strip())
            taken = match and find(match["marked"] or match["plain"] or "")
            return f"{taken.address}{match['title'] or ''}" if match and taken else None

        def find(address: str) -> _Taken | None:
            found = self._find(folder, address)
            if found is None and self._is_missing(folder, address):
                remarks.append(Remark(NOT_HERE, address))
            return found

        def to_note(match: re.Match[str]) -> str:
            is_code = match["words"] is None
            return (not is_code and self._wikilink(folder, match["words"], match["inside"])) or match.group()

        def inline(match: re.Match[str]) -> str:
            address = new_address(match["inside"])
            return f"]({address})" if address else match.group()

        def definition(match: re.Match[str]) -> str:
            address = new_address(match["inside"])
            return f"{match['before']}{address}" if address else match.group()

        def html(match: re.Match[str]) -> str:
            taken = find(unescape(match["inside"] or match["bare"]))
            quote = match["quote"] or '"'
            return f"{match['before']}{quote}{taken.address}{quote}" if taken else match.group()

        def wiki(match: re.Match[str]) -> str:
            taken = find(match["target"].rstrip("\\"))
            return _as_markdown(match, taken) if taken else match.group()

        line = TO_NOTE.sub(to_note, WIKI.sub(wiki, INLINE.sub(inline, line)))
        return HTML.sub(html, DEFINITION.sub(definition, line))

    def _find(self, folder: str, address: str) -> _Taken | None:
        """Return the file that an address in a text of `folder` means, which is stored by then."""
        path = self._path(folder, address)
        return self._take(path) if path is not None else None

    def _is_missing(self, folder: str, address: str) -> bool:
        path = re.split("[?#]", address)[0]
        is_elsewhere = SCHEME.match(address) or path.startswith("/files/")
        return (
            not is_elsewhere and bool(SHOWN.fullmatch(posixpath.splitext(path)[1])) and not self._path(folder, address)
        )

    def _path(self, folder: str, address: str) -> str | None:
        """Return the path of the file that an address in a text of `folder` means."""
        for meant in _meant(address):
            path = next((self._paths[key] for key in _places(folder, meant) if key in self._paths), None)
            if path is None:  # Obsidian writes the name alone, or the end of the path, wherever the file is
                path = self._ends.get(_end(meant)) if "/" in meant else self._names.get(_key(meant))
            if path is not None:
                return path
        return None

    def _wikilink(self, folder: str, words: str, address: str) -> str | None:
        """Return a link to the note that an address means, if no other is called as its file is."""
        for meant in _meant(address.strip().removeprefix("<").removesuffix(">")):
            path = next((self._notes[key] for key in _places(folder, meant) if key in self._notes), None)
            if path is not None and self._called[_key(_stem(path))] == 1 and wikilinks.can_be_linked(_stem(path)):
                return f"[[{_stem(path)}|{words}]]"
        return None

    # Of both

    def _take(self, path: str, id_: int | None = None) -> _Taken | None:
        if path in self.skipped or path in self.refused:
            return None
        if path not in self.taken:
            if not files.largest():
                self.skipped[path] = Remark(NONE_KEPT)
                return None
            try:
                with self.source.open(path) as stream:
                    stored = files.add(self.owner, stream, posixpath.basename(path), id_=id_)
            except (Conflict, Invalid, Malformed, TooLarge, Unreadable, files.Withheld) as reason:
                self.refused[path] = Remark(str(reason))
                return None
            if stored.unused_at is not None:
                self.unused.add(stored.id)
            self.taken[path] = _Taken(stored, files.address(stored.id, stored.name))
        return self.taken[path]


def _meant(address: str) -> Iterable[str]:
    """Return what an address may mean, most literally first; nothing where it leads out of the folders."""
    if not address or SCHEME.match(address):
        return ()
    address = address.replace("\\", "/")
    return dict.fromkeys((address, unquote(address), unquote(re.split("[?#]", address)[0])))


def _places(folder: str, meant: str) -> list[str]:
    """Return the keys of the paths where that may be: beside the text, or from the beginning on."""
    return [_key(posixpath.normpath(posixpath.join(base, meant.lstrip("/")))) for base in (folder, "")]


def _end(path: str) -> str:
    return _key("/".join(path.split("/")[-2:]))


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0]


def _as_markdown(link: re.Match[str], taken: _Taken) -> str:
    words = (link["words"] or "").strip()
    if not words or SIZE.fullmatch(words):
        return files.in_text(taken.file)
    return f"{link['shows'] if taken.file.is_shown else ''}[{words}]({taken.address})"


def _exported_folder(path: str, number: int) -> str:
    """Return where the file of this number is beside the note at `path` (…/notes/name.md): …/files/7."""
    return posixpath.join(posixpath.dirname(posixpath.dirname(path)), FOLDER, str(number))


def _key(path: str) -> str:
    """Return the form in which paths are compared: systems differ in case, and in how they write é."""
    return unicodedata.normalize("NFC", path).casefold()
