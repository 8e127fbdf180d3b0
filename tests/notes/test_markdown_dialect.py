"""What else of Markdown a note may hold: emphasis between ideographs, tildes, callouts, formulas, code."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from app.notes.markdown import bounds, render


def page(text: str) -> BeautifulSoup:
    return BeautifulSoup(render(text), "html.parser")


@pytest.mark.parametrize("text", ["**注意：**正文", "これは**「重要」**です", "**강조(强調)**는"])
def test_emphasis_needs_no_space_beside_ideographs(text: str) -> None:
    assert page(text).strong is not None


@pytest.mark.parametrize("text", ["9~17, 12~13", "~/bin:~/lib", "~a~ and ~b~", "`~a~`"])
def test_a_single_tilde_is_a_tilde(text: str) -> None:
    assert page(text).get_text().strip() == text.strip("`")
    assert page(text).find("del") is None


def test_two_tildes_strike_out() -> None:
    assert page("~~a~b~~").find("del").get_text() == "a~b"  # type: ignore[union-attr]


@pytest.mark.parametrize("kind", ["NOTE", "TIP", "IMPORTANT", "WARNING", "CAUTION"])
def test_a_callout_has_its_title_and_kind(kind: str) -> None:
    found = page(f"> [!{kind}]\n> body").select_one(f".markdown-alert-{kind.lower()}")
    assert found is not None
    assert found.get_text().split() == [kind.capitalize(), "body"]


@pytest.mark.parametrize(
    ("text", "display"),
    [("$x^2$", None), ("$`x^2`$", None), ("$$x^2$$", "block"), ("```math\nx^2\n```", "block")],
)
def test_a_formula_is_mathml(text: str, display: str | None) -> None:
    formula = page(text).math
    assert formula is not None
    assert (formula.get("display"), formula.msup.get_text()) == (display, "x2")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text", ["$5 and $6", "US$5", "$HOME/$USER/x", "cp $A/$B $C", "$\\unknowncommand$", f"${'x' * 2000}$"]
)
def test_what_is_no_formula_stays_as_it_was_written(text: str) -> None:
    assert page(text).math is None
    assert page(text).get_text().strip() == text


def test_formulas_end_where_their_bound_is() -> None:
    html = render("$x$ " * (bounds.FORMULAS + 1))
    assert html.count("<math>") == bounds.FORMULAS
    assert html.count("<code") == 1


def test_a_macro_cannot_make_a_formula_endless() -> None:
    text = "$\\newcommand{\\a}{\\b\\b}\\newcommand{\\b}{\\a\\a}\\a$"
    assert page(text).get_text().strip() == text


def test_code_is_coloured_and_says_its_language() -> None:
    found = page("```python title=x\ndef f():  # <b>\n    return 'ü'\n```")
    assert found.pre is not None
    assert found.pre["data-language"] == "python title=x"
    assert found.pre.get_text() == "def f():  # <b>\n    return 'ü'\n"
    assert found.select_one(".code-comment").get_text() == "# <b>"  # type: ignore[union-attr]


def test_code_of_an_unknown_language_and_too_much_of_it_keep_one_colour() -> None:
    assert "<span" not in render("```nosuch\nif x\n```")
    for much in ("x = 1\n" * bounds.CODE_LENGTH, "x = 1;" * bounds.CODE_LINE):
        assert "<span" not in render("```python\n" + much + "\n```")


@pytest.mark.parametrize(
    "text",
    ["שלום", "مرحبا", "> שלום", "- - שלום", "# שלום", "|שלום|\n|-|\n", "1. שלום\n\n   > שלום", "> [!NOTE]\n> שלום"],
)
def test_an_outermost_block_stands_on_the_side_of_its_first_letter(text: str) -> None:
    block = page(text).find(True)
    assert block is not None
    assert block["dir"] == "auto"
    # What has a direction of its own is passed over when the letter is looked for.
    assert [inner.get_text() for inner in block.find_all(dir=True)] in ([], ["Note"])


def test_code_has_a_direction_of_its_own() -> None:
    assert [code["dir"] for code in page("שלום `a/b`\n\n    a/b").find_all(["code", "pre"])] == ["auto"] * 3
