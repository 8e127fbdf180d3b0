"""Pictures and files come into a text while one writes, in each engine, and are shown, saved or run as they should."""

from __future__ import annotations

import pytest

from devtools.engines.window import Window
from engines.acts import save
from engines.conftest import Person

# A file as a person's own: chosen, dropped on the form or pasted into the text.
GIVE = """(way, name, bytes) => {
  const given = new DataTransfer();
  given.items.add(new File([new Uint8Array(bytes)], name));
  const field = document.querySelector("#files");
  const options = { bubbles: true, cancelable: true };
  if (way === "choose") {
    field.files = given.files;
    field.dispatchEvent(new Event("change", options));
  } else {
    const event = new Event(way, options);
    Object.defineProperty(event, way === "drop" ? "dataTransfer" : "clipboardData", { value: given });
    document.querySelector("#body").dispatchEvent(event);
  }
}"""
PNG = list(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
        "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
    )
)
WAV = list(b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x40\x1f\0\0\1\0\x08\0data\0\0\0\0")
HEIGHT = "() => document.querySelector('article audio')?.getBoundingClientRect().height ?? 0"
WIDTH = "() => document.querySelector('article img')?.naturalWidth"
RIGHT = "() => document.querySelector('#body').getBoundingClientRect().right <= innerWidth"
# What a script of our own address could do, were it taken for one.
SCRIPT = list(b"window.isRun = true")
INCLUDE = """(address) => {
  const script = document.createElement("script");
  script.addEventListener("error", () => { window.isRefused = true; });
  script.src = address;
  document.body.append(script);
}"""


@pytest.fixture
def editor(ada: Person) -> Window:
    """A new note that somebody has in front: WebKit gives what lies behind too little of the machine to send a file."""
    window = ada.window("/notes/new")
    window.fill("#title", "Garden")
    return window


@pytest.mark.parametrize("way", ["choose", "drop", "paste"])
def test_a_picture_comes_into_the_text_and_is_shown_in_the_note(editor: Window, way: str) -> None:
    editor.evaluate(GIVE, way, "garden.png", PNG)
    editor.wait(lambda: "![garden.png](/files/" in editor.value("#body"), "the picture in the text")
    editor.fill(".files li input", "apples")
    editor.wait(lambda: "![apples](/files/" in editor.value("#body"), "the words for the picture")
    save(editor)
    editor.wait_for_text("h1", "Garden")
    editor.wait(lambda: editor.evaluate(WIDTH) == 1, "the picture")


def test_a_sound_has_a_player_in_the_note(editor: Window) -> None:
    editor.evaluate(GIVE, "choose", "bell.wav", WAV)
    editor.wait(lambda: "![bell.wav](/files/" in editor.value("#body"), "the sound in the text")
    save(editor)
    editor.wait(lambda: editor.evaluate(HEIGHT) >= 20, "the player")


def test_the_address_of_a_file_makes_the_form_no_wider_than_a_phone(editor: Window) -> None:
    editor.resize(390, 844)
    editor.evaluate(GIVE, "choose", f"{'garden' * 10}.png", PNG)
    editor.wait(lambda: "](/files/" in editor.value("#body"), "the picture in the text")
    assert editor.evaluate(RIGHT)


def test_saving_waits_for_what_is_being_sent(editor: Window) -> None:
    editor.evaluate(GIVE, "choose", "plan.bin", [7] * 300_000)
    editor.wait_for_text(".files li", "plan.bin")  # it moves the button
    save(editor)
    editor.wait_for_text("h1", "Garden")
    editor.wait_for_text("article .prose a", "plan.bin (293 KiB)")


def test_what_is_refused_says_so_and_leaves_the_text_to_its_writer(editor: Window) -> None:
    editor.fill("#body", "Dear Ruth")
    editor.evaluate(GIVE, "choose", "empty.txt", [])
    editor.wait_for_text(".files li .told", "empty")
    editor.click(".files li button", "Cancel")
    editor.wait(lambda: editor.value("#body").strip() == "Dear Ruth", "the text alone")


def test_a_script_that_was_added_runs_nowhere(editor: Window) -> None:
    editor.evaluate(GIVE, "choose", "page.js", SCRIPT)
    editor.wait(lambda: "](/files/" in editor.value("#body"), "the file in the text")
    editor.evaluate(INCLUDE, editor.value("#body").rpartition("(")[2].partition(")")[0])
    editor.wait(lambda: editor.evaluate("() => window.isRefused"), "the script to be refused")
    assert not editor.evaluate("() => window.isRun")
