"""The page of one's API tokens: make one, see when each was used last, end it."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import IntegerField, StringField
from wtforms.validators import Optional

from app.accounts import proof, tokens
from app.accounts.views import blueprint
from app.errors import Invalid
from app.web.access import signed_in
from app.web.forms import Form


class NewToken(Form):
    name = StringField("What it is for", render_kw={"autocomplete": "off"})
    scope = StringField("It may", default="read")
    days = IntegerField("Days until it ends", [Optional()], description="Empty: it never ends by itself.")


@blueprint.get("/account/tokens")
@signed_in
def show_tokens() -> ResponseReturnValue:
    return _page(NewToken())


@blueprint.post("/account/tokens")
@signed_in
@proof.needed
def create_token() -> ResponseReturnValue:
    form = NewToken()
    if not form.validate():
        return _page(form)
    try:
        made = tokens.create(g.account.id, form.data["name"] or "", form.data["scope"] or "", form.data["days"])
    except Invalid as error:
        form.refuse(error)
        return _page(form)
    # Shown in this very answer: a redirect would have to keep it somewhere.
    return _page(NewToken(formdata=None), made)


@blueprint.post("/account/tokens/<id:token_id>/revoke")
@signed_in
@proof.needed
def revoke_token(token_id: int) -> ResponseReturnValue:
    tokens.revoke(g.account.id, token_id)
    flash("The token is revoked; it opens nothing any more.")
    return redirect(url_for("accounts.show_tokens"), 303)


def _page(form: NewToken, made: str | None = None) -> ResponseReturnValue:
    page = render_template(
        "accounts/tokens.html", form=form, tokens=tokens.list_tokens(g.account.id), made=made, nav_item="Account"
    )
    return page, 422 if form.errors else 200
