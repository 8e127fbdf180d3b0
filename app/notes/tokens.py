"""Tokens: what the full-text index stores for the words, tags, states and due date of a note.

Both databases index plain ASCII tokens made here, so they find the same notes whatever their own ideas of letters,
short words and stop words are. A token begins with its owner: each person has posting lists of their own, and one
person's search does not slow down with the notes of others.

    3k_wproject   the word "project" in a note of account 128 (3k in base 36)
    3k_thome      the tag "home"
    3k_sopen      the state "open"; every note has the state "all"
    3k_d20310704  due on this day
    3k_b          a boundary, across which no phrase reaches

Other tokens need a migration that asks for the index to be built anew: see indexing.py and migration 0032.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from app.notes.drafts import Draft, tidy_tag

STATES = ("open", "done", "task", "pinned", "archived")
# InnoDB ignores tokens over 84 characters: what is longer is cut here, and ends with a digest of the whole.
LONGEST, DIGEST_LENGTH = 64, 12
# Occurrences of one word in one note: a phrase is looked for at each of them, in each note that is found.
OCCURRENCES = 2_000
REMEMBERED = 50_000  # letters of which a process knows the plain form: more than people write, of a million

# Scripts written without spaces, and Korean, which writes its particles onto the word: each character is a token, and a
# run of them a phrase. So are pictures: emoji, dingbats and their like.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U000323af]"
)
PICTURE = re.compile("[\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")

# Letters that Unicode does not decompose and whose names do not say what they are written for (see _plain_letters).
# The Arabic ones as Lucene's ArabicNormalizer and PersianNormalizer have them.
LETTERS = {
    "þ": "th", "ð": "d", "ŋ": "n", "ə": "e", "ǝ": "e", "ɛ": "e", "ɔ": "o", "ĸ": "k", "ƿ": "w",
    "ى": "ي", "ی": "ي", "ے": "ي", "ک": "ك", "ة": "ه", "ہ": "ه", "ھ": "ه",
}  # fmt: skip
# Not accents but other letters, as the Unicode Collation Algorithm has them: short i, yi, short u, kje and gje.
WHOLE_LETTERS = frozenset("йїўќѓ")
# Apostrophes that Unicode counts as letters, and the Arabic stretching sign.
APOSTROPHES, STRETCH = frozenset("ʹʻʼʽ"), "ـ"
# "L WITH STROKE", "DOTLESS I", "AE", "LIGATURE OE": one or two plain letters with something added.
LETTER_NAME = re.compile(r"LATIN SMALL (?:LETTER|LIGATURE) (?:DOTLESS |OPEN )?([A-Z]{1,2})(?: WITH .+)?")
# Combining classes of signs that are no accents: marks of kana, viramas, and vowels and tones of Telugu, Thai, Lao and
# Tibetan. Those of class 0 are vowels, too.
VOWEL_CLASSES = frozenset({0, 8, 9, 84, 91, 103, 107, 118, 122, 129, 130, 132})
HALF_WIDTH_KANA = re.compile("[\uff66-\uff9f]+")


def search_tokens(text: str) -> Iterator[str]:
    """Yield the words of `text` in their order: without accents and capitals, parted at all other signs."""
    return iter(strip_accents(text).split())


def strip_accents(text: str) -> str:
    """Return the words of `text` as `search_tokens` does, with spaces in place of all that lies between them.

    Text that is ASCII keeps every position; see `app.notes.highlights` for where a position in other text comes from.
    """
    if not text.isascii():
        text = HALF_WIDTH_KANA.sub(lambda kana: unicodedata.normalize("NFKC", kana.group()), text)
        text = unicodedata.normalize("NFC", text)
    return text.translate(_PLAIN)


def is_unspaced(word: str) -> bool:
    """Tell whether the word is one character of a script without spaces, or a picture."""
    return bool(UNSPACED.fullmatch(word) or PICTURE.fullmatch(word))


class _Plain(dict[int, str]):
    """Maps a character to what it is searched by: plain letters, nothing, or a space where it parts words."""

    def __missing__(self, code: int) -> str:
        if len(self) >= REMEMBERED:
            self.clear()
        # One character may be two of such a script: ำ is a sign and a vowel, ㍿ four.
        plain = "".join(f" {sign} " if is_unspaced(sign) else sign for sign in _plain(chr(code)))
        # Signs made of letters stand beside a word, not in it: Zentrix™, №42, 10㎞.
        plain = self[code] = f" {plain} " if _is_compatibility_sign(chr(code)) else plain
        return plain


_PLAIN = _Plain()


def _plain(character: str) -> str:
    if unicodedata.category(character) == "So" and unicodedata.decomposition(character).startswith("<super>"):
        return " "  # ™ and ℠
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", character).casefold())
    return unicodedata.normalize("NFC", "".join(_plain_letters(folded)))


def _plain_letters(folded: str) -> Iterator[str]:
    for letter in folded:
        if letter in WHOLE_LETTERS:
            yield letter
            continue
        for sign in unicodedata.normalize("NFKD", letter):
            yield _plain_sign(sign)


def _plain_sign(sign: str) -> str:
    category = unicodedata.category(sign)
    if category[0] == "M":
        return "" if _is_accent(sign, category) else sign
    if category == "Cf" or sign == STRETCH or "EMOJI MODIFIER" in unicodedata.name(sign, ""):
        return ""  # soft hyphens, joiners, directions, tones of skin
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    if (category[0] not in "LN" and not PICTURE.fullmatch(sign)) or sign in APOSTROPHES:
        return " "
    named = LETTER_NAME.fullmatch(unicodedata.name(sign, ""))
    return LETTERS.get(sign) or (named[1].lower() if named and not sign.isascii() else sign)


def _is_accent(sign: str, category: str) -> bool:
    name = unicodedata.name(sign, "")
    return (
        category == "Me"
        or "VARIATION SELECTOR" in name
        or "NUKTA" in name
        or unicodedata.combining(sign) not in VOWEL_CLASSES | {7}
    )


def _is_compatibility_sign(character: str) -> bool:
    return unicodedata.category(character) in {"So", "No"} and bool(unicodedata.decomposition(character))


# --- The tokens of a note ----------------------------------------------------------------------------------------


def index_text(owner: int, draft: Draft, pinned: bool, archived: bool) -> str:
    """Return the tokens under which a note is found, in the order of its words."""
    boundary = token(owner, "b", "")
    title = list(search_tokens(draft.title))
    parts = [title, _bounded(list(search_tokens(draft.body))), *([*search_tokens(tag)] for tag in draft.tags)]
    # A word in the title counts for more, because it stands here once more, next to nothing.
    parts += [[word] for word in (*title, *_compatible_words(f"{draft.title}\n{draft.body}"))]
    tokens = [token(owner, "w", word) if word else boundary for part in parts if part for word in (*part, "")]
    tokens += [token(owner, "t", tidy_tag(tag)) for tag in draft.tags]
    tokens += [token(owner, "s", state) for state in _states(draft, pinned, archived)]
    if draft.due_on:
        tokens.append(token(owner, "d", f"{draft.due_on:%Y%m%d}"))
    return " ".join(tokens)


def _bounded(words: list[str]) -> list[str]:
    """Return the words with an empty one in place of each that stood there too often already."""
    if len(words) <= OCCURRENCES:
        return words
    seen: Counter[str] = Counter()
    kept = []
    for word in words:
        seen[word] += 1
        if seen[word] <= OCCURRENCES:
            kept.append(word)
        elif kept[-1]:
            kept.append("")
    return kept


def _compatible_words(text: str) -> Iterable[str]:
    """Return the words that signs made of letters are part of, read as one: 10km of 10㎞, no42 of №42."""
    if text.isascii() or not any(map(_is_compatibility_sign, set(text))):
        return ()
    return sorted(set(search_tokens(unicodedata.normalize("NFKC", text))) - set(search_tokens(text)))


def _states(draft: Draft, pinned: bool, archived: bool) -> Iterator[str]:
    yield "all"
    if draft.status != "none":
        yield "task"
        yield draft.status
    if pinned:
        yield "pinned"
    if archived:
        yield "archived"


def token(owner: int, kind: str, word: str, prefix: bool = False) -> str:
    """Return the token of a word, or with `prefix` what the tokens of all words that begin so begin with."""
    # A word may be as long as a text, and is then none that comes again.
    return (_remembered if len(word) <= LONGEST else _token)(owner, kind, word, prefix)


def _token(owner: int, kind: str, word: str, prefix: bool) -> str:
    if not word.isascii() or not word.isalnum():
        word = "".join(sign if sign.isascii() and sign.isalnum() else f"_{_base36(ord(sign))}" for sign in word)
    whole = f"{_base36(owner)}_{kind}{word}"
    if len(whole) <= LONGEST:
        return whole
    return whole[:LONGEST] + ("" if prefix else f"_{hashlib.sha256(whole.encode()).hexdigest()[:DIGEST_LENGTH]}")


_remembered = lru_cache(maxsize=50_000)(_token)  # a text uses the same words often: two thirds of an import's time


def _base36(number: int) -> str:
    digits = ""
    while True:
        number, rest = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
        if not number:
            return digits
