"""Blocks of code, coloured by Pygments in the languages that people keep in notes."""

from __future__ import annotations

from functools import cache
from html import unescape
from typing import Any

from markupsafe import escape
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Number, String, _TokenType

from app.notes.markdown import bounds

LANGUAGES = {
    *("bash", "c", "c++", "cpp", "csharp", "css", "diff", "docker", "dockerfile", "go", "html", "ini", "java"),
    *("javascript", "js", "json", "kotlin", "lua", "makefile", "nginx", "php", "powershell", "py", "python", "r"),
    *("rb", "ruby", "rust", "rs", "scala", "sh", "shell", "sql", "swift", "terraform", "hcl", "toml", "ts"),
    *("typescript", "xml", "yaml", "yml"),
}
KINDS: dict[_TokenType, str] = {
    Comment: "comment",
    Keyword: "keyword",
    Name.Class: "name",
    Name.Function: "name",
    Name.Tag: "keyword",
    Number: "number",
    String: "string",
}
BLOCK = 100  # what a block costs besides its code, as so many characters
CLASSES = {f"code-{kind}" for kind in KINDS.values()}


class Colours:
    """The code of one text; what is beyond the bounds keeps one colour."""

    def __init__(self) -> None:
        self.left = bounds.CODE_LENGTH

    def block(self, html: str, language: str, about: str) -> str:
        """Return a block; `html` is its escaped code, `about` the escaped words behind its fence."""
        language = language.lower()
        if language in LANGUAGES and len(html) <= self.left:
            self.left -= len(html) + BLOCK
            html = _coloured(unescape(html), language) or html
        said = f' data-language="{about}"' if about else ""
        return f"<pre{said}><code>{html}</code></pre>"


def _coloured(text: str, language: str) -> str | None:
    """Return the code as HTML with its kinds of words in spans, None where that cannot be done within the bounds."""
    if max(map(len, text.split("\n"))) > bounds.CODE_LINE:
        return None
    found = [(_kind(token), value) for _, token, value in _lexer(language).get_tokens_unprocessed(text)]
    if "".join(value for _, value in found) != text:
        return None
    return "".join(f'<span class="{kind}">{escape(value)}</span>' if kind else escape(value) for kind, value in found)


@cache
def _lexer(language: str) -> Any:
    return get_lexer_by_name(language)


@cache
def _kind(token: _TokenType) -> str:
    """Return the class of a kind of words, or of the wider kind that it belongs to."""
    if token in KINDS:
        return f"code-{KINDS[token]}"
    return _kind(token.parent) if token.parent else ""
