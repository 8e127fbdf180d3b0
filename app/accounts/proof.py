"""The password or a passkey before a sensitive action, so that a stolen cookie does not suffice."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g, render_template, request, session
from flask.typing import ResponseReturnValue
from wtforms import PasswordField
from wtforms.validators import InputRequired

from app.accounts import passkeys, relying_party, service, sessions
from app.accounts.forms import CURRENT
from app.errors import Invalid
from app.web.forms import Form

View = TypeVar("View", bound=Callable[..., Any])

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


def _prove() -> ResponseReturnValue | None:
    """Return None when the form holds a proof, else the page that asks for it."""
    if f"{PREFIX}passkey" in request.form:
        return _prove_with_passkey()
    if "proof" not in request.form:
        return _page(Proof(formdata=None)), 401
    form = Proof()
    if form.validate():
        try:
            service.prove(g.account.id, form.data["proof"], token=session["token"])
        except Invalid as error:
            form.refuse(error)
        else:
            return None
    return _page(form), 422


def _prove_with_passkey() -> ResponseReturnValue | None:
    try:
        service.prove_with_passkey(g.account.id, relying_party.reply(PREFIX), token=session["token"])
    except Invalid as error:
        return _page(Proof(formdata=None), error.message), 422
    return None


def _page(form: Proof, refused: str = "") -> str:
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
        nav_item="Account",
    )
