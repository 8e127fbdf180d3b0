"""Every link of the documents leads to a file, and its anchor to a heading there; every page can be found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import DOCUMENTS, FENCE, ROOT, headings

LINK = re.compile(r"\]\(([^)\s]+)\)")


def links(document: Path) -> list[str]:
    return [link for link in LINK.findall(FENCE.sub("", document.read_text())) if "://" not in link]


def wrong(document: Path, found: list[str]) -> Iterator[str]:
    for link in found:
        name, _, anchor = link.partition("#")
        target = document.parent / name if name else document
        if not target.exists():
            yield f"{link}: there is no such file"
        elif anchor and anchor not in set(headings(target.read_text())):
            yield f"{link}: there is no such heading"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    assert list(wrong(document, links(document))) == []


@pytest.mark.parametrize("planted", ["nowhere.md", "README.md#nowhere", "#nowhere", "docs/backup.md#sqlite"])
def test_a_link_that_leads_nowhere_is_found(planted: str) -> None:
    assert list(wrong(ROOT / "README.md", [planted]))


def test_anchors_are_those_that_github_makes() -> None:
    page = "# A page\n## `flask db`: 1, 2 & 3!\n## Same\n## Same\n```sh\n# no heading\n```\n## [A link](x.md) here\n"
    assert list(headings(page)) == ["a-page", "flask-db-1-2--3", "same", "same-1", "a-link-here"]


def test_there_are_links_to_check() -> None:
    found = [link for document in DOCUMENTS for link in links(document)]
    assert len(found) > 150
    assert len([link for link in found if "#" in link]) > 8


def test_the_index_names_every_page() -> None:
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert pages - {link.partition("#")[0] for link in links(ROOT / "docs/README.md")} == set()
