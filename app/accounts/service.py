"""What people can do with their accounts; sessions are named by their token, and browsers are unknown here."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import ColumnElement, Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from app import clock, db, rate_limits
from app.accounts import emails, events, factors, identities, links, notices, passkeys, passwords, sessions, tokens
from app.accounts.models import account
from app.accounts.sessions import Account
from app.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded
from app.rate_limits import Attempt
from app.web.signing import serializer

WRONG = "Address or password is wrong."
TAKEN = "There is an account with this address already."
CLOSED = "New accounts cannot be made here. Ask the person who runs this site for one."


Device = Callable[[int], str | None]
P = ParamSpec("P")
R = TypeVar("R")

TRIES = 3
ACCOUNTS_AT_ONCE = 500
SECONDS_FOR_CODE = 600


class Entered(NamedTuple):
    """Somebody who has just come in, and the token of the session that has begun."""

    account: Account
    token: str


class SecondFactorNeeded(Forbidden):
    """The password was right and does not suffice; `ticket` says so to `give_code`."""

    message = "A second factor is needed."

    def __init__(self, ticket: str) -> None:
        self.ticket = ticket
        super().__init__()


Admission = Entered | SecondFactorNeeded


class PasswordChanged(Conflict):
    """While a password was looked at, what is kept of it became another; nothing was done."""

    message = "The password was changed at the same moment. Please try again."


def unknown_device(_account_id: int) -> str | None:
    return None


def retry_if_changed(function: Callable[P, R]) -> Callable[P, R]:
    """Call a function again when it raises PasswordChanged: a sign-in at the same moment may have renewed the hash."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for _ in range(TRIES - 1):
            with suppress(PasswordChanged):
                return function(*args, **kwargs)
        return function(*args, **kwargs)

    return run


# --- Coming and going --------------------------------------------------------------------------------------------


def sign_up_is_open() -> bool:
    rule = current_app.config["SIGN_UP"]
    return rule == "open" or (rule == "first" and not _anybody())


def sign_up(email: str, password: str, *, client: str, user_agent: str) -> Entered:
    """Make an account and begin its first session. Raises Invalid, Forbidden, TooMany."""
    if not sign_up_is_open():
        raise Forbidden(CLOSED)
    email = _acceptable(email, password)
    rate_limits.sign_up(client)
    db.release()
    made = insert_account(email, passwords.hash_password(password), is_first=current_app.config["SIGN_UP"] == "first")
    return Entered(made, sessions.start(made.id, user_agent))


def sign_in(
    email: str, password: str, *, client: str, user_agent: str, device: Device = unknown_device, stay: bool = True
) -> Entered:
    """Begin a session. `device` returns the nonce of the browser for an account, None where it has none.

    Without `stay` the session ends after a day.

    Raises Invalid, the same for an unknown address; TooMany; SecondFactorNeeded.
    """
    with suppress(Invalid):  # counted in one form, in however many an address may be written
        email = emails.tidy(email)
    row = _find(email)
    with events.recording_refusals("sign in", row.id if row else None):
        attempt = rate_limits.sign_in(email, client, device(row.id) if row else None)
        entered = _sign_in(email, password, attempt, user_agent, stay)
    if isinstance(entered, SecondFactorNeeded):
        raise entered
    return entered


@retry_if_changed
def _sign_in(email: str, password: str, attempt: Attempt, user_agent: str, stay: bool) -> Admission:
    row = _verify(password, _find(email), "password", WRONG)
    rehashed = passwords.hash_password(password) if passwords.is_outdated(row.password_hash) else None
    return _admit(row, attempt, rehashed, user_agent, stay)


@db.in_transaction
def _admit(row: Row[Any], attempt: Attempt, rehashed: str | None, user_agent: str, stay: bool) -> Admission:
    _lock_unchanged(row)
    rate_limits.take_back(attempt)
    rate_limits.forget_old()
    if rehashed:
        _keep(row.id, rehashed)
    if factors.are_asked_of(row.id):
        return ask_for_factor(row, rehashed or row.password_hash, stay)
    events.record("sign in", row.id)
    return Entered(Account(row.id, row.email), sessions.start(row.id, user_agent, stay=stay))


def ask_for_factor(row: Row[Any], password_hash: str, stay: bool) -> SecondFactorNeeded:
    """Return a signed ticket for the second step of a sign-in; a new password invalidates it."""
    return SecondFactorNeeded(_tickets().dumps([row.id, _fingerprint(password_hash), stay]))


