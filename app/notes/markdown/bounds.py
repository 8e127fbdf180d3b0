"""How much work one text may be. Every step is linear within these; what goes beyond is shown as it was written.

Found by tests/notes/fuzz_rendering.py, which looks for texts of 256 KiB that take longest.
"""

from __future__ import annotations

CELLS = 30_000  # of all tables: each row is filled up to the columns of its table
COLUMNS = 500  # of a table: the parser's time grows with their square
TAGS = 45_000  # in the parser's HTML
DEPTH = 100  # of elements in each other: the sanitiser's time grows with the square
QUOTES = 200  # signs of a quotation one behind the other: the parser's time grows with their square
STEPS = 80_000  # of looking for the element that a closing tag closes
COSTLY_STEPS = 8  # that count, since they take longest: a link, a picture, a tag that a person wrote
FORMULAS = 500
MATHML_LENGTH = 200_000  # characters, of all formulas together
FORMULA_LENGTH = 1000  # characters; a longer one is shown as it was written
CODE_LENGTH = 16 * 1024  # characters of code that are coloured, in all blocks of a text together
CODE_LINE = 500  # characters; a block with a longer line keeps its one colour


class TooMuch(Exception):
    """The text has too much of something; the message completes "This text has ... to be laid out"."""
