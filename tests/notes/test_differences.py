"""What is shown of the difference between two texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from app.notes import differences
from app.notes.merging import merge_lines

TEXTS = st.lists(st.sampled_from(["a", "b b", "c c c", "", "<d>"]), max_size=30).map("\n".join)


def kinds(old: str, new: str) -> str:
    return " ".join(line.kind for line in differences.lines(old, new))


@given(TEXTS, TEXTS)
def test_the_lines_of_both_texts_are_all_shown_or_counted(old: str, new: str) -> None:
    shown = differences.lines(old, new)
    skipped = sum(int(line.text.split()[0]) for line in shown if line.kind == "skip")
    for kind, text in (("gone", old), ("new", new)):
        assert sum(line.kind in {"same", kind} for line in shown) + skipped == len(text.split("\n"))


def test_lines_far_from_a_change_are_left_out() -> None:
    text = "\n".join(map(str, range(20)))
    assert kinds(text, text + "\nmore") == "skip same same same new"
    assert kinds("a\n" + text, "b\n" + text) == "gone new same same same skip"


def test_only_the_words_that_changed_are_marked() -> None:
    gone, new = differences.lines("at <9> today", "at <10> today")
    assert gone.text == "at &lt;<del>9</del>&gt; today"
    assert new.text == "at &lt;<ins>10</ins>&gt; today"


def test_a_mark_ends_with_its_line() -> None:
    _, added = differences.WordMarker().mark("a", "a b\nc")
    assert added == "a<ins> b</ins>\n<ins>c</ins>"


def test_texts_too_different_to_align_are_shown_by_their_ends_and_say_so() -> None:
    old, new = ("same\n" + "\n".join(f"{letter} {n}" for n in range(10_001)) + "\nend" for letter in "ab")
    shown = differences.lines(old, new)
    assert shown[0] == differences.Line("notice", differences.NOT_ALIGNED)
    assert [line.text for line in shown[1:3]] == ["same", "a 0"]
    notices = [line.text for line in shown if line.kind == "notice"][1:]
    assert notices == ["9,001 more lines stand only then.", "9,001 more lines stand only now."]
    assert shown[-1] == differences.Line("same", Markup("end"))


def test_a_page_shows_so_many_lines_and_says_so() -> None:
    old, new = ("\n\n".join(f"{n}{word}" for n in range(2000)) for word in ("", "x"))
    shown = differences.lines(old, new)
    assert len(shown) == differences.LINES_AT_MOST + 1
    assert shown[-1] == differences.Line("notice", Markup("More is not shown: the difference is too long."))


def test_past_so_many_letters_lines_are_whole_and_say_so() -> None:
    old, new = ("\n\n".join(f"line {n} is {word}" for n in range(1500)) for word in ("old", "new"))
    shown = differences.lines(old, new)
    (at,) = [number for number, line in enumerate(shown) if line.text == differences.NOT_MARKED]
    assert "<del>" in "".join(line.text for line in shown[:at])
    assert "<del>" not in "".join(line.text for line in shown[at:])


def test_collisions_are_found_between_their_marks() -> None:
    merged = merge_lines("a\nb\nc", "a\nx\nc", "a\ny\nc")
    assert merged.collides
    (collision,) = differences.collisions(merged.text).first
    assert (collision.mine, collision.theirs) == ("<mark>x</mark>", "<mark>y</mark>")


def test_more_collisions_than_a_page_shows_are_counted() -> None:
    base, mine, theirs = ("\n\n".join(f"{n}{word}" for n in range(150)) for word in ("", "x", "y"))
    found = differences.collisions(merge_lines(base, mine, theirs).text)
    assert (len(found.first), found.more) == (100, 50)


def test_marks_that_somebody_typed_are_no_collision() -> None:
    typed = "=======\n>>>>>>> saved meanwhile\n<<<<<<< yours\nleft open"
    assert differences.collisions(typed) == differences.Collisions([], 0)