def give_code(ticket: str, code: str, *, user_agent: str) -> tuple[Entered, bool]:
    """Begin a session of somebody who has given the password, and now a second factor; return whether it is to stay.

    Raises Invalid, TooMany, and SignInNeeded for a ticket that is too old, or from before a change of the password.
    """
    row, stay = _open_ticket(ticket)
    with events.recording_refusals("second factor", row.id):
        attempt = rate_limits.factor(row.id)
        return _admit_with_factor(row, attempt, lambda: factors.use_code(row.id, code), user_agent, stay), stay


def ask_for_passkey(ticket: str, asker: passkeys.Asker) -> passkeys.Question:
    """Ask for a passkey of somebody who has given the password. Raises SignInNeeded as `give_code` does."""
    row, _ = _open_ticket(ticket)
    return passkeys.ask(passkeys.FACTOR, asker, row.id)


def has_passkey(ticket: str) -> bool:
    """Return whether somebody who has given the password may go on with a passkey."""
    try:
        row, _ = _open_ticket(ticket)
    except SignInNeeded:
        return False
    return passkeys.are_there(row.id)


def give_passkey(ticket: str, reply: passkeys.Reply, *, user_agent: str) -> tuple[Entered, bool]:
    """Do what `give_code` does, with a passkey. Raises Invalid, TooMany, SignInNeeded."""
    row, stay = _open_ticket(ticket)
    with events.recording_refusals("second factor", row.id), passkeys.recording_copies(row.id):
        attempt = rate_limits.factor(row.id)
        use = passkeys.verify(passkeys.FACTOR, reply, row.id)
        return _admit_with_factor(row, attempt, lambda: passkeys.note_use(use), user_agent, stay), stay


@db.in_transaction
def _admit_with_factor(
    row: Row[Any], attempt: Attempt, use_factor: Callable[[], None], user_agent: str, stay: bool
) -> Entered:
    _lock_unchanged(row)
    use_factor()
    rate_limits.take_back(attempt)
    events.record("sign in", row.id)
    return Entered(Account(row.id, row.email), sessions.start(row.id, user_agent, stay=stay))


def sign_in_with_passkey(
    reply: passkeys.Reply, *, client: str, user_agent: str, device: Device = unknown_device, stay: bool = True
) -> Entered:
    """Begin a session of whose passkey answers; it has verified its owner, so it is both factors.

    Attempts are counted as those with a password are, by what the passkey calls itself in place of the address: so
    nobody's guesses of passwords keep a passkey out. Raises Invalid, the same for an unknown passkey; TooMany.
    """
    name, owner = passkeys.find_owner(reply)
    with events.recording_refusals("passkey", owner), passkeys.recording_copies(owner):
        attempt = rate_limits.sign_in(name, client, device(owner) if owner else None)
        return _admit_with_passkey(passkeys.verify(passkeys.SIGN_IN, reply), attempt, user_agent, stay)


@db.in_transaction
def _admit_with_passkey(use: passkeys.Use, attempt: Attempt, user_agent: str, stay: bool) -> Entered:
    sessions.lock_account(use.account_id)
    passkeys.note_use(use)
    rate_limits.take_back(attempt)
    rate_limits.forget_old()
    events.record("passkey", use.account_id)
    email = db.read(select(account.c.email).where(account.c.id == use.account_id)).scalar_one()
    return Entered(Account(use.account_id, email), sessions.start(use.account_id, user_agent, stay=stay))


def _open_ticket(ticket: str) -> tuple[Row[Any], bool]:
    try:
        account_id, fingerprint, stay = _tickets().loads(ticket, max_age=SECONDS_FOR_CODE)
    except BadData:
        raise SignInNeeded from None
    row = db.read(select(account).where(account.c.id == account_id)).one_or_none()
    if row is None or _fingerprint(row.password_hash) != fingerprint:
        raise SignInNeeded
    return row, stay


def _fingerprint(password_hash: str) -> str:
    return hashlib.sha256(password_hash.encode()).hexdigest()


def _tickets() -> URLSafeTimedSerializer:
    return serializer("second factor")


# --- Passwords ---------------------------------------------------------------------------------------------------


def prove(account_id: int, password: str, *, token: str) -> None:
    """Note that the person has given the password in the session of `token`. Raises Invalid, TooMany."""
    with events.recording_refusals("proof", account_id):
        _prove(account_id, password, token)


@retry_if_changed
def _prove(account_id: int, password: str, token: str) -> None:
    row, attempt = _verify_in_session(account_id, password, token, "proof")
    _note_proof(row, attempt, token)


@db.in_transaction
def _note_proof(row: Row[Any], attempt: Attempt, token: str) -> None:
    _lock_unchanged(row)
    rate_limits.take_back(attempt)
    sessions.prove(token)
    events.record("proof", row.id)


