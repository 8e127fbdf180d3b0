"""Asking for the password once more before a sensitive act: whoever has only copied a cookie cannot do it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g, render_template, request, session
from flask.typing import ResponseReturnValue
from wtforms import PasswordField
from wtforms.validators import InputRequired

from app.accounts import service, sessions
from app.accounts.forms import CURRENT, Form
from app.errors import Invalid

View = TypeVar("View", bound=Callable[..., Any])


class Proof(Form):
    proof = PasswordField("Your password", [InputRequired("Type your password.")], render_kw=CURRENT)


def needed(view: View) -> View:
    """Let a view that takes a form be called within ten minutes of a proof, else show a page that asks for it.

    That page sends the same form again, with everything that was in it.
    """

    @wraps(view)
    def prove_before(**arguments: Any) -> Any:
        if sessions.has_recent_proof(session["token"]):
            return view(**arguments)
        return _prove() or view(**arguments)

    return prove_before  # type: ignore[return-value]  # Flask calls it with the arguments of the address


def _prove() -> ResponseReturnValue | None:
    """Return None when the form holds the password, else the page that asks for it."""
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


def _page(form: Proof) -> str:
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in form.data]
    return render_template("accounts/proof.html", form=form, fields=fields, nav_item="Account")
