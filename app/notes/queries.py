"""What somebody typed into the search field, understood, and said in the languages of the two full-text indexes.

milk "fresh eggs" be* -word         words, a phrase, a beginning, none of these
tag:home #home is:open due:today    a tag, a state, a date; and milk OR eggs
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, NamedTuple

from app.notes import tokens_before
from app.notes.drafts import tidy_tag
from app.notes.tokens import STATES, strip_accents, token

# A query is typed by a person: more than this is a paste, and the index would be asked hundreds of questions.
WORDS_AT_MOST = 24
TYPED_AT_MOST = 1_000  # characters
# An index reads all that a beginning matches. Of 100,000 notes, MariaDB takes as long for one of three letters as for a
# frequent word (0.5 s for "the"), and more than a request has for one of two.
SHORTEST_BEGINNING = 3
BEGINNINGS_AT_MOST = 8  # of four letters or more; one of three costs as much as SHORT of them
SHORT = 4

QUOTES = str.maketrans(dict.fromkeys("“”„‟«»‹›「」『』〝〞〟＂❝❞", '"'))
PART = re.compile(
    r"""(?P<minus>-(?![\d-]))?            # of -40 and --verbose, it belongs to what follows
        (?:(?P<name>tag|is|due):|(?P<hash>\#)(?!["#]))?
        (?:"(?P<phrase>[^"]*)(?P<end>")?|(?P<plain>[^\s"]+))""",
    re.IGNORECASE | re.VERBOSE,
)
DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
DAYS = {"today": (0, 1), "tomorrow": (1, 1), "yesterday": (-1, 1), "week": (0, 7)}  # from which day, how many


@dataclass(frozen=True, slots=True)
class Term:
    """Words next to each other, a tag, a state or a date; `prefix` matches what the last of them begins, too.

    `before` are the words as the index had them in its former form, if those are others.
    """

    kind: Literal["word", "tag", "state", "due"]
    words: tuple[str, ...]
    prefix: bool = False
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clause:
    """What a note must have, one of the terms at least, or what it must have none of."""

    terms: tuple[Term, ...]
    excluded: bool = False


class Parsed(NamedTuple):
    """The clauses of what was typed; `cut` says that more was typed than is looked for."""

    clauses: tuple[Clause, ...]
    cut: bool = False


OR = Clause((Term("word", ("or",)),))  # joins what stands around it, and is a word where nothing stands before it

# --- Understanding -----------------------------------------------------------------------------------------------


def parse(typed: str, today: date) -> Parsed:
    """Return the clauses of what was typed; anything can be typed, and nothing is an error.

    The last word is half a word as long as no space follows it. Signs without a meaning part words.
    """
    text = typed[:TYPED_AT_MOST].translate(QUOTES)
    parts = [part for match in PART.finditer(text) if (part := _part(match, today))]
    bounded = _with_few_beginnings(_bounded(parts))
    return Parsed(tuple(_join_alternatives(bounded)), cut=len(typed) > TYPED_AT_MOST or bounded != parts)


def in_current_form(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """Return the clauses without the words of the index's former form."""
    return tuple(replace(clause, terms=tuple(replace(term, before=()) for term in clause.terms)) for clause in clauses)


def widened(clauses: Iterable[Clause]) -> tuple[Clause, ...]:
    """Return the clauses with a beginning in place of each word that a note must have; a tag may be one, too."""
    wider = (clause if clause.excluded else replace(clause, terms=_wider(clause.terms)) for clause in clauses)
    return tuple(_with_few_beginnings(wider))


def _wider(terms: Iterable[Term]) -> tuple[Term, ...]:
    return tuple(wider for term in terms for wider in _widened(term))


def _widened(term: Term) -> Iterator[Term]:
    yield replace(term, prefix=True) if term.kind in {"word", "tag"} and _can_begin(term.words) else term
    if term.kind == "tag":  # #include may be no tag at all
        yield from _words(term.words[0], begins=True)


def _can_begin(words: Sequence[str]) -> bool:
    return len(words[-1]) >= SHORTEST_BEGINNING


def _part(match: re.Match[str], today: date) -> Clause | None:
    if match.group() == "OR":
        return OR
    terms = tuple(_terms(match, today))
    return Clause(terms, excluded=bool(match["minus"])) if terms else None


def _terms(match: re.Match[str], today: date) -> Iterator[Term]:
    name = (match["name"] or "").lower()
    typed = match["plain"] or match["phrase"] or ""
    text = typed.rstrip("*")
    begins = text != typed or (match.end() == len(match.string) and not match["end"] and not match["minus"])
    tag = tidy_tag(text)
    if tag and (name == "tag" or match["hash"]):
        yield Term("tag", (tag,), prefix=text != typed)
        if name or not tag.isdecimal():  # #42 is as often a number as a tag
            return
        name = ""
    if name == "is" and text.lower() in STATES:
        yield Term("state", (text.lower(),))
    elif name == "due" and (days := list(_days(text.lower(), today))):
        yield from (Term("due", (day,), prefix=len(day) < 8) for day in days)
    else:
        yield from _words(f"{name} {text}" if name else text, begins)


def _words(text: str, begins: bool) -> Iterator[Term]:
    plain = strip_accents(text)
    words, before = tuple(plain.split()), tuple(tokens_before.search_tokens(text))
    if words:
        # Where a sign ends the text, the word before it is a whole one.
        prefix = begins and not plain.endswith(" ") and _can_begin(words)
        yield Term("word", words, prefix, before if before != words else ())


