"""What hostile programs send: each entry is a method, a path, headers and a body. There is no honest one among them."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Iterator

Line = tuple[str, str, dict[str, str], bytes]
JSON = {"Content-Type": "application/json"}
DEEP = 100_000

VALUES = [
    b"",
    b"\x00",
    b"\xff\xfe",
    b"\xef\xbb\xbf{}",
    b"{}garbage",
    b"{",
    b"[",
    b"nul",
    b"null",
    b"true",
    b"0",
    b"-0",
    b"1e999",
    b"1e-999",
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"9" * 10_000,
    b"-" + b"9" * 400,
    b"1." + b"0" * 10_000,
    b'""',
    b'"\\ud800"',
    b'"\\udc00\\ud800"',
    b'"\\u0000"',
    b'"\xed\xa0\x80"',
    b'"\xc0\xaf"',
    b'"\\x41"',
    b'"' + b"a" * 500_000 + b'"',
    b'"' + "\u202e".encode() * 1000 + b'"',
    b'"' + "\U0001f468\u200d".encode() * 5000 + b'"',
    b"[" * DEEP,
    b"[" * DEEP + b"]" * DEEP,
    b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    b"[" + b"1," * 100_000 + b"1]",
    b"[" + b'"x",' * 100_000 + b'"x"]',
    b"{" + b",".join(b'"k%d":1' % number for number in range(50_000)) + b"}",
    b'"2026-13-45"',
    b'"0000-00-00"',
    b'"9999-12-31"',
    b'"0001-01-01"',
    b"9223372036854775808",
    b"-9223372036854775809",
    b"18446744073709551616",
    b"1.5",
    b"[[]]",
    b"[null]",
    b'{"$gt":""}',
    b'"\' OR 1=1 --"',
    b'"%s%n{0}{{7*7}}"',
]
FIELDS = [b"title", b"body", b"tags", b"status", b"due_on", b"pinned"]
CHARSETS = ["utf-16", "latin-1", "utf-7", "x" * 300, "utf-8; charset=utf-16", "\xe9"]
QUERIES = [
    "limit=0",
    "limit=-1",
    "limit=101",
    "limit=1e2",
    "limit=%C2%B2",
    "limit=" + "9" * 5000,
    "limit=1&limit=2",
    "limit",
    "cursor=",
    "cursor=x",
    "cursor=older.1.1.1",
    "cursor=older.99999999999999999999.1",
    "cursor=page.-1",
    "cursor=%00",
    "cursor=older." + "9" * 19 + ".1",
    "cursor=newer.0.0",
    "q=",
    "q=%00",
    "q=%ED%A0%80",
    "q=" + "a*%20" * 500,
    "q=%22",
    "q=-",
    "q=" + "%22" * 99,
    "q=NEAR(a,b)",
    "q=a%20AND%20NOT",
    "q=tag:",
    "q=is:nothing",
    "q=*",
    "q=%F0%9F%98%80",
    "q=" + "(" * 500,
    "q=@%23$%25%5E&status=open",
    "tag=%00",
    "tag=" + "x" * 4000,
    "tag=%ED%A0%80",
    "tag=",
    "status=none",
    "status=%00",
    "archived=yes",
    "archived=1",
    "pinned=TRUE",
    "due_before=0000-00-00",
    "due_before=10000-01-01",
    "due_before=2026-02-30",
    "due_before=1",
    "due_before=0001-01-01",
    "due_before=9999-12-31",
    "nope=1",
    "__proto__=1",
    "%00=1",
    "a" * 3000 + "=1",
    "&&&&",
    "=",
    "limit=%",
    "limit=%zz",
    ";limit=1",
]
PATHS = [
    "/notes/0",
    "/notes/-1",
    "/notes/1.0",
    "/notes/1e3",
    "/notes/%00",
    "/notes/%C2%B2",
    "/notes/9223372036854775807",
    "/notes/9223372036854775808",
    "/notes/" + "9" * 400,
    "/notes/..%2f..%2fetc",
    "/notes/%2e%2e/",
    "/notes//1",
    "/notes/1/",
    "/notes/1/revisions/0",
    "/notes/1/revisions/-1",
    "/notes/1/revisions/99999999999",
    "/tags/%00/rename",
    "/tags//rename",
    "/tags/%ED%A0%80/rename",
    "/tags/" + "x" * 3000 + "/rename",
    "/tags/a%2Fb/rename",
    "/tasks/0/status",
    "/tasks/x/status",
    "/%s%s%s",
    "/openapi.json/",
    "/..",
    "/\u202e",
]
HEADERS: list[dict[str, str]] = [
    {"If-Match": ""},
    {"If-Match": '"'},
    {"If-Match": 'W/""'},
    {"If-Match": '"' + "9" * 5000 + '"'},
    {"If-Match": "*, *"},
    {"If-Match": '"1",' * 3000},
    {"If-Match": '"\xb2"'},
    {"If-None-Match": '"' * 999},
    {"If-None-Match": "W/"},
    {"Accept": ";;;,q=,"},
    {"Accept": "application/json;q=0"},
    {"Accept": "a/b," * 999},
    {"Accept": "*/*;q=nan"},
    {"Accept": "\xff"},
    {"Content-Encoding": "gzip"},
    {"Content-Encoding": "br, gzip"},
    {"Transfer-Encoding": "x"},
    {"Content-Length": "-1"},
    {"Content-Length": "99999999999"},
    {"Content-Type": ""},
    {"Content-Type": "application/json;;"},
    {"Content-Type": "multipart/form-data"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Cookie": "session=x;;=" * 99},
    {"Idempotency-Key": ""},
    {"Idempotency-Key": "k" * 65},
    {"Idempotency-Key": "\xe9"},
    {"Idempotency-Key": "a b"},
    {"X-Request-ID": "x" * 5000},
    {"X-Request-ID": "%0a%0d"},
    {"Range": "bytes=0-0,-1"},
    {"Host": "["},
    {"Host": ""},
    {"X-HTTP-Method-Override": "DELETE"},
    {"Expect": "100-continue"},
    {"Authorization": "Bearer " + "x" * 9000},
    {"Authorization": "Bearer notes_\xff"},
    {"Authorization": "Bearer"},
    {"Authorization": "\xff \xff"},
    {"Authorization": 'Digest x="'},
]


def lines(note: str) -> Iterator[Line]:
    """Yield several hundred requests, those about a note at the path of a real one."""
    yield from _bodies(note)
    yield from _batches()
    for path, query in itertools.product(("/notes", "/tasks", "/tags"), QUERIES):
        yield "GET", f"{path}?{query}", {}, b""
    for method, path in itertools.product(("GET", "PUT", "POST"), PATHS):
        yield method, path, JSON | {"If-Match": '"1"'}, b'{"title":"t"}'
    for method, headers in itertools.product(("GET", "PATCH", "DELETE"), HEADERS):
        yield method, note, JSON | headers, b'{"title":"t"}'
    for method in ("TRACE", "CONNECT", "OPTIONS", "PROPFIND", "X" * 100):
        yield method, "/notes", {}, b""


def _bodies(note: str) -> Iterator[Line]:
    for value in VALUES:
        yield "POST", "/notes", JSON, value
        yield "PATCH", note, JSON | {"If-Match": '"1"'}, value
    for field, value in itertools.product(FIELDS, VALUES):
        yield "POST", "/notes", JSON, b'{"title":"t","' + field + b'":' + value + b"}"
    for charset in CHARSETS:
        yield "POST", "/notes", {"Content-Type": f"application/json; charset={charset}"}, b'{"title":"t"}'
    yield "POST", "/notes", JSON, b'{"title":"a","title":"b"}'
    yield "POST", "/notes", JSON, b'{"title":"a","body":{"title":"b","title":1}}'
    bomb = gzip.compress(b"0" * 50_000_000)
    for encoding in ("gzip", "deflate", "identity"):
        yield "POST", "/notes", JSON | {"Content-Encoding": encoding}, bomb


def _batches() -> Iterator[Line]:
    for value in VALUES:
        yield "POST", "/notes/batch", JSON, value
    step = b'{"do":"create","note":{"title":"t"}}'
    for number in (0, 101, 10_000):
        yield "POST", "/notes/batch", JSON, b'{"operations":[' + b",".join([step] * number) + b"]}"
    for do in (b'"drop"', b"null", b"1", b"{}"):
        yield "POST", "/notes/batch", JSON, b'{"operations":[{"do":' + do + b"}]}"
