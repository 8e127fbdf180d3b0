"""ETags of notes: the version in quotes, such as "3".

RFC 9110 compares strongly in If-Match, so that a tag that stands for several contents cannot let a change be lost. A
version stands for one content, and this application writes no weak tags. Compression on the way changes a tag all the
same: nginx puts `W/` in front, Apache and Caddy put the coding behind. Both still name the version, so both are read;
otherwise no client behind such a proxy could ever change a note of more than a kilobyte.
"""

from __future__ import annotations

import re

ETAG = r'"[0-9]{1,10}"'
ETAG_ON_THE_WAY = r'(W/)?"[0-9]{1,10}(-(gzip|br|zstd|deflate))?"'

_OURS = re.compile(r'(?:W/)?"([0-9]{1,10})(?:-(?:gzip|br|zstd|deflate))?"')
_ANY = re.compile(r'(?:W/)?"[!#-~\x80-\xff]*"')


def etag(version: int) -> str:
    return f'"{version}"'


def is_list(header: str) -> bool:
    """Whether the header holds at least one ETag, of ours or of anybody's."""
    return bool(_ANY.search(header))


def versions(header: str) -> set[int]:
    """Return the versions that the ETags of ours in the header name."""
    found = (_OURS.fullmatch(tag) for tag in _ANY.findall(header))
    return {int(match[1]) for match in found if match}
