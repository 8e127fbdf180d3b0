"""What happens by mail: signing up, a new password for who has forgotten it, verifying and changing the address.

The answer to a request never tells whether an address has an account: each request only asks for a job, which looks.
"""

from __future__ import annotations

import secrets

from flask import Flask, current_app
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from app import clock, db, jobs, mail, rate_limits
from app.accounts import emails, events, links, passwords, service, sessions
from app.accounts.models import account
from app.accounts.sessions import Account
from app.errors import Forbidden, Invalid
from app.jobs import Job

ASKED = "asked for by mail"


def init_app(app: Flask) -> None:
    jobs.register(app, ASKED, _answer)


# --- Asking ------------------------------------------------------------------------------------------------------


def sign_up(email: str, *, client: str) -> None:
    """Send a link with which an account can be made, or word that there is one. Raises Invalid, Forbidden, TooMany."""
    if not service.sign_up_is_open():
        raise Forbidden(service.CLOSED)
    _ask(links.SIGN_UP, emails.tidy(email), client)


def recover(email: str, *, client: str) -> None:
    """Send a link with which a new password can be chosen, if there is an account. Raises Invalid, TooMany."""
    _ask(links.RECOVER, emails.tidy(email), client)


def _ask(purpose: str, email: str, client: str) -> None:
    rate_limits.mail(email, client)
    jobs.add(ASKED, secrets.token_hex(16), {"purpose": purpose, "email": email})


@db.in_transaction
def _answer(job: Job) -> None:
    purpose, email = job.content["purpose"], job.content["email"]
    row = db.read(select(account.c.id, account.c.suspended_at).where(account.c.email == email)).one_or_none()
    if row is None and purpose == links.SIGN_UP:
        _send_link(email, "sign_up", "/choose-password", links.create(links.SIGN_UP, email))
    elif row is not None and row.suspended_at is None:
        events.record("recovery", row.id)
        template = "recover" if purpose == links.RECOVER else "sign_up_again"
        _send_link(email, template, "/choose-password", links.create(links.RECOVER, email, row.id))


def _send_link(email: str, template: str, path: str, token: str) -> None:
    mail.send(email, template, link=mail.address(path, token=token))


# --- Choosing a password -----------------------------------------------------------------------------------------


def choose_password(token: str, password: str, *, user_agent: str) -> service.Entered | None:
    """Make the account of a link and begin its first session, or set a new password and end all sessions.

    After a new password the person signs in with it, and with the second factor if there is one. Raises NotFound,
    Invalid, Forbidden.
    """
    link = links.find(token, links.SIGN_UP, links.RECOVER)
    if sentence := passwords.fault(password, link.email):
        raise Invalid({"password": sentence})
    db.release()
    password_hash = passwords.hash_password(password)
    return _use_link(token, password_hash, user_agent)


@db.in_transaction
def _use_link(token: str, password_hash: str, user_agent: str) -> service.Entered | None:
    link = links.take(token, links.SIGN_UP, links.RECOVER)
    if link.account_id is None:
        return _make_account(link.email, password_hash, user_agent)
    service.replace_password(link.account_id, password_hash)
    _verify(link.account_id, link.email)
    return None


def _make_account(email: str, password_hash: str, user_agent: str) -> service.Entered:
    if not service.sign_up_is_open():
        raise Forbidden(service.CLOSED)
    made = service.insert_account(email, password_hash, is_first=current_app.config["SIGN_UP"] == "first")
    _verify(made.id, email)
    return service.Entered(made, sessions.start(made.id, user_agent))


# --- The address -------------------------------------------------------------------------------------------------


@db.in_transaction
def ask_to_verify(person: Account) -> None:
    """Send a link that proves that the person reads mail to the address of the account. Raises TooMany."""
    rate_limits.mail_of(person.id)
    _send_link(person.email, "verify", "/confirm-address", links.create(links.VERIFY, person.email, person.id))


@db.in_transaction
def change_address(person: Account, email: str) -> None:
    """Send a link to the new address, with which it becomes the account's, and word of it to the old one.

    Where there is no mail it is changed at once. Raises Invalid, TooMany.
    """
    email = emails.tidy(email)
    if email == person.email:
        raise Invalid({"email": "This is your address already."})
    if not mail.is_configured():
        _set_address(person.id, email, verified_at=None)
        return
    rate_limits.mail_of(person.id)
    _send_link(email, "change_address", "/confirm-address", links.create(links.CHANGE_ADDRESS, email, person.id))
    mail.send(person.email, "address_asked", new=email)


@db.in_transaction
def confirm_address(token: str) -> str:
    """Use a link up that verifies or changes an address; return the address. Raises NotFound, Invalid."""
    link = links.take(token, links.VERIFY, links.CHANGE_ADDRESS)
    assert link.account_id is not None
    if link.purpose == links.VERIFY:
        _verify(link.account_id, link.email)
        return link.email
    old = db.read(select(account.c.email).where(account.c.id == link.account_id)).scalar_one()
    _set_address(link.account_id, link.email, verified_at=clock.now_us())
    # Links that were sent to the old address must not open the account any more.
    links.drop(link.account_id, links.RECOVER, links.VERIFY, links.CHANGE_ADDRESS)
    mail.send(old, "address_changed", new=link.email)
    return link.email


def is_verified(account_id: int) -> bool:
    return db.read(select(account.c.verified_at).where(account.c.id == account_id)).scalar() is not None


def _verify(account_id: int, email: str) -> None:
    mine = update(account).where(account.c.id == account_id, account.c.email == email)
    db.connection().execute(mine.values(verified_at=clock.now_us()))


def _set_address(account_id: int, email: str, verified_at: int | None) -> None:
    events.record("address", account_id)
    values = {"email": email, "verified_at": verified_at}
    try:
        db.connection().execute(update(account).where(account.c.id == account_id).values(values))
    except IntegrityError:
        raise Invalid({"email": service.TAKEN}) from None
