"""Where a picture was taken is gone when it arrives; how it is turned, when and by what it was taken stays."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from app.files import positions, service
from files.conftest import add

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description exif:GPSLatitude="52,31.2N" tiff:Make="Maker">'
    b"<exif:GPSLongitude>13,24.3E</exif:GPSLongitude></rdf:Description></x:xmpmeta>"
)
LATITUDE = (52.0, 31.0, 12.0)


def picture(format_: str, **more: object) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif[ExifTags.Base.Make] = "Maker"
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({1: "N", 2: LATITUDE, 3: "E", 4: (13.0, 24.0, 18.0)})
    made = io.BytesIO()
    Image.new("RGB", (8, 6), "red").save(made, format_, exif=exif, **more)
    return made.getvalue()


def stored(owner: int, content: bytes, name: str) -> bytes:
    added = add(owner, content, name)
    stream = service.open_content(added, 0, added.size)
    return b"".join(stream)


@pytest.mark.parametrize(
    ("format_", "more"), [("JPEG", {"xmp": XMP}), ("PNG", {}), ("WEBP", {"xmp": XMP}), ("AVIF", {})]
)
def test_the_position_goes_and_all_else_stays(owner: int, format_: str, more: dict[str, object]) -> None:
    content = picture(format_, **more)
    assert Image.open(io.BytesIO(content)).getexif().get_ifd(ExifTags.IFD.GPSInfo)[2] == LATITUDE
    kept = stored(owner, content, f"a.{format_.lower()}")
    opened = Image.open(io.BytesIO(kept))
    opened.load()
    exif = opened.getexif()
    assert dict(exif.get_ifd(ExifTags.IFD.GPSInfo)) == {}
    assert (exif[ExifTags.Base.Orientation], exif[ExifTags.Base.Make]) == (6, "Maker")
    assert len(kept) == len(content)
    assert b"52,31" not in kept
    assert b"13,24" not in kept
    assert (b'tiff:Make="Maker"' in kept) == (b'tiff:Make="Maker"' in content)
    assert opened.tobytes() == Image.open(io.BytesIO(content)).tobytes()


def test_a_picture_without_a_position_is_left_as_it_is(owner: int) -> None:
    made = io.BytesIO()
    Image.new("RGB", (8, 6)).save(made, "JPEG")
    assert stored(owner, made.getvalue(), "a.jpg") == made.getvalue()


def test_who_wants_to_keeps_positions(make_app: Callable[..., Flask], owner: int) -> None:
    content = picture("JPEG")
    with make_app(KEEP_POSITIONS="1").app_context():
        assert stored(owner, content, "a.jpg") == content


@given(st.data())
def test_broken_metadata_break_nothing(data: st.DataObject) -> None:
    content = bytearray(picture("JPEG", xmp=XMP))
    for _ in range(data.draw(st.integers(1, 20))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(content[: data.draw(st.integers(1, len(content)))])
    with tempfile.TemporaryFile() as file:
        file.write(cut)
        positions.remove(file)
        file.seek(0)
        assert len(file.read()) == len(cut)


def test_a_picture_made_of_headers_takes_no_more_time_than_others() -> None:
    header = b"II*\0\x08\0\0\0" + (positions.MOST_ENTRIES).to_bytes(2, "little")
    with tempfile.TemporaryFile() as content:
        content.write(header * 100_000)
        began = time.process_time()
        positions.remove(content)
    assert time.process_time() - began < 0.5
