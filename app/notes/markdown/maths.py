"""Formulas in LaTeX as MathML, which browsers lay out without a script."""

from __future__ import annotations

from markupsafe import escape
from math_core import LatexError, LatexToMathML

from app.notes.markdown import bounds

MATHML = {
    *("math", "menclose", "merror", "mfrac", "mi", "mmultiscripts", "mn", "mo", "mover", "mpadded", "mphantom"),
    *("mprescripts", "mroot", "mrow", "ms", "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd"),
    *("mtext", "mtr", "munder", "munderover"),
}


class Formulas:
    """The formulas of one text; what is beyond the bounds, or no LaTeX, is shown as it was written."""

    def __init__(self) -> None:
        self.converter = LatexToMathML(max_expansions=50, fancy_error=False)
        self.left = bounds.FORMULAS
        self.length_left = bounds.MATHML_LENGTH

    def formula(self, latex: str, *, is_block: bool) -> str:
        self.left -= 1
        if self.left >= 0 and self.length_left > 0 and len(latex) <= bounds.FORMULA_LENGTH:
            try:
                mathml = self.converter.convert_with_local_state(latex, displaystyle=is_block)
            except LatexError:
                pass
            else:
                self.length_left -= len(mathml)
                if self.length_left >= 0:
                    return mathml
        signs = "$$" if is_block else "$"
        return f"<code>{signs}{escape(latex)}{signs}</code>"
