"""Back leads to pages as they are now, and never makes somebody collide with themselves."""

from __future__ import annotations

from devtools.engines.window import Window
from engines.acts import save, write
from engines.conftest import Person


def test_an_unsaved_form_is_offered_whole_even_after_typing_on(window: Window) -> None:
    window.open("/notes/new")
    window.fill("#title", "Letter")
    window.fill("#tags", "family")
    window.fill("#body", "Dear Ruth")
    window.click(".places a", "Tasks")
    window.wait_for_text("h1", "Tasks")
    window.back()
    window.wait_for_text(".draft", "Letter Dear Ruth")
    window.click("#body")
    window.type("x")
    window.click(".draft button", "Use it")
    assert [window.value(field) for field in ("#title", "#tags", "#body")] == ["Letter", "family", "Dear Ruth"]


def test_after_creating_a_note_back_does_not_lead_to_its_empty_form(window: Window) -> None:
    note = write(window, "Letter", "Dear Ruth")
    window.back()
    window.wait_for_path(note)
    window.wait_for_text("h1", "Letter")
    window.open("/notes")
    assert window.texts(".notes .title") == ["Letter"]


def test_after_saving_back_leads_to_a_form_that_can_be_saved_again(window: Window) -> None:
    note = write(window, "Letter", "Dear Ruth")
    window.open(f"{note}/edit")
    window.fill("#body", "Dear Ruth, thank you")
    save(window)
    window.wait_for_text("article .prose", "thank you")
    window.back()
    window.wait_for_value("#body", "Dear Ruth, thank you")
    window.fill("#body", "Dear Ruth, thank you again")
    save(window)
    window.wait_for_text("article .prose", "thank you again")


def test_a_list_is_as_things_are_now(ada: Person) -> None:
    window = ada.window()
    note = write(window, "Old list")
    window.open("/notes")
    window.click("a", "Old list")
    window.wait_for_path(note)
    other = ada.window(note)
    other.click("button", "Delete")
    other.wait_for_text(".message", "went to the trash")
    window.back()
    window.wait_for_text(".empty", "A blank page.")


def test_a_tick_in_a_list_that_is_old_asks_before_it_takes_a_note_out_of_the_trash(ada: Person) -> None:
    window = ada.window()
    note = write(window, "Old list")
    window.open("/notes")
    other = ada.window(note)
    other.click("button", "Delete")
    other.wait_for_text(".message", "went to the trash")
    window.click("button", "Make it a task: Old list")
    window.wait_for_text("main", "“Old list” is in the trash")
    other.open("/tasks")
    assert other.texts(".notes .title") == []
    window.click("button", "Put it back and make it a task")
    window.wait_for_text(".message", "is open")
    other.open("/tasks")
    assert other.texts(".notes .title") == ["Old list"]


def test_saving_a_note_that_is_in_the_trash_asks_and_keeps_the_text(ada: Person) -> None:
    window = ada.window()
    note = write(window, "Letter", "Dear Ruth")
    window.open(f"{note}/edit")
    window.fill("#body", "Dear Ruth, thank you")
    other = ada.window(note)
    other.click("button", "Delete")
    other.wait_for_text(".message", "went to the trash")
    save(window)
    window.wait_for_text("[role=alert]", "in the trash")
    assert window.value("#body") == "Dear Ruth, thank you"
    window.click("button", "Put it back and save")
    window.wait_for_text("article .prose", "Dear Ruth, thank you")
    assert not window.texts(".notice")