def prove_with_passkey(account_id: int, reply: passkeys.Reply, *, token: str) -> None:
    """Note that the person has shown a passkey in the session of `token`. Raises Invalid, TooMany."""
    with events.recording_refusals("proof", account_id), passkeys.recording_copies(account_id):
        attempt = rate_limits.session(sessions.digest(token))
        _note_passkey_proof(passkeys.verify(passkeys.PROOF, reply, account_id), attempt, token)


@db.in_transaction
def _note_passkey_proof(use: passkeys.Use, attempt: Attempt, token: str) -> None:
    sessions.lock_account(use.account_id)
    passkeys.note_use(use)
    rate_limits.take_back(attempt)
    sessions.prove(token)
    events.record("proof", use.account_id)


def change_password(person: Account, current: str, new: str, *, token: str, revoke_tokens: bool) -> str:
    """Set a new password, end the person's other sessions and return the new token of this one.

    Raises Invalid, TooMany.
    """
    if sentence := passwords.fault(new, person.email):
        raise Invalid({"new": sentence})
    with events.recording_refusals("password", person.id):
        return _change_password(person.id, current, new, token, revoke_tokens)


@retry_if_changed
def _change_password(account_id: int, current: str, new: str, token: str, revoke_tokens: bool) -> str:
    row, attempt = _verify_in_session(account_id, current, token, "current")
    return _replace_own(row, attempt, passwords.hash_password(new), token, revoke_tokens)


@db.in_transaction
def _replace_own(row: Row[Any], attempt: Attempt, password_hash: str, token: str, revoke_tokens: bool) -> str:
    _lock_unchanged(row)
    rate_limits.take_back(attempt)
    replace_password(row.id, password_hash, token)
    if revoke_tokens:
        tokens.revoke_all(row.id)
    return sessions.renew(token)


@db.in_transaction
def end_other_sessions(account_id: int, token: str) -> None:
    """End all sessions of the person but the one of `token`."""
    sessions.end_others(account_id, token)
    events.record("session ended", account_id)


@db.in_transaction
def end_session(account_id: int, session_id: str) -> None:
    """End one session of the person. Raises NotFound."""
    sessions.end_one(account_id, session_id)
    events.record("session ended", account_id)


def describe(person: Account) -> dict[str, Any]:
    """Return what is known about an account, without any secret, for its owner to take along."""
    created_at = db.read(select(account.c.created_at).where(account.c.id == person.id)).scalar_one()
    return {
        "email": person.email,
        "created_at": clock.rfc3339(created_at),
        "sessions": sessions.list_sessions(person.id, ""),
        "tokens": tokens.list_tokens(person.id),
        "factors": factors.list_factors(person.id),
        "identities": identities.list_identities(person.id),
        "events": events.list_events(person.id, 2 * events.KEPT),
    }


def find(email: str) -> Account:
    """Return the account with this address. Raises NotFound."""
    row = _find(email)
    if row is None:
        raise NotFound("There is no account with this address.")
    return Account(row.id, row.email)


def set_password(email: str, password: str, *, revoke_tokens: bool = False) -> Account:
    """Set somebody's password for them, and end all their sessions. Raises Invalid, NotFound."""
    person = find(_acceptable(email, password))
    db.release()
    _replace_for(person.id, passwords.hash_password(password), revoke_tokens)
    return person


@db.in_transaction
def _replace_for(account_id: int, password_hash: str, revoke_tokens: bool) -> None:
    replace_password(account_id, password_hash)
    if revoke_tokens:
        tokens.revoke_all(account_id)


def list_ways_in(account_id: int) -> list[str]:
    """Return in words what opens the account beside its password and its sessions, and outlives a change of these."""
    live = [token.name for token in tokens.list_tokens(account_id) if not token.has_expired]
    keys = [factor.name for factor in factors.list_factors(account_id) if factor.kind == factors.PASSKEY]
    issuers = [identity.issuer for identity in identities.list_identities(account_id)]
    ways = {"API token": live, "passkey": keys, "provider": issuers}
    return [f"{kind} {name}" for kind, names in ways.items() for name in names]


@db.in_transaction
def sign_out(account_id: int) -> int:
    """End all sessions of somebody for them; return how many there were."""
    number = sessions.end_others(account_id, None)
    if number:
        events.record("session ended", account_id)
    return number


@db.in_transaction
def suspend(account_id: int) -> None:
    """Let nobody into the account by whatever way, end its sessions and its links; suspended already, it stays so."""
    sessions.lock_account(account_id)
    if _set_suspended(account_id, account.c.suspended_at.is_(None), clock.now_us()):
        events.record("suspended", account_id)
    sessions.end_others(account_id, None)
    links.drop(account_id, links.RECOVER, links.VERIFY, links.CHANGE_ADDRESS)


