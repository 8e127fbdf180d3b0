"""Kinds of content, told by its bytes and never by its name: what a browser may show within a page, and what not.

What is not sure to be one of these is a download; SVG and HTML are documents that run scripts and stay downloads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HEAD = 4096  # bytes that are looked at

Group = Literal["picture", "audio", "video", "document", "other"]


@dataclass(frozen=True, slots=True)
class Kind:
    """`extensions` are those that a file of this kind has, the usual first."""

    type: str
    group: Group
    extensions: tuple[str, ...] = ()

    @property
    def is_inline(self) -> bool:
        return self.group != "other"


OTHER = Kind("application/octet-stream", "other")
PNG = Kind("image/png", "picture", ("png", "apng"))
JPEG = Kind("image/jpeg", "picture", ("jpg", "jpeg", "jpe", "jfif"))
GIF = Kind("image/gif", "picture", ("gif",))
WEBP = Kind("image/webp", "picture", ("webp",))
AVIF = Kind("image/avif", "picture", ("avif",))
MP3 = Kind("audio/mpeg", "audio", ("mp3",))
OGG = Kind("audio/ogg", "audio", ("ogg", "oga", "opus"))
WAV = Kind("audio/wav", "audio", ("wav",))
FLAC = Kind("audio/flac", "audio", ("flac",))
M4A = Kind("audio/mp4", "audio", ("m4a",))
MP4 = Kind("video/mp4", "video", ("mp4", "m4v", "mov"))
WEBM = Kind("video/webm", "video", ("webm",))
PDF = Kind("application/pdf", "document", ("pdf",))

KINDS = {kind.type: kind for kind in (OTHER, PNG, JPEG, GIF, WEBP, AVIF, MP3, OGG, WAV, FLAC, M4A, MP4, WEBM, PDF)}

# The major brands of the ISO base media file format (ISO/IEC 14496-12, section 4.3) that browsers show.
BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), AVIF),
    **dict.fromkeys((b"M4A ", b"M4B "), M4A),
    **dict.fromkeys(
        (b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"qt  ", b"dash"), MP4
    ),
}


def tell(head: bytes) -> Kind:
    """Return the kind of a content that begins with `head`, its first HEAD bytes. The bytes are those of WHATWG's
    MIME Sniffing Standard, and of each format's header as far as a reader must find it there."""
    return _picture(head) or _sound(head) or _boxes(head) or _document(head) or OTHER


def _picture(head: bytes) -> Kind | None:
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return PNG
    if head.startswith(b"\xff\xd8\xff") and head[3:4] >= b"\xc0":
        return JPEG
    if head.startswith((b"GIF87a", b"GIF89a")) and len(head) > 13:
        return GIF
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP" and head[12:16] in {b"VP8 ", b"VP8L", b"VP8X"}:
        return WEBP
    return None


def _sound(head: bytes) -> Kind | None:
    if head.startswith(b"ID3") and len(head) > 10:
        return MP3
    if _is_mpeg_frame(head):
        return MP3
    if head.startswith(b"OggS\x00"):
        return OGG
    if head.startswith(b"RIFF") and head[8:16] == b"WAVEfmt ":
        return WAV
    return FLAC if head.startswith(b"fLaC\x00") else None


def _is_mpeg_frame(head: bytes) -> bool:
    """Tell the header of a frame of layer III (ISO/IEC 11172-3, section 2.4.1.3), with a bit rate and a sample rate."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer, bit_rate, sample_rate = head[1] >> 3 & 3, head[1] >> 1 & 3, head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer == 1 and bit_rate not in {0, 15} and sample_rate != 3


def _boxes(head: bytes) -> Kind | None:
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12])
    if head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head[:64]:
        return WEBM
    return None


def _document(head: bytes) -> Kind | None:
    return PDF if head.startswith(b"%PDF-") else None
