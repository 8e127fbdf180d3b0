"""With DATABASE_CA, the app talks to the server that the bundle vouches for, under its name, and to no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from app import create_app, db
from app.db.metadata import sqlalchemy
from app.errors import Unavailable
from devtools import databases
from devtools.databases import Engine
from devtools.tls import create_certificate

from .conftest import Verified

pytestmark = pytest.mark.server


def cipher(address: str, bundle: str) -> str:
    """Connect, and return what the connection is encrypted with."""
    with create_app(databases.settings(f"{address}/notes", DATABASE_CA=bundle)).app_context():
        try:
            return str(db.read(text("SHOW STATUS LIKE 'Ssl_cipher'")).one()[1])
        finally:
            db.release()
            sqlalchemy.engine.dispose()


def test_the_connection_to_a_server_with_a_verified_certificate_is_encrypted(verified: Verified) -> None:
    assert cipher(verified.server.root, verified.bundle)


def test_a_server_under_another_name_is_refused(verified: Verified) -> None:
    with pytest.raises(Unavailable) as refusal:
        cipher(verified.server.root.replace("localhost", "127.0.0.1"), verified.bundle)
    assert "not valid for '127.0.0.1'" in str(refusal.value.__cause__)


def test_a_server_of_another_authority_is_refused(verified: Verified, tmp_path: Path) -> None:
    create_certificate(tmp_path / "other", "localhost")
    with pytest.raises(Unavailable) as refusal:
        cipher(verified.server.root, str(tmp_path / "other" / "fullchain.pem"))
    assert "CERTIFICATE_VERIFY_FAILED" in str(refusal.value.__cause__)


def test_a_server_without_tls_is_refused(verified: Verified, engine: Engine) -> None:
    with engine.server(*engine.WITHOUT_TLS) as plain, pytest.raises(Unavailable) as refusal:
        cipher(plain, verified.bundle)
    assert "SSL" in str(refusal.value.__cause__)
