"""F5 while typing: the text, the version and the key of a form are of one page, whatever the browser remembers."""

from __future__ import annotations

from devtools.engines.window import Window
from engines.acts import save, use_draft, write
from engines.conftest import Person


def test_what_was_typed_is_offered_after_a_reload(window: Window) -> None:
    note = write(window, "Letter", "Dear Ruth")
    window.open(f"{note}/edit")
    window.fill("#body", "Dear Ruth, thank you")
    window.reload()
    assert window.value("#body") == "Dear Ruth"
    use_draft(window)
    window.wait_for_value("#body", "Dear Ruth, thank you")
    save(window)
    window.wait_for_text("article .prose", "Dear Ruth, thank you")


def test_what_another_window_saved_is_not_overwritten_after_a_reload(ada: Person) -> None:
    window = ada.window()
    note = write(window, "Hut", "cash\n\nmap\n\nshoes")
    window.open(f"{note}/edit")
    window.fill("#body", "coins\n\nmap\n\nshoes")
    other = ada.window(f"{note}/edit")
    other.fill("#body", "cash\n\nmap\n\nboots")
    save(other)
    other.wait_for_text("article .prose", "boots")
    window.reload()
    assert window.value("#body") == "cash\n\nmap\n\nboots"
    use_draft(window)
    save(window)
    window.wait_for_text(".message", "together with what was saved somewhere else")
    assert window.text("article .prose").split() == ["coins", "map", "boots"]
