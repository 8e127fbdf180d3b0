"""What is shown of the difference between two texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

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
    _, added = differences.words("a", "a b\nc")
    assert added == "a<ins> b</ins>\n<ins>c</ins>"


def test_long_texts_without_a_common_line_are_compared_quickly() -> None:
    old, new = ("\n".join(f"{letter} {number % 700}" for number in range(100_000)) for letter in "ab")
    assert len(differences.lines(old, new)) == 200_000


def test_collisions_are_found_between_their_marks() -> None:
    merged, collides = merge_lines("a\nb\nc", "a\nx\nc", "a\ny\nc")
    assert collides
    assert differences.collisions(merged) == [differences.Collision("<mark>x</mark>", "<mark>y</mark>")]  # type: ignore[arg-type]


def test_marks_that_somebody_typed_are_no_collision() -> None:
    assert differences.collisions("=======\n>>>>>>> saved meanwhile\n<<<<<<< yours\nleft open") == []
