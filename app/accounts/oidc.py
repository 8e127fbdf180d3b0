"""Signing in by an identity provider (OpenID Connect): who is let in, who gets an account, what is linked.

A visit to the provider begins with a signed state. It is good for ten minutes, for what it was made for, in the browser
that began, and once; the nonce and the verifier of PKCE are computed from it with the site's key of that moment.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING, NamedTuple

from flask import Flask, current_app
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select, update

from app import clock, db, mail, rate_limits
from app.accounts import emails, events, factors, identities, passwords, service, sessions
from app.accounts.models import account
from app.accounts.sessions import Account
from app.errors import AppError, Forbidden, Invalid, NotFound, TooMany
from app.per_app import PerApp
from app.rate_limits import Attempt
from app.web.signing import serializer
from config import OidcSettings, fingerprint

if TYPE_CHECKING:
    from app.accounts.provider import Provider

SECONDS = 600  # that somebody may take at the provider
ANSWER = (
    "/sign-in/provider/answer"  # where the provider sends people back to; registered there with PUBLIC_URL before it
)
SIGN_IN, LINK, PROOF = "sign in", "link", "proof"
LONGEST_NEXT = 500  # characters of the page that is opened afterwards

TOO_LATE = "That took too long, or began in another browser. Please try again."
NOT_BELIEVED = "What came back could not be verified. Nothing was changed; please try again."
SOMEBODY_ELSE = "You have signed in there as somebody who does not open this account. Nothing was changed."
UNKNOWN = "No account here belongs to that sign-in. If you have one, sign in as usual, and link it on the account page."


class Claims(NamedTuple):
    """What a provider says of who has signed in; the address counts only where it is verified.

    `signed_in_at` is the moment at which the person has signed in there, None where it was not asked for.
    """

    issuer: str
    subject: str
    email: str
    is_verified: bool
    signed_in_at: int | None = None


class Visit(NamedTuple):
    """What a visit to the provider is for: to sign in, to link, or to prove who one is.

    Whose account is linked or who is to prove it; the page afterwards; and for a proof the moment at which the visit
    began, before which nobody may have signed in there.
    """

    purpose: str
    account_id: int | None
    next: str = ""
    since: int | None = None


class ProviderFailed(AppError):
    message = "The provider does not answer as it should. Nothing was changed; try again, or sign in another way."


class Refused(Invalid):
    """What a provider has answered must not be believed; `reason` is for the log."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__({"provider": NOT_BELIEVED})


_provider: PerApp[Provider] = PerApp("provider")


def is_configured() -> bool:
    return current_app.config["OIDC"] is not None


def settings() -> OidcSettings:
    """Return the provider's settings. Raises NotFound where there is none."""
    found: OidcSettings | None = current_app.config["OIDC"]
    if found is None:
        raise NotFound
    return found


def init_app(app: Flask) -> None:
    app.jinja_env.globals["provider"] = app.config["OIDC"] and app.config["OIDC"].name


def provider() -> Provider:
    """Return the provider, of which nothing is loaded before it is used. Raises NotFound where there is none."""
    app, configured = current_app._get_current_object(), settings()  # type: ignore[attr-defined]  # werkzeug's proxy has it
    try:
        return _provider.of(app)
    except LookupError:
        from app.accounts.provider import Provider  # noqa: PLC0415  # see the first lines of that module

        _provider.set(app, Provider(configured))
        return _provider.of(app)


# --- Going there and coming back ---------------------------------------------------------------------------------


def begin(visit: Visit, browser: str) -> str:
    """Return the provider's address for a visit by `browser`, a digest. Raises ProviderFailed, NotFound."""
    there, random = provider(), f"{fingerprint(current_app.config['SECRET_KEY'])}.{secrets.token_urlsafe(16)}"
    state = _states().dumps([*visit._replace(next=visit.next[:LONGEST_NEXT]), browser, random])
    db.release()
    secrets_of_visit = _secret("nonce", random), _secret("verifier", random)
    return there.authorization_address(mail.address(ANSWER), state, *secrets_of_visit, again=visit.since is not None)


def open_state(state: str, browser: str) -> tuple[Visit, str]:
    """Return what a visit was for, and its random part. Raises Invalid where it is old or began elsewhere."""
    try:
        *visit, began_by, random = _states().loads(state, max_age=SECONDS)
    except BadData:
        raise Invalid({"provider": TOO_LATE}) from None
    if began_by != browser:
        raise Invalid({"provider": TOO_LATE})
    return Visit(*visit), random


