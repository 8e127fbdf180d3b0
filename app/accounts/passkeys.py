"""Passkeys (WebAuthn Level 3, https://www.w3.org/TR/webauthn-3/): asking for one, adding it, and verifying its answers.

Each question to an authenticator is a random challenge. It is good for five minutes, for what it was asked for, in the
browser that asked, and once: the signed ticket says the first three, and the count of the rate limits the last.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import webauthn
from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import Row, and_, insert, select, update
from sqlalchemy.exc import IntegrityError
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from app import clock, db, rate_limits
from app.accounts import events, factors
from app.accounts.models import CREDENTIAL_LENGTH, account_factor, account_passkey
from app.accounts.sessions import Account
from app.errors import Invalid, TooMany
from app.web.signing import serializer

SECONDS = 300  # that a challenge is good for
HANDLE_BYTES = 32
TRANSPORTS = {transport.value for transport in AuthenticatorTransport}
# What the library raises for what no authenticator says: its own errors, and those of parts that it takes for given.
BROKEN = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError)

# What an authenticator may be asked for. An answer to one question answers no other.
ADD, FACTOR, SIGN_IN, PROOF = "add", "factor", "sign in", "proof"
# Where the passkey stands alone, the authenticator must have seen that it is its owner: by PIN, finger or face.
ALONE = {SIGN_IN, PROOF}

REFUSED = "This passkey was not accepted. Please try again."
TOO_LATE = "That took too long. Please try again."
COPIED = "This passkey counts fewer uses than were seen: it may have been copied. Remove it, and add a new one."

Answer = dict[str, Any]


class Site(NamedTuple):
    """Where passkeys are good: a host's name, and the scheme, host and port that a browser must have been at."""

    host: str
    origin: str


class Asker(NamedTuple):
    """The browser, by a random value in its session, and the address of the site."""

    site: Site
    browser: str


@dataclass(frozen=True, slots=True)
class Question:
    """What a browser is to ask an authenticator, as JSON; `ticket` is to be sent back with the answer."""

    options: Any
    ticket: str


class Reply(NamedTuple):
    """What came back: the ticket of a question, the authenticator's answer as JSON, and from where."""

    ticket: str
    answer: str
    asker: Asker


class Copied(Invalid):
    """The authenticator counts fewer uses of the passkey than were seen."""


# --- Asking ------------------------------------------------------------------------------------------------------


def ask_to_add(person: Account, asker: Asker) -> Question:
    """Options for a new passkey: discoverable and with user verification, if the device can do that."""
    mine = _list(person.id)
    handle = mine[0].user_handle if mine else secrets.token_bytes(HANDLE_BYTES)
    options = webauthn.generate_registration_options(
        rp_id=asker.site.host,
        rp_name=str(current_app.jinja_env.globals["site"]),
        user_id=handle,
        user_name=person.email,
        timeout=SECONDS * 1000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
        ),
        exclude_credentials=[_describe(row) for row in mine],
    )
    return _question(options, ADD, asker, person.id, handle)


def ask(purpose: str, asker: Asker, account_id: int | None = None) -> Question:
    """Ask for one of the person's passkeys, or without an account for any that the browser has for this site."""
    options = webauthn.generate_authentication_options(
        rp_id=asker.site.host,
        timeout=SECONDS * 1000,
        allow_credentials=[_describe(row) for row in _list(account_id)] if account_id else None,
        user_verification=(
            UserVerificationRequirement.REQUIRED if purpose in ALONE else UserVerificationRequirement.PREFERRED
        ),
    )
    return _question(options, purpose, asker, account_id)


def _question(options: Any, purpose: str, asker: Asker, account_id: int | None, handle: bytes = b"") -> Question:
    content = [purpose, account_id, asker.browser, bytes_to_base64url(options.challenge), bytes_to_base64url(handle)]
    return Question(json.loads(webauthn.options_to_json(options)), _tickets().dumps(content))


def _describe(row: Row[Any]) -> PublicKeyCredentialDescriptor:
    # A newer release, whose library knows more of them, may have written it, beside this one.
    transports = [AuthenticatorTransport(name) for name in row.transports.split(",") if name in TRANSPORTS]
    return PublicKeyCredentialDescriptor(id=row.credential_id, transports=transports)


# --- Adding ------------------------------------------------------------------------------------------------------


def add(person: Account, name: str, reply: Reply) -> list[str]:
    """Add a passkey; return new recovery codes if it is the first factor. Raises Invalid."""
    factors.check_room(person.id, name)
    challenge, handle = _open_ticket(reply, ADD, person.id)
    answer = _parse(reply)
    try:
        made = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=reply.asker.site.host,
            expected_origin=reply.asker.site.origin,
        )
    except BROKEN as error:
        raise Invalid({"passkey": REFUSED}) from error
    values = {
        "credential_id": made.credential_id,
        "public_key": made.credential_public_key,
        "user_handle": handle,
        "sign_count": made.sign_count,
        "transports": _transports(answer),
    }
    return _insert(person.id, name, values)


@db.in_transaction
def _insert(account_id: int, name: str, values: dict[str, Any]) -> list[str]:
    if max(len(values["credential_id"]), len(values["public_key"])) > CREDENTIAL_LENGTH:
        raise Invalid({"passkey": REFUSED})
    factor_id = factors.insert_factor(account_id, factors.PASSKEY, name)
    try:
        known = {"account_id": account_id, "factor_id": factor_id}
        db.connection().execute(insert(account_passkey), known | values)
    except IntegrityError:
        raise Invalid({"passkey": REFUSED}) from None
    return factors.first_codes(account_id)