def _days(text: str, today: date) -> Iterator[str]:
    """Yield the days, months or years that `text` names, as the index has them: digits."""
    if text in DAYS:
        first, number = DAYS[text]
        yield from ((today + timedelta(first + day)).isoformat().replace("-", "") for day in range(number))
    elif DATE.fullmatch(text):
        yield text.replace("-", "")


def _bounded(parts: Iterable[Clause]) -> Iterator[Clause]:
    """Yield the parts as long as they have no more than WORDS_AT_MOST words, and of a longer phrase its beginning."""
    left = WORDS_AT_MOST
    for part in parts:
        size = sum(len(term.words) for term in part.terms)
        if size <= left:
            yield part
        elif left and len(part.terms) == 1:
            [term] = part.terms
            yield replace(
                part, terms=(replace(term, words=term.words[:left], before=term.before[:left], prefix=False),)
            )
        left = max(0, left - size)


def _with_few_beginnings(clauses: Iterable[Clause]) -> list[Clause]:
    """Return the clauses with whole words in place of the beginnings beyond BEGINNINGS_AT_MOST."""
    left = BEGINNINGS_AT_MOST

    def bounded(term: Term) -> Term:
        nonlocal left
        if term.prefix:
            left -= 1 if len(term.words[-1]) > SHORTEST_BEGINNING else SHORT
        return replace(term, prefix=False) if term.prefix and left < 0 else term

    return [
        replace(clause, terms=tuple(map(bounded, clause.terms)))
        if any(term.prefix for term in clause.terms)
        else clause
        for clause in clauses
    ]


def _join_alternatives(parts: Iterable[Clause]) -> Iterator[Clause]:
    """Yield the parts, those around an OR as one, and each only once. What is excluded is no alternative."""
    joined: list[Clause] = []
    either = False
    for part in parts:
        if part is OR and joined:
            either = True
            continue
        if either and not (part.excluded or joined[-1].excluded):
            joined.append(Clause(joined.pop().terms + part.terms))
        else:
            joined.append(part)
        either = False
    return iter(dict.fromkeys(joined))


# --- Asking ------------------------------------------------------------------------------------------------------


class Wording(NamedTuple):
    """Tokens next to each other; with `prefix`, the last is what a token begins with."""

    tokens: tuple[str, ...]
    prefix: bool

    @property
    def text(self) -> str:
        return " ".join(self.tokens)


class Phrases(NamedTuple):
    """What FULLTEXT cannot be asked: that one of these texts stands in the tokens of a note, or that none does."""

    texts: tuple[str, ...]
    excluded: bool


def fts5(owner: int, clauses: Sequence[Clause]) -> str:
    """Return the query in the language of SQLite's FTS5."""
    wanted, unwanted = (
        [
            " OR ".join(f'"{one.text}"{" *" if one.prefix else ""}' for one in _wordings(owner, clause))
            for clause in group
        ]
        for group in _wanted_and_unwanted(clauses)
    )
    return " AND ".join(f"({either})" for either in wanted) + "".join(f" NOT ({either})" for either in unwanted)


def boolean_mode(owner: int, clauses: Sequence[Clause]) -> str:
    """Return the query in the language of MySQL's MATCH ... AGAINST (... IN BOOLEAN MODE); see `phrases`, too."""
    wanted, unwanted = _wanted_and_unwanted(clauses)
    asked = [f"+({_any(owner, clause)})" for clause in wanted]
    asked += [f"-({_any(owner, clause)})" for clause in unwanted if not phrases(owner, [clause])]
    return " ".join(asked)


def phrases(owner: int, clauses: Iterable[Clause]) -> list[Phrases]:
    """Return what MySQL must be asked besides: FULLTEXT knows no phrase whose last word is a beginning."""
    found = []
    for clause in clauses:
        wordings = list(_wordings(owner, clause))
        if any(one.prefix and len(one.tokens) > 1 for one in wordings):
            texts = tuple(f" {one.text}" if one.prefix else f" {one.text} " for one in wordings)
            found.append(Phrases(texts, clause.excluded))
    return found


def _any(owner: int, clause: Clause) -> str:
    wordings = list(_wordings(owner, clause))
    # InnoDB ranks a whole word no higher than others that begin so.
    above = ">" if any(one.prefix for one in wordings) else ""
    return " ".join(_boolean(one) if one.prefix else above + _boolean(one) for one in wordings)


def _boolean(one: Wording) -> str:
    if len(one.tokens) == 1:
        return f"{one.text}*" if one.prefix else one.text
    # Without their order, which `phrases` asks for.
    return f"(+{' +'.join(one.tokens)}*)" if one.prefix else f'"{one.text}"'


def _wanted_and_unwanted(clauses: Sequence[Clause]) -> tuple[Sequence[Clause], Sequence[Clause]]:
    """Return both; there is always something wanted, all notes if nothing else."""
    wanted = [clause for clause in clauses if not clause.excluded]
    return wanted or [ALL], [clause for clause in clauses if clause.excluded]


ALL = Clause((Term("state", ("all",)),))


def _wordings(owner: int, clause: Clause) -> Iterator[Wording]:
    """Yield all ways to say the clause: a beginning also as the whole word, which then counts for more."""
    for term in clause.terms:
        for words in filter(None, (term.words, term.before)):
            tokens = [token(owner, term.kind[0], word) for word in words]
            yield Wording(tuple(tokens), prefix=False)
            if term.prefix:
                yield Wording((*tokens[:-1], token(owner, term.kind[0], words[-1], prefix=True)), prefix=True)
