"""Decodes texts and names that come from elsewhere: UTF-8, what the person says, or what a library guesses."""

from __future__ import annotations

import codecs
import re

UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
UTF8_SEQUENCE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]{1,3}")
# What people's notes are in; exotic ones make guesses worse.
USUAL = [
    *("windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254", "windows-1255", "windows-1256"),
    *(
        "windows-1257",
        "windows-1258",
        "koi8-r",
        "koi8-u",
        "tis-620",
        "gb18030",
        "big5hkscs",
        "cp932",
        "euc-jp",
        "cp949",
    ),
]
NUL_SIGN = "\N{SYMBOL FOR NULL}"
LETTERS_FOR_A_NUL = 100  # a text into which something was pasted; with more NULs it is none
LEAST_CONFIDENCE = 0.1  # on short texts in Western languages the library is wrong, and less sure than this
FALLBACK = "cp1252"


class Undecodable(Exception):
    """The text is in none of the encodings; the message is the reason, for the person."""


def check_encoding(name: str) -> str:
    """Return the name of the encoding as Python spells it. Raises LookupError for one that makes no text of bytes."""
    codec = codecs.lookup(name)
    if not codec._is_text_encoding:  # the only way to tell rot13 and base64 from encodings of text
        raise LookupError(name)
    return codec.name


def decode(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Return the text with plain newlines, and what it was taken for if that is a guess. Raises Undecodable."""
    text, guess = _decode(data, encoding)
    return text.replace("\r\n", "\n").replace("\r", "\n"), guess


def _decode(data: bytes, encoding: str | None) -> tuple[str, str]:
    if data.startswith(UTF16):
        try:
            return data.decode("utf-16"), ""
        except UnicodeDecodeError:
            raise Undecodable("It begins like UTF-16 and is not.") from None
    for known in ("utf-8-sig", encoding):
        try:
            text = data.decode(known) if known else "\0"
        except UnicodeDecodeError:
            continue
        nuls = text.count("\0")
        if nuls * LETTERS_FOR_A_NUL <= len(text):
            return text.replace("\0", NUL_SIGN), f"{known} with NUL, which shows as {NUL_SIGN}" if nuls else ""
    if b"\0" in data:
        raise Undecodable("It is binary: it holds NUL.")
    return _guess(data)


def _guess(data: bytes) -> tuple[str, str]:
    invalid = len(data.decode("utf-8", "replace")) - len(data.decode("utf-8", "ignore"))
    if len(UTF8_SEQUENCE.findall(data)) > 2 * invalid:
        return data.decode("utf-8", "cp1252_where_invalid"), "UTF-8 with bytes of Windows-1252 in it"
    for encoding in (guess_encoding(data), FALLBACK):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1"), "latin-1"


def guess_encoding(data: bytes) -> str:
    import chardet  # noqa: PLC0415  # takes 40 MB, which a server that imports nothing need not have

    found = chardet.detect(data, prefer_superset=True, compat_names=False, include_encodings=USUAL)
    return found["encoding"] if found["encoding"] and found["confidence"] >= LEAST_CONFIDENCE else FALLBACK


def _cp1252_where_invalid(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    invalid = error.object[error.start : error.end]
    return "".join(bytes([byte]).decode(FALLBACK, "ignore") or chr(byte) for byte in invalid), error.end


codecs.register_error("cp1252_where_invalid", _cp1252_where_invalid)
