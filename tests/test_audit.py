"""`make audit` finds a pinned library with a known weakness, counts its days, and never takes silence for safety."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from operations import audit
from operations.audit import Entry, NotAsked, Weakness

TODAY = date(2026, 11, 27)
WEAK = Weakness("flask", "3.1.0", frozenset({"GHSA-1", "CVE-1"}), ("3.1.1",))


class Osv(BaseHTTPRequestHandler):
    """Knows one weakness, of Flask 3.1.0, in OSV's schema (https://ossf.github.io/osv-schema/)."""

    asked_about: ClassVar[set[str]] = set()

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked_about.add(asked["package"]["name"])
        is_weak = (asked["package"]["name"], asked["version"]) == ("flask", "3.1.0")
        ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "3.1.1"}]}]
        affected = [{"package": {"name": "flask", "ecosystem": "PyPI"}, "ranges": ranges}]
        known = {"id": "GHSA-1", "aliases": ["CVE-1"], "summary": "weak", "affected": affected}
        answer = json.dumps({"vulns": [known]} if is_weak else {}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def osv() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Osv)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1/query"
    server.shutdown()
    thread.join()
    server.server_close()


def pins(folder: Path, *pinned: str) -> Path:
    path = folder / "pins.txt"
    path.write_text("".join(f"{pin} --hash=sha256:{'0' * 64}\n" for pin in pinned))
    return path


def test_a_pinned_library_with_a_known_weakness_is_found(tmp_path: Path, osv: str) -> None:
    pinned = pins(tmp_path, "flask==3.1.0", "jinja2==3.1.6")
    assert audit.find_weaknesses(pinned, "--osv-url", osv) == [WEAK]
    assert audit.main(pinned, "--osv-url", osv) == 1


def test_every_pin_of_the_product_is_asked_about(osv: str) -> None:
    Osv.asked_about.clear()
    assert audit.find_weaknesses(audit.PINS, "--osv-url", osv) == []
    everywhere = re.findall(r"^([a-z0-9-]+)(?:\[\S+\])?==\S+ \\$", audit.PINS.read_text(), re.MULTILINE)
    assert len(everywhere) > 50
    assert set(everywhere) <= Osv.asked_about
    assert audit.main(audit.PINS, "--osv-url", osv) == 0


def test_where_nobody_answers_it_says_so_and_fails(
    tmp_path: Path, osv: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pinned = pins(tmp_path, "jinja2==3.1.6")
    monkeypatch.setattr(Osv, "do_POST", lambda self: self.send_error(503))
    with pytest.raises(NotAsked):
        audit.find_weaknesses(pinned, "--osv-url", osv)
    for address in (osv, "http://127.0.0.1:9/v1/query"):
        assert audit.main(pinned, "--osv-url", address) == 2
        assert "NOT CHECKED" in capsys.readouterr().err


def test_a_weakness_that_nobody_has_entered_is_overdue() -> None:
    assert [may_stay for may_stay, _ in audit.judge([WEAK], {}, TODAY)] == [False]


@pytest.mark.parametrize(
    ("days", "known"), [(7, date(2026, 11, 20)), (30, date(2026, 10, 28)), (90, date(2026, 8, 29))]
)
def test_an_entered_weakness_may_stay_for_its_days_and_no_longer(days: int, known: date) -> None:
    for name in WEAK.names:
        entries = {name: Entry(known, days, "a reason")}
        last_day = entries[name].last_day
        assert last_day == TODAY
        assert [may_stay for may_stay, _ in audit.judge([WEAK], entries, TODAY)] == [True]
        assert [may_stay for may_stay, _ in audit.judge([WEAK], entries, date(2026, 11, 28))] == [False]


@pytest.mark.parametrize("entry", ["days = 60", "known = 'today'", "reason = ' '"])
def test_an_entry_has_a_day_one_of_three_time_frames_and_a_reason(entry: str) -> None:
    good = {"known": "known = 2026-11-27", "days": "days = 30", "reason": 'reason = "a reason"'}
    assert audit.read_entries("[GHSA-1]\n" + "\n".join(good.values()))
    with pytest.raises(ValueError, match="GHSA-1"):
        audit.read_entries("[GHSA-1]\n" + "\n".join({**good, entry.partition(" ")[0]: entry}.values()))


def test_what_is_entered_can_be_read_and_has_the_days_that_are_promised() -> None:
    audit.read_entries(audit.ENTERED.read_text())
    promised = Path("docs/security/threats.md").read_text().partition("## Libraries")[2]
    assert all(f"{days}" in promised for days in audit.DAYS)
