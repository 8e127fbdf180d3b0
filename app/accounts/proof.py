"""A proof before a sensitive action, so that a stolen cookie does not suffice.

A proof is the password, a passkey, or signing in again at the provider that opens the account. For the last the browser
goes there in another window, so that the form that is to be sent again stays where it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import current_app, g, render_template, request, session
from flask.typing import ResponseReturnValue
from wtforms import PasswordField
from wtforms.validators import InputRequired

from app.accounts import oidc, passkeys, relying_party, service, sessions
from app.accounts.forms import CURRENT
from app.errors import Invalid
from app.web.forms import Form

View = TypeVar("View", bound=Callable[..., Any])

ASKED_AT = "provider_asked"  # in the session: when this browser was sent to the provider for a proof, the last times
TABS = 5  # that may ask for one at once
PREFIX = "proof_"  # of what a passkey proves: the form that is sent again may be about another one


class Proof(Form):
    proof = PasswordField("Your password", [InputRequired("Type your password.")], render_kw=CURRENT)


def needed(view: View) -> View:
    """Let a view that takes a form be called within ten minutes of a proof, else show a page that asks for one.

    That page sends the same form again, with everything that was in it.
    """

    @wraps(view)
    def prove_before(**arguments: Any) -> Any:
        if sessions.has_recent_proof(session["token"]):
            return view(**arguments)
        return _prove() or view(**arguments)

    return prove_before  # type: ignore[return-value]  # Flask calls it with the arguments of the address


def needed_beside_provider(view: View) -> View:
    """Let a view be called only with the password or a passkey in the form, whatever was proved before.

    For what takes the provider away: whoever has no other way in would be locked out.
    """

    @wraps(view)
    def prove_before(**arguments: Any) -> Any:
        return _prove(by_provider=False) or view(**arguments)

    return prove_before  # type: ignore[return-value]  # Flask calls it with the arguments of the address


def _prove(*, by_provider: bool = True) -> ResponseReturnValue | None:
    """Return None when the form holds a proof, else the page that asks for it."""
    form, refused = Proof(formdata=None), ""
    try:
        if f"{PREFIX}passkey" in request.form:
            service.prove_with_passkey(g.account.id, relying_party.reply(PREFIX), token=session["token"])
            return None
        if "proof" not in request.form:
            return _page(form, by_provider), 401
        form = Proof()
        if form.validate():
            service.prove(g.account.id, form.data["proof"], token=session["token"])
            return None
    except Invalid as error:
        if "proof" in error.fields:
            form.refuse(error)
        else:
            refused = error.message
    return _page(form, by_provider, refused), 422


def _page(form: Proof, by_provider: bool, refused: str = "") -> str:
    own = {*form.data, f"{PREFIX}ticket", f"{PREFIX}passkey"}
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in own]
    has_passkey = relying_party.site() is not None and passkeys.are_there(g.account.id)
    return render_template(
        "accounts/proof.html",
        form=form,
        fields=fields,
        has_passkey=has_passkey,
        prefix=PREFIX,
        refused=refused,
        by_provider=by_provider,
        provider_page=_begin_at_provider() if by_provider else None,
        nav_item="Account",
    )


def _begin_at_provider() -> str | None:
    """Return where the person signs in at the provider again, None where that is no way or the provider is down."""
    try:
        begun = oidc.begin_proof(g.account.id, relying_party.browser_digest())
    except oidc.ProviderFailed as error:
        current_app.logger.warning("provider: %r", error.__cause__)
        return None
    if begun is None:
        return None
    address, since = begun
    session[ASKED_AT] = [*session.get(ASKED_AT, []), since][-TABS:]
    return address
