"""Three-way merging: what both sides did is kept, what collides is shown."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from app.notes.drafts import Draft
from app.notes.merging import MIDDLE, MINE, THEIRS, MergedText, merge, merge_lines

texts = st.lists(st.sampled_from(["", "a", "b", "same", "=======", "ü"]), max_size=8).map("\n".join)


def test_changes_of_different_lines_are_both_kept() -> None:
    assert merge_lines("1\n2\n3", "one\n2\n3", "1\n2\nthree") == MergedText("one\n2\nthree")


def test_changes_of_the_same_line_are_both_shown_between_marks() -> None:
    merged = merge_lines("1\n2", "mine\n2", "theirs\n2")
    assert merged.collides
    assert merged.text.split("\n") == [MINE, "mine", MIDDLE, "theirs", THEIRS, "2"]


def test_a_changed_last_line_without_a_newline_keeps_the_marks_apart() -> None:
    merged = merge_lines("x", "mine", "theirs")
    assert merged.collides
    assert merged.text.split("\n") == [MINE, "mine", MIDDLE, "theirs", THEIRS]


@given(base=texts, mine=texts)
def test_nothing_saved_meanwhile_means_mine(base: str, mine: str) -> None:
    assert merge_lines(base, mine, base) == MergedText(mine)


@given(base=texts, theirs=texts)
def test_nothing_changed_by_me_means_theirs(base: str, theirs: str) -> None:
    assert merge_lines(base, base, theirs) == MergedText(theirs)


@given(base=texts, both=texts)
def test_the_same_change_on_both_sides_does_not_collide(base: str, both: str) -> None:
    assert merge_lines(base, both, both) == MergedText(both)


@given(base=texts, mine=texts, theirs=texts)
def test_no_line_of_either_side_is_lost_unless_the_other_side_removed_it(base: str, mine: str, theirs: str) -> None:
    merged = set(merge_lines(base, mine, theirs).text.split("\n"))
    new = (set(mine.split("\n")) | set(theirs.split("\n"))) - set(base.split("\n"))
    assert new <= merged


def test_tags_added_and_removed_on_either_side_all_count() -> None:
    base, mine, theirs = (Draft(title="t", tags=tags) for tags in (("a", "b"), ("b", "c"), ("a", "b", "d")))
    assert merge(base, mine, theirs).draft.tags == ("b", "c", "d")


def test_fields_changed_on_one_side_merge_and_on_both_sides_collide() -> None:
    base = Draft(title="t", status="open")
    merged = merge(base, Draft(title="mine", status="open"), Draft(title="t", status="done", due_on=date(2026, 1, 2)))
    assert merged.draft == Draft(title="mine", status="done", due_on=date(2026, 1, 2))
    assert not merged.collisions
    assert merge(base, Draft(title="mine"), Draft(title="theirs")).collisions == ("title",)


def test_lines_that_collide_are_not_said_to_be_too_different() -> None:
    merged = merge(Draft(body="x"), Draft(body="mine"), Draft(body="theirs"))
    assert merged.collisions == ("body",)
    assert not merged.too_different


def test_texts_that_would_take_minutes_to_merge_collide_as_a_whole() -> None:
    base, mine, theirs = ("\n".join(str(number * step % 110) for number in range(80_000)) for step in (1, 3, 7))
    merged = merge_lines(base, mine, theirs)
    assert merged.collides
    assert merged.too_different
    assert mine in merged.text
    assert theirs in merged.text


def test_a_long_text_with_many_empty_lines_is_merged() -> None:
    base = "\n\n".join(f"line {number}" for number in range(10_000))
    merged = merge_lines(base, base.replace("line 9\n", "mine\n"), f"{base}\ntheirs")
    assert not merged.collides
    assert "mine\n" in merged.text
    assert merged.text.endswith("theirs")
