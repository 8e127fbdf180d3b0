"""Figures and lists that the documents state in sentences are those of the sources."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

from app.accounts import deletion, events
from app.notes import api_models, drafts, models, note_lists, queries, search, service, trail
from config import from_environment

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "app/static"
WORDS = {7: "seven", 8: "eight", 20: "twenty", 30: "thirty"}
SETTINGS = from_environment({"APP_ENV": "testing"})

STATEMENTS = {
    "guide.md": [
        f"{models.TITLE_LENGTH} characters in a title, {drafts.BODY_BYTES // 1024} KiB in a text",
        f"{WORDS[drafts.TAGS_AT_MOST]} tags of {models.TAG_LENGTH} characters",
        f"restored for {WORDS[service.DAYS_IN_TRASH]} days",
        f"cancelled for {WORDS[deletion.DAYS]} days",
    ],
    "search.md": [
        f"{search.HITS} at most",
        f"the first {queries.WORDS_AT_MOST} words",
        f"{queries.TYPED_AT_MOST:,} characters of a query",
        f"at most {WORDS[queries.BEGINNINGS_AT_MOST]} beginnings of words, or two if they have three letters",
    ],
    "api.md": [
        f"default {note_lists.PAGE}, at most {api_models.LARGEST_PAGE}",
        f"at most {search.HITS} notes are found",
        f"(at most {api_models.LARGEST_BATCH})",
        f"larger than {SETTINGS['MAX_CONTENT_LENGTH'] // 1024**2} MiB",
        f"in the trash for {WORDS[service.DAYS_IN_TRASH]} days",
    ],
    "privacy.md": [
        f"{SETTINGS['SESSION_DAYS']} days after signing in or {SETTINGS['SESSION_IDLE_DAYS']} without use",
        f"the newest {events.KEPT} of each result",
        f"by which session or token, from which address; no text | the database | {trail.DAYS_KEPT} days",
        f"in the trash for {service.DAYS_IN_TRASH} days",
        f"{WORDS[deletion.DAYS].capitalize()} days after the request",
    ],
}


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("page", STATEMENTS)
def test_the_figures_of_a_page_are_those_of_the_sources(page: str) -> None:
    text = flat((ROOT / "docs" / page).read_text())
    assert [statement for statement in STATEMENTS[page] if statement not in text] == []


def test_the_eight_beginnings_are_two_of_three_letters() -> None:
    assert queries.BEGINNINGS_AT_MOST // queries.SHORT == 2
    assert queries.SHORTEST_BEGINNING == 3


def keys_of_the_dialog() -> dict[str, str]:
    """Return each key and what it does, as the dialog of the keys lists them."""
    letters = re.findall(r'^  (?:"([^"]+)"|(\w)): \["([^"]+)"', (STATIC / "notes.js").read_text(), re.MULTILINE)
    others = re.findall(r'\["([^"]+)", \["([^"]+)"\]\]', (STATIC / "keys.js").read_text())
    return {quoted or bare: means for quoted, bare, means in letters} | dict(others)


def test_the_guide_lists_the_keys_of_the_dialog() -> None:
    rows = re.findall(
        r"^\| `([^`]+)` \| (.*) \|$", (ROOT / "docs/guide.md").read_text().partition("## Keys")[2], re.MULTILINE
    )
    assert dict(rows) == keys_of_the_dialog()
    assert len(rows) > 8


def sizes() -> set[float]:
    """Return the sizes of type in the stylesheets, in pixels."""
    found: set[float] = set()
    for file in STATIC.glob("*.css"):
        for declared in re.findall(r"(?:font(?:-size)?|--(?:small|fine|lead|h[123])): ([^;]+);", file.read_text()):
            found |= {16 * float(size) for size in re.findall(r"([\d.]+)rem(?=[/,)\s]|$)", declared.partition("/")[0])}
    return found


def test_the_page_on_looks_lists_the_sizes_of_type() -> None:
    [said] = re.findall(r"^\| Type \| (.*? px)\.", (ROOT / "docs/looks.md").read_text(), re.MULTILINE)
    assert {float(size) for size in re.findall(r"\d+(?:\.\d+)?", said)} == sizes()


def test_the_page_on_looks_names_every_stylesheet() -> None:
    named = set(re.findall(r"`(\w+\.css)`", (ROOT / "docs/looks.md").read_text()))
    assert named == {file.name for file in STATIC.glob("*.css")}


def starting_sessions() -> set[tuple[str, str]]:
    """Return the file and the name of each function that starts a session."""
    found = set()
    for file in (ROOT / "app").rglob("*.py"):
        for function in ast.walk(ast.parse(file.read_text())):
            calls = [ast.unparse(call.func) for call in ast.walk(function) if isinstance(call, ast.Call)]
            if isinstance(function, ast.FunctionDef) and "sessions.start" in calls:
                found.add((str(file.relative_to(ROOT)), function.name))
    return found


@pytest.mark.slow
def test_the_record_on_accounts_lists_every_function_that_starts_a_session() -> None:
    record = (ROOT / "docs/adr/0006-accounts.md").read_text()
    assert set(re.findall(r"^\| `([^`]+)`, `(\w+)` \|", record, re.MULTILINE)) == starting_sessions()
    assert len(starting_sessions()) == 7


def test_the_readme_lists_every_folder() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    folders = {line.partition("/")[0] for line in listed.splitlines() if "/" in line and not line.startswith(".")}
    named = set(re.findall(r"`(\w+)/`", (ROOT / "README.md").read_text().partition("## Folders")[2]))
    assert named == folders


def test_the_readme_fits_on_two_screens() -> None:
    # Fifty lines a screen would be a hundred; the pictures take the rest.
    assert len((ROOT / "README.md").read_text().splitlines()) <= 90
