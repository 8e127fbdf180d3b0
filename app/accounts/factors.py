"""Second factors: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for who has lost it.

Passkeys are listed, counted and removed here with them; what is particular about those is in passkeys.py.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyotp
import segno
from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import ColumnElement, delete, insert, select, update

from app import clock, db
from app.accounts import events, notices
from app.accounts.models import FACTOR_NAME_LENGTH, account_factor
from app.accounts.sessions import Account, lock_account
from app.errors import Invalid, NotFound
from app.web.signing import serializer

STEP = 30 * clock.SECOND
SKEW = 1  # steps that a clock may be wrong by
AT_MOST = 10  # for one person
CODES = 10
SECONDS_TO_SET_UP = 3600
WRONG = "This code is wrong, or has been used already."

APP, PASSKEY, CODE = "app", "passkey", "code"


@dataclass(frozen=True, slots=True)
class Factor:
    id: int
    kind: str
    name: str
    created: datetime
    used: datetime | None


# --- Looking -----------------------------------------------------------------------------------------------------


def list_factors(account_id: int) -> list[Factor]:
    """Return the factors of a person, the recovery codes left out."""
    mine = select(account_factor).where(account_factor.c.account_id == account_id, account_factor.c.kind != CODE)
    return [
        Factor(
            row.id,
            row.kind,
            row.name,
            clock.to_datetime(row.created_at),
            clock.to_datetime(row.used_at) if row.used_at else None,
        )
        for row in db.read(mine.order_by(account_factor.c.created_at, account_factor.c.id))
    ]


def are_asked_of(account_id: int) -> bool:
    """Return whether the password alone does not let this person in."""
    some = select(account_factor.c.id).where(account_factor.c.account_id == account_id, account_factor.c.kind != CODE)
    return db.read(some.limit(1)).scalar() is not None


def count_codes(account_id: int) -> int:
    """Return how many recovery codes are left."""
    return len(db.read(_codes_of(account_id)).all())


# --- Adding ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setup:
    """What a person needs to set up an authenticator app. `ticket` is the secret, signed, for the form to send back."""

    secret: str
    picture: str
    ticket: str


def set_up(person: Account, ticket: str | None = None) -> Setup:
    """Return a new secret, or the one of a form that is to be sent again."""
    secret = _open_ticket(person, ticket) if ticket else pyotp.random_base32()
    address = pyotp.TOTP(secret).provisioning_uri(
        name=person.email, issuer_name=str(current_app.jinja_env.globals["site"])
    )
    picture = segno.make(address, micro=False).svg_inline(scale=5, light="white", svgclass="qr", omitsize=False)
    return Setup(secret, picture, _tickets().dumps([person.id, secret]))


@db.in_transaction
def add_app(person: Account, ticket: str, name: str, code: str) -> list[str]:
    """Add an authenticator app that has just shown `code`; return new recovery codes if these are the first.

    Raises Invalid.
    """
    secret = _open_ticket(person, ticket)
    step = _find_step(secret, code)
    if step is None:
        raise Invalid({"code": "This is not the code of now. Is the clock of the device right?"})
    lock_account(person.id)
    if secret in db.read(select(account_factor.c.secret).where(*_apps_of(person.id))).scalars().all():
        return []  # the form was sent twice; of two apps with one secret, each code would be good twice
    insert_factor(person.id, APP, name, secret, step)
    return first_codes(person.id)


def insert_factor(account_id: int, kind: str, name: str, secret: str = "", used_step: int = 0) -> int:
    """Store a factor in the caller's transaction; return its id. Raises Invalid."""
    lock_account(account_id)
    check_room(account_id, name)
    values = _values(account_id, kind, _tidy(name), secret) | {"used_step": used_step}
    db.connection().execute(insert(account_factor), values)
    events.record("factor added", account_id)
    notices.notify(account_id, "factor_added", name=_tidy(name))
    factor_id: int = values["id"]
    return factor_id


def check_room(account_id: int, name: str) -> None:
    """Raise Invalid where no factor of this name can be added."""
    check_name(name)
    if len(list_factors(account_id)) >= AT_MOST:
        raise Invalid({"name": f"There are {AT_MOST} already; remove one first."})


def check_name(name: str) -> None:
    """Raise Invalid for what is no name of a factor."""
    name = _tidy(name)
    if not (1 <= len(name) <= FACTOR_NAME_LENGTH and name.isprintable()):
        raise Invalid({"name": f"Give it a name of at most {FACTOR_NAME_LENGTH} characters."})


def first_codes(account_id: int) -> list[str]:
    """Return new recovery codes for who has none, else none: they are shown once."""
    return [] if count_codes(account_id) else replace_codes(account_id)


def _tidy(name: str) -> str:
    return " ".join(name.split())


def _values(account_id: int, kind: str, name: str, secret: str) -> dict[str, Any]:
    return {
        "account_id": account_id,
        "id": secrets.randbits(52),
        "kind": kind,
        "name": name,
        "secret": secret,
        "used_step": 0,
        "created_at": clock.now_us(),
    }


