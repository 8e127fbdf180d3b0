"""In Firefox with forced colours (a contrast theme of the system) open tasks and the chosen kind can be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devtools.engines import bidi
from devtools.engines.window import Window
from engines.acts import write
from engines.conftest import Site, sign_up

FORCED = {"browser__display__document_color_use": 2, "browser__display__use_system_colors": False}
BORDER = "() => getComputedStyle(document.querySelector('.notes .tick'), '::before').borderStyle"
BACKGROUND = "kind => getComputedStyle(document.querySelector(`label[for=status-${kind}]`)).backgroundColor"


@pytest.fixture
def forced(open_site: Callable[[str], Site], tmp_path: Path) -> Iterator[Window]:
    """A tab of Ada's in a Firefox that lets no page choose its colours."""
    site = open_site("http")
    with bidi.firefox(tmp_path, **FORCED) as engine, engine.visit(site.address) as visit:
        yield sign_up(site, visit).window()


def test_open_tasks_and_the_chosen_kind_can_be_told_where_colours_are_forced(forced: Window) -> None:
    assert forced.evaluate("() => matchMedia('(forced-colors: active)').matches")
    write(forced, "Water the seedlings", "every day")
    forced.click("article .acts button", "Make it a task")
    forced.wait_for_text("article .about", "Open")
    forced.open("/tasks")
    assert forced.evaluate(BORDER) == "solid"
    forced.open("/notes/new")
    assert forced.evaluate(BACKGROUND, "none") != forced.evaluate(BACKGROUND, "open")
