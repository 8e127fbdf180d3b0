"""What is signed for a browser to hold: by the present key; what a former one has signed is still believed."""

from __future__ import annotations

from flask import current_app
from itsdangerous import URLSafeTimedSerializer


def serializer(salt: str) -> URLSafeTimedSerializer:
    """Return what signs and verifies for one purpose, which `salt` names."""
    keys: list[str] = current_app.config["WTF_CSRF_SECRET_KEY"]  # newest last
    return URLSafeTimedSerializer(keys, salt=salt)