def read_answer(visit: Visit, random: str, code: str, client: str) -> tuple[Claims, Attempt]:
    """Return who has signed in at the provider on a visit, and what was counted.

    Raises Invalid for what must not be believed, and for a state that was used; ProviderFailed; TooMany.
    """
    attempt = rate_limits.provider(client)
    try:
        rate_limits.count({rate_limits.subject("state", random): 1})
    except TooMany:
        raise Invalid({"provider": TOO_LATE}) from None
    db.release()
    secrets_of_visit = _secret("nonce", random), _secret("verifier", random)
    return provider().exchange(code, mail.address(ANSWER), *secrets_of_visit, since=visit.since), attempt


def _secret(name: str, random: str) -> str:
    """Return a value for a visit that only this site can compute; it is sent to the provider only.

    With the key whose fingerprint `random` begins with: the visit may have begun before the key was exchanged.
    """
    keys: list[str] = [current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"]]
    key = next((one for one in keys if random.startswith(f"{fingerprint(one)}.")), keys[0])
    return hmac.new(key.encode(), f"provider {name} {random}".encode(), hashlib.sha256).hexdigest()


def _states() -> URLSafeTimedSerializer:
    return serializer("provider")


# --- Who is let in -----------------------------------------------------------------------------------------------


def sign_in(claims: Claims, attempt: Attempt, *, user_agent: str) -> service.Entered:
    """Begin a session of whom the provider names, of a new account where one may be made.

    The provider stands in place of the password: a second factor is asked for all the same. Raises SecondFactorNeeded,
    Invalid.
    """
    admission = _admit(claims, attempt, user_agent) or _sign_up(claims, attempt, user_agent)
    if isinstance(admission, service.SecondFactorNeeded):
        raise admission
    return admission


@db.in_transaction
def _admit(claims: Claims, attempt: Attempt, user_agent: str) -> service.Admission | None:
    owner = identities.find_owner(claims.issuer, claims.subject)
    if owner is None:
        return None
    rate_limits.take_back(attempt)
    row = db.read(select(account).where(account.c.id == owner)).one()
    if factors.are_asked_of(owner):
        return service.ask_for_factor(row, row.password_hash, stay=True)
    events.record("provider", owner)
    return service.Entered(Account(owner, row.email), sessions.start(owner, user_agent))


def _sign_up(claims: Claims, attempt: Attempt, user_agent: str) -> service.Entered:
    """Make an account of whom the provider has verified the address. Raises Invalid."""
    if not (claims.is_verified and (settings().sign_up or service.sign_up_is_open())):
        raise Invalid({"provider": UNKNOWN})
    db.release()
    return _make_account(claims, passwords.hash_password(secrets.token_urlsafe(32)), attempt, user_agent)


@db.in_transaction
def _make_account(claims: Claims, password_hash: str, attempt: Attempt, user_agent: str) -> service.Entered:
    is_first = current_app.config["SIGN_UP"] == "first" and not settings().sign_up
    try:
        made = service.insert_account(emails.tidy(claims.email), password_hash, is_first=is_first)
    except (Invalid, Forbidden):  # the address is somebody's here, who has proved nothing yet
        raise Invalid({"provider": UNKNOWN}) from None
    mine = update(account).where(account.c.id == made.id)
    db.connection().execute(mine.values(verified_at=clock.now_us()))
    identities.insert_identity(made.id, claims.issuer, claims.subject)
    rate_limits.take_back(attempt)
    events.record("provider", made.id)
    return service.Entered(made, sessions.start(made.id, user_agent))


# --- Proofs ------------------------------------------------------------------------------------------------------


def begin_proof(account_id: int, browser: str) -> tuple[str, int] | None:
    """Return where somebody signs in at the provider again, and the moment at which that began.

    None where the account is not linked. Raises ProviderFailed.
    """
    if not is_configured() or not identities.is_linked(account_id, settings().issuer):
        return None
    since = clock.now_us()
    return begin(Visit(PROOF, account_id, since=since), browser), since


@db.in_transaction
def prove(account_id: int, claims: Claims, attempt: Attempt, *, token: str) -> None:
    """Note in the session of `token` that the person has signed in at the provider again. Raises Invalid."""
    if claims.signed_in_at is None or identities.find_owner(claims.issuer, claims.subject) != account_id:
        raise Invalid({"provider": SOMEBODY_ELSE})
    rate_limits.take_back(attempt)
    sessions.prove(token, claims.signed_in_at)
    events.record("proof", account_id)