@db.in_transaction
def resume(account_id: int) -> None:
    """Let the person in again; tokens that were there work as before."""
    if _set_suspended(account_id, account.c.suspended_at.is_not(None), None):
        events.record("resumed", account_id)


def _set_suspended(account_id: int, unless_done: ColumnElement[bool], suspended_at: int | None) -> bool:
    mine = update(account).where(account.c.id == account_id, unless_done)
    return db.connection().execute(mine.values(suspended_at=suspended_at)).rowcount > 0


def list_accounts(after: int = 0) -> Sequence[Row[Any]]:
    """Return id, email, created_at, verified_at and suspended_at of the accounts with the next ids."""
    columns = (account.c.id, account.c.email, account.c.created_at, account.c.verified_at, account.c.suspended_at)
    statement = select(*columns).where(account.c.id >= after + 1).order_by(account.c.id).limit(ACCOUNTS_AT_ONCE)
    rows: Sequence[Row[Any]] = db.read(statement).all()
    return rows


def create(email: str, password: str) -> Account:
    """Make an account, whatever the rule for sign-ups is. Raises Invalid."""
    email = _acceptable(email, password)
    return insert_account(email, passwords.hash_password(password))


# --- The table ---------------------------------------------------------------------------------------------------


def _acceptable(email: str, password: str) -> str:
    """Return the address as it is stored. Raises Invalid, naming both fields when both are at fault."""
    faults: dict[str, str] = {}
    try:
        email = emails.tidy(email)
    except Invalid as error:
        faults |= error.fields
    if sentence := passwords.fault(password, email):
        faults["password"] = sentence
    if faults:
        raise Invalid(faults)
    return email


def _anybody() -> bool:
    return db.read(select(account.c.id).limit(1)).one_or_none() is not None


def _find(email: str) -> Row[Any] | None:
    try:
        email = emails.tidy(email)
    except Invalid:
        return None
    found: Row[Any] | None = db.read(select(account).where(account.c.email == email)).one_or_none()
    return found


def _verify(password: str, row: Row[Any] | None, field: str, sentence: str) -> Row[Any]:
    """Return `row` when this is its password. Raises Invalid, after the same time when there is no row."""
    db.release()
    if not passwords.matches(password, row.password_hash if row else None) or row is None:
        raise Invalid({field: sentence})
    return row


def _verify_in_session(account_id: int, password: str, token: str, field: str) -> tuple[Row[Any], Attempt]:
    """Return the person's row when this is the password, and what was counted. Raises Invalid, TooMany."""
    attempt = rate_limits.session(sessions.digest(token))
    row = db.read(select(account).where(account.c.id == account_id)).one_or_none()
    return _verify(password, row, field, "This is not your current password."), attempt


def _lock_unchanged(row: Row[Any]) -> None:
    """Keep what was verified as it is until the end of the transaction. Raises PasswordChanged."""
    unchanged = select(account.c.id).where(account.c.id == row.id, account.c.password_hash == row.password_hash)
    if db.read(unchanged.with_for_update()).one_or_none() is None:
        raise PasswordChanged


def insert_account(email: str, password_hash: str, *, is_first: bool = False) -> Account:
    """Store a new account. Raises Forbidden, Invalid."""
    values = {"email": email, "password_hash": password_hash, "created_at": clock.now_us()}
    if is_first:
        # Of two who become the first at the same moment, the primary key admits one.
        values["id"] = 1
    try:
        made = _insert_row(values)
    except IntegrityError:
        if is_first:
            raise Forbidden(CLOSED) from None
        raise Invalid({"email": TAKEN}) from None
    events.record("sign up", made)
    return Account(made, email)


@db.in_transaction
def _insert_row(values: dict[str, Any]) -> int:
    key = db.connection().execute(insert(account), values).inserted_primary_key
    assert key is not None
    number: int = key[0]
    return number


@db.in_transaction
def replace_password(account_id: int, password_hash: str, token: str | None = None) -> None:
    """Store another hash, end all sessions but that of `token`, and links that were sent; tell the person by mail."""
    _keep(account_id, password_hash)
    sessions.end_others(account_id, token)
    links.drop(account_id, links.RECOVER, links.CHANGE_ADDRESS)
    notices.notify(account_id, "password_changed")
    events.record("password", account_id)


def _keep(account_id: int, password_hash: str) -> None:
    db.connection().execute(update(account).where(account.c.id == account_id).values(password_hash=password_hash))
