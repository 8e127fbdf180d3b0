"""Slows guessing down: how often one may try to sign in, or make accounts, in fifteen minutes.

An attempt is counted before the password is looked at and taken back when it was right; counted afterwards, a hundred
guesses sent at once would all pass.
"""

from __future__ import annotations

from app.attempts import Attempt, count, forget_old, subject, take_back
from app.limits import network

__all__ = ["Attempt", "forget_old", "sign_in", "sign_up", "take_back"]

# One person at one place; one place trying many addresses; one address tried from many places.
PER_EMAIL_AND_CLIENT = 10
PER_CLIENT = 100
PER_EMAIL = 50
SIGN_UPS_PER_CLIENT = 10


def sign_in(email: str, client: str) -> Attempt:
    """Count an attempt to sign in. Raises TooMany."""
    email, client = email.strip().lower(), network(client)
    return count(
        {
            subject("email and client", email, client): PER_EMAIL_AND_CLIENT,
            subject("client", client): PER_CLIENT,
            subject("email", email): PER_EMAIL,
        }
    )


def sign_up(client: str) -> Attempt:
    """Count a new account, or an address that turned out to be taken. Raises TooMany."""
    return count({subject("sign-up", network(client)): SIGN_UPS_PER_CLIENT})