@db.in_transaction
def replace_codes(account_id: int) -> list[str]:
    """Store new recovery codes in place of the old ones, and return them; only their hashes are stored."""
    lock_account(account_id)
    _delete_codes(account_id)
    codes = [_new_code() for _ in range(CODES)]
    rows = [_values(account_id, CODE, "", _hash_code(code)) for code in codes]
    db.connection().execute(insert(account_factor), rows)
    events.record("codes made", account_id)
    return codes


def _new_code() -> str:
    letters = base64.b32encode(secrets.token_bytes(10)).decode().lower()  # 80 bits: a plain hash keeps them
    return "-".join(letters[at : at + 4] for at in range(0, 16, 4))


def _hash_code(code: str) -> str:
    letters = "".join(sign for sign in code.lower() if sign.isalnum())
    return hashlib.sha256(letters.encode()).hexdigest()


# --- Removing ----------------------------------------------------------------------------------------------------


@db.in_transaction
def remove(account_id: int, factor_id: int) -> None:
    """Remove a factor, and the recovery codes with the last one. Raises NotFound, Invalid."""
    lock_account(account_id)
    left = [factor for factor in list_factors(account_id) if factor.id != factor_id]
    if not left and current_app.config["REQUIRE_SECOND_FACTOR"]:
        raise Invalid({"factor": "Everybody needs a second factor here: add another one before you remove this."})
    mine = delete(account_factor).where(account_factor.c.account_id == account_id, account_factor.c.kind != CODE)
    if db.connection().execute(mine.where(account_factor.c.id == factor_id)).rowcount == 0:
        raise NotFound("There is no such factor.")
    if not left:
        _delete_codes(account_id)
    events.record("factor removed", account_id)
    notices.notify(account_id, "factor_removed")


@db.in_transaction
def rename(account_id: int, factor_id: int, name: str) -> None:
    """Give a factor another name. Raises NotFound, Invalid."""
    check_name(name)
    mine = update(account_factor).where(account_factor.c.account_id == account_id, account_factor.c.kind != CODE)
    changed = db.connection().execute(mine.where(account_factor.c.id == factor_id).values(name=_tidy(name)))
    if changed.rowcount == 0 and factor_id not in {factor.id for factor in list_factors(account_id)}:
        raise NotFound("There is no such factor.")


@db.in_transaction
def reset(account_id: int) -> int:
    """Remove all factors and recovery codes; return how many factors there were."""
    number = len(list_factors(account_id))
    db.connection().execute(delete(account_factor).where(account_factor.c.account_id == account_id))
    if number:
        events.record("factor removed", account_id)
        notices.notify(account_id, "factor_removed")
    return number


def _delete_codes(account_id: int) -> None:
    codes = delete(account_factor).where(account_factor.c.account_id == account_id, account_factor.c.kind == CODE)
    db.connection().execute(codes)


# --- Signing in --------------------------------------------------------------------------------------------------


@db.in_transaction
def use_code(account_id: int, code: str) -> None:
    """Use up a code of an app or a recovery code. Raises Invalid."""
    if not (_use_app(account_id, code) or _use_recovery_code(account_id, code)):
        raise Invalid({"code": WRONG})


def _use_app(account_id: int, code: str) -> bool:
    mine = update(account_factor).where(account_factor.c.account_id == account_id)
    for row in db.read(select(account_factor).where(*_apps_of(account_id))).all():
        step = _find_step(row.secret, code)
        # Of two who send one code at once, and of anybody who sends it later, one raises the step.
        unused = mine.where(account_factor.c.id == row.id, account_factor.c.used_step < (step or 0))
        values = {"used_step": step, "used_at": clock.now_us()}
        if step is not None and db.connection().execute(unused.values(values)).rowcount:
            return True
    return False


def _apps_of(account_id: int) -> tuple[ColumnElement[bool], ...]:
    return account_factor.c.account_id == account_id, account_factor.c.kind == APP


def _use_recovery_code(account_id: int, code: str) -> bool:
    same = delete(account_factor).where(account_factor.c.account_id == account_id, account_factor.c.kind == CODE)
    if db.connection().execute(same.where(account_factor.c.secret == _hash_code(code))).rowcount == 0:
        return False
    events.record("code used", account_id)
    notices.notify(account_id, "code_used", left=str(count_codes(account_id)))
    return True


def _find_step(secret: str, code: str) -> int | None:
    """Return in which step of time the app shows this code, None when it does in none near now."""
    digits = "".join(code.split())
    now = clock.now_us() // STEP
    app = pyotp.TOTP(secret)
    for step in range(now - SKEW, now + SKEW + 1):
        if secrets.compare_digest(app.generate_otp(step).encode(), digits.encode("utf-8", "surrogatepass")):
            return step
    return None


def _codes_of(account_id: int) -> object:
    return select(account_factor.c.id).where(account_factor.c.account_id == account_id, account_factor.c.kind == CODE)


def _open_ticket(person: Account, ticket: str) -> str:
    try:
        account_id, secret = _tickets().loads(ticket, max_age=SECONDS_TO_SET_UP)
    except BadData:
        raise NotFound("This was open for too long. Please begin again.") from None
    if account_id != person.id:
        raise NotFound
    return str(secret)


def _tickets() -> URLSafeTimedSerializer:
    return serializer("setting up an app")
