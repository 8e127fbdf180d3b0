"""A smaller picture is made when it is asked for, within bounds, and goes with the file."""

from __future__ import annotations

import io
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from on_databases import on_sqlite
from PIL import Image

from app import clock
from app.files import claims, collecting, service, shrink, smaller
from app.files.kinds import HEAD, tell
from app.files.service import File
from app.notes import markdown
from devtools.people import Cast
from files.conftest import add
from files.hostile import corpus

pytestmark = on_sqlite


def noise(width: int, height: int, form: str = "JPEG", **how: Any) -> bytes:
    """Return a picture whose left half is dark, of so much noise that it is large."""
    picture = Image.frombytes("L", (width, height), random.Random(1).randbytes(width * height)).convert("RGB")
    picture.paste((0, 0, 0), (0, 0, width // 2, height))
    made = io.BytesIO()
    picture.save(made, form, **how)
    return made.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


@pytest.fixture
def owner(cast: Cast) -> int:
    return cast["alice"].id


@pytest.fixture
def make_file(app: Flask, owner: int) -> Callable[[bytes], File]:
    def make(content: bytes) -> File:
        with app.app_context():
            return add(owner, content)

    return make


def get(browser: FlaskClient, of: File, **headers: str) -> Any:
    return browser.get(f"/files/{of.id}/{of.name}?size=small", headers=headers)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_large_picture_is_sent_smaller(alice: FlaskClient, make_file: Callable[[bytes], File], form: str) -> None:
    file = make_file(noise(2000, 1000, form))
    answer = get(alice, file)
    assert (answer.status_code, answer.mimetype, opened(answer.data).size) == (200, "image/webp", (1280, 640))
    assert len(answer.data) < file.size
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert get(alice, file, **{"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert get(alice, file, Range="bytes=0-3").data == answer.data
    assert alice.get(f"/files/{file.id}").data != answer.data


def test_it_is_made_once(
    alice: FlaskClient, make_file: Callable[[bytes], File], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_file(noise(2000, 1000))
    first = get(alice, file).data
    monkeypatch.setattr(subprocess, "run", None)
    assert get(alice, file).data == first


def test_it_is_made_later_where_a_busy_machine_had_no_time(
    alice: FlaskClient, make_file: Callable[[bytes], File], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make_file(noise(2000, 1000))
    with monkeypatch.context() as busy:
        busy.setattr(smaller, "SECONDS", 0)
        assert len(get(alice, file).data) == file.size
    assert len(get(alice, file).data) < file.size


def test_orientation_is_kept_and_where_it_was_taken_is_not(
    alice: FlaskClient, make_file: Callable[[bytes], File]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010E] = "a description"
    small = opened(get(alice, make_file(noise(2000, 1000, exif=exif))).data)
    assert small.size == (640, 1280)
    assert small.convert("L").getpixel((320, 100)) < 40  # type: ignore[operator]  # of one colour, a number
    assert len(small.getexif()) == 0


@pytest.mark.slow
def test_what_is_transparent_stays_so(alice: FlaskClient, make_file: Callable[[bytes], File]) -> None:
    picture = opened(noise(2000, 1000, "PNG")).convert("RGBA")
    picture.putalpha(100)
    made = io.BytesIO()
    picture.save(made, "PNG")
    assert opened(get(alice, make_file(made.getvalue())).data).convert("RGBA").getpixel((0, 0))[3] == 100  # type: ignore[index]  # four colours


def test_what_moves_or_is_small_is_sent_as_it_is(alice: FlaskClient, make_file: Callable[[bytes], File]) -> None:
    moving = io.BytesIO()
    frames = [opened(noise(1500, 200 + number, "PNG")).resize((1500, 200)) for number in range(2)]
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
    broken = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(200_000)
    for content in (moving.getvalue(), noise(1200, 1000), noise(100, 100), broken):
        answer = get(alice, make_file(content))
        assert (answer.status_code, answer.data) == (200, content)


def test_a_damaged_one_is_made_again(
    app: Flask, alice: FlaskClient, make_file: Callable[[bytes], File], owner: int
) -> None:
    file = make_file(noise(2000, 1000))
    first = get(alice, file).data
    claims.store.of(app).put(owner, smaller.key(file.sha256), io.BytesIO(b"x" * 5000))
    assert get(alice, file).data == first


def test_it_is_no_orphan_and_goes_with_its_file(
    app: Flask, alice: FlaskClient, make_file: Callable[[bytes], File], owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, other = make_file(noise(2000, 1000)), make_file(noise(1500, 1000))
    get(alice, file)
    get(alice, other)
    now = clock.now_us() + 2 * clock.DAY
    with app.app_context():
        store = claims.store.get()
        assert len(list(store.list(owner))) == 4
        assert list(collecting.find_orphans(now)) == []
        service.remove(owner, file.id)
        assert {one.sha256 for one in store.list(owner)} == {other.sha256, smaller.key(other.sha256)}
        store.put(owner, smaller.key(file.sha256), io.BytesIO(b"late"))  # asked for while the file was deleted
        assert list(collecting.find_orphans(now)) == [(owner, [smaller.key(file.sha256)])]


def test_while_one_is_made_others_are_sent_as_they_are(alice: FlaskClient, make_file: Callable[[bytes], File]) -> None:
    content = noise(2000, 1000)
    with smaller._turn:
        assert get(alice, make_file(content)).data == content


@pytest.mark.usefixtures("database_url")  # of which all tests of this file use one
@pytest.mark.parametrize(
    ("text", "is_smaller"),
    [
        ("![a](/files/1/a.jpg)", True),
        ("![a](/files/1/a%20b.PNG)", True),
        ("![a](/files/1/a.gif)", False),
        ("![a](/files/1/a.avif)", False),
        ("![a](/files/1/a.mp4)", False),
        ("![a](/files/1/a.jpg?x)", False),
        ("![a](/files/1/a,b.jpg)", False),
        ("![a](https://a.example/files/1/a.jpg)", False),
        ('<picture><source srcset="/files/1/a.jpg"></picture>', False),
    ],
)
def test_a_narrow_page_asks_for_the_smaller_one(text: str, is_smaller: bool) -> None:
    page = BeautifulSoup(markdown.render(text), "html.parser")
    if is_smaller:
        [source] = page.select("picture > source")
        assert source["srcset"] == f"{page.select_one('picture > img')['src']}?size=small"  # type: ignore[index]  # it is there
    else:
        assert page.select("picture, source") == []


@pytest.mark.slow
@pytest.mark.usefixtures("database_url")  # of which all tests of this file use one
def test_no_hostile_picture_takes_more_than_it_may(tmp_path: Path) -> None:
    for one in (one for one in corpus() if tell(one.content[:HEAD]).group == "picture"):
        (tmp_path / "picture").write_bytes(one.content)
        began = time.monotonic()
        with (tmp_path / "picture").open("rb") as picture, (tmp_path / "small").open("wb") as small:
            done = subprocess.run(
                [sys.executable, "-I", shrink.__file__],
                stdin=picture,
                stdout=small,
                stderr=subprocess.DEVNULL,
                timeout=60,
                check=False,
            )
        assert done.returncode != 0 or (tmp_path / "small").stat().st_size < shrink.LARGEST, one.label
        assert time.monotonic() - began < 60, one.label