def _transports(answer: Answer) -> str:
    named = answer["response"].get("transports")
    if not isinstance(named, list):
        return ""
    return ",".join(sorted(TRANSPORTS & {name for name in named if isinstance(name, str)}))


# --- Verifying ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Use:
    """A passkey whose answer was verified; it counts with `note_use`."""

    account_id: int
    factor_id: int
    sign_count: int


def find_owner(reply: Reply) -> tuple[str, int | None]:
    """Return the credential id and its account; None if no account has that id. Raises Invalid."""
    credential_id = _credential_id(_parse(reply))
    row = _find(credential_id)
    return credential_id.hex(), row.account_id if row else None


def verify(purpose: str, reply: Reply, account_id: int | None = None) -> Use:
    """Return the use of a passkey that has given the right answer. Raises Invalid."""
    challenge, _ = _open_ticket(reply, purpose, account_id)
    answer = _parse(reply)
    row = _find(_credential_id(answer))
    if row is None or account_id not in {None, row.account_id} or not _knows_its_owner(answer, row, account_id):
        raise Invalid({"passkey": REFUSED})
    try:
        verified = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=reply.asker.site.host,
            expected_origin=reply.asker.site.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=0,  # what was counted is compared where it is written: see `note_use`
            require_user_verification=purpose in ALONE,
        )
    except BROKEN as error:
        raise Invalid({"passkey": REFUSED}) from error
    return Use(row.account_id, row.factor_id, verified.new_sign_count)


def _knows_its_owner(answer: Answer, row: Row[Any], account_id: int | None) -> bool:
    """Whether the authenticator names the account; it must where nobody else does (section 7.2, step 6)."""
    handle = answer["response"].get("userHandle")
    if handle is None:
        return account_id is not None
    return isinstance(handle, str) and handle.rstrip("=") == bytes_to_base64url(row.user_handle)


@db.in_transaction
def note_use(use: Use) -> None:
    """Remember the count and the time of a use. Raises Copied when the count did not grow, Invalid when it is gone.

    An authenticator that does not count says 0 each time (section 6.1.1).
    """
    this = and_(account_passkey.c.account_id == use.account_id, account_passkey.c.factor_id == use.factor_id)
    has_grown = account_passkey.c.sign_count < use.sign_count
    if use.sign_count == 0:
        has_grown = account_passkey.c.sign_count == 0
    counted = update(account_passkey).where(this, has_grown).values(sign_count=use.sign_count)
    if db.connection().execute(counted).rowcount == 0:
        is_there = db.read(select(account_passkey.c.factor_id).where(this)).scalar() is not None
        raise Copied({"passkey": COPIED}) if is_there else Invalid({"passkey": REFUSED})
    factor = update(account_factor).where(account_factor.c.account_id == use.account_id)
    db.connection().execute(factor.where(account_factor.c.id == use.factor_id).values(used_at=clock.now_us()))


@contextmanager
def recording_copies(account_id: int | None) -> Iterator[None]:
    """Record a use that looks like that of a copy, which leaves as it came."""
    try:
        yield
    except Copied:
        events.record("passkey copied", account_id, "refused")
        raise


def are_there(account_id: int) -> bool:
    """Return whether the person has a passkey."""
    some = select(account_passkey.c.factor_id).where(account_passkey.c.account_id == account_id)
    return db.read(some.limit(1)).scalar() is not None


# --- Tickets and answers -----------------------------------------------------------------------------------------


def _open_ticket(reply: Reply, purpose: str, account_id: int | None) -> tuple[bytes, bytes]:
    """Use a ticket up; return its challenge and the handle of who is to be known by a new passkey. Raises Invalid."""
    try:
        *meant, challenge, handle = _tickets().loads(reply.ticket, max_age=SECONDS)
    except BadData:
        raise Invalid({"passkey": TOO_LATE}) from None
    if meant != [purpose, account_id, reply.asker.browser]:
        raise Invalid({"passkey": REFUSED})
    try:
        rate_limits.count({rate_limits.subject("challenge", challenge): 1})
    except TooMany:
        raise Invalid({"passkey": REFUSED}) from None
    return base64url_to_bytes(challenge), base64url_to_bytes(handle)


def _tickets() -> URLSafeTimedSerializer:
    return serializer("passkey")


def _parse(reply: Reply) -> Answer:
    """Return what a browser says of an authenticator's answer. Raises Invalid for what no browser says."""
    try:
        parsed = json.loads(reply.answer)
    except (ValueError, RecursionError):
        parsed = None
    if not (isinstance(parsed, dict) and isinstance(parsed.get("response"), dict)):
        raise Invalid({"passkey": REFUSED})
    return parsed


def _credential_id(answer: Answer) -> bytes:
    name = answer.get("id")
    try:
        return base64url_to_bytes(name) if isinstance(name, str) else b""
    except ValueError:
        return b""


def _find(credential_id: bytes) -> Row[Any] | None:
    found: Row[Any] | None = db.read(
        select(account_passkey).where(account_passkey.c.credential_id == credential_id)
    ).one_or_none()
    return found


def _list(account_id: int) -> list[Row[Any]]:
    mine = select(account_passkey).where(account_passkey.c.account_id == account_id)
    return list(db.read(mine.order_by(account_passkey.c.factor_id)).all())
