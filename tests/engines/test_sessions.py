"""A session that ends while somebody types costs a sign-in, and no text."""

from __future__ import annotations

import pytest

from devtools.engines import Visit
from devtools.engines.window import Window
from engines.acts import save, sign_in, use_draft, write
from engines.conftest import Person, submit


@pytest.mark.parametrize("by", ["button", "keys"])
@pytest.mark.parametrize("end", ["elsewhere", "no cookies"])
def test_whoever_saves_without_a_session_signs_in_and_has_the_text(ada: Person, by: str, end: str) -> None:
    window = ada.window()
    note = write(window, "Letter", "Dear Ruth")
    window.open(f"{note}/edit")
    window.fill("#body", "Dear Ruth, thank you")
    end_session(ada, end)
    if by == "keys":
        window.click("#body")  # another window had the focus meanwhile
        window.press("Control", "s")
    else:
        save(window)
    window.wait_for_text("h1", "Sign in")
    sign_in(window, ada.email)
    window.wait_for_path(f"{note}/edit")
    use_draft(window)
    save(window)
    window.wait_for_text("article .prose", "Dear Ruth, thank you")


def end_session(person: Person, how: str) -> None:
    if how == "no cookies":
        person.visit.clear_cookies()
        return
    with person.elsewhere() as client:
        submit(client, "/account/sign-out-others", at="/account")


def test_a_new_note_survives_the_end_of_the_session(ada: Person) -> None:
    window = ada.window("/notes/new")
    window.fill("#body", "half a sentence")
    ada.visit.clear_cookies()
    save(window)
    sign_in(window, ada.email)
    window.wait(lambda: window.path.startswith("/notes/new"), "the form")
    use_draft(window)
    save(window)
    window.wait_for_text("h1", "half a sentence")


def test_a_click_on_a_button_without_a_session_leads_to_sign_in_and_back(ada: Person) -> None:
    window = ada.window()
    note = write(window, "Letter")
    ada.visit.clear_cookies()
    window.click("button", "Pin")
    sign_in(window, ada.email)
    window.wait_for_path(note)


def test_the_second_of_two_sign_in_tabs_goes_on_to_its_page(ada: Person, visit: Visit) -> None:
    first = ada.window()
    note = write(first, "Letter")
    visit.clear_cookies()
    second = ada.window(f"{note}/edit")
    first.open("/tasks")
    sign_in(first, ada.email)
    first.wait_for_text("h1", "Tasks")
    sign_in(second, ada.email)
    second.wait_for_path(f"{note}/edit")


def test_a_sign_in_form_that_lost_its_cookie_can_be_sent_again(ada: Person, visit: Visit) -> None:
    visit.clear_cookies()
    window: Window = ada.window("/tasks")
    visit.clear_cookies()
    sign_in(window, ada.email)
    window.wait_for_text(".message", "once more")
    sign_in(window, ada.email)
    window.wait_for_text("h1", "Tasks")
