"""The pages of what happens by mail: asking for a link, and what a link leads to."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import mail
from app.accounts import by_mail, links, proof
from app.accounts.forms import Address, NewPassword
from app.accounts.views import blueprint, browser, enter, page
from app.errors import Invalid
from app.web import access
from app.web.forms import Form


@blueprint.route("/recover", methods=["GET", "POST"])
@access.public
def recover() -> ResponseReturnValue:
    """Ask for a link with which a new password can be chosen; the answer is the same for every address."""
    form = Address()
    if mail.is_configured() and form.validate_on_submit():
        try:
            by_mail.recover(form.data["email"], client=browser()["client"])
        except Invalid as error:
            form.refuse(error)
        else:
            return render_template("accounts/mail_sent.html", email=form.data["email"])
    return page("accounts/recover.html", form, has_mail=mail.is_configured())


@blueprint.get("/choose-password")
@access.public
def open_password_link() -> ResponseReturnValue:
    return _password_page(NewPassword())


@blueprint.post("/choose-password")
@access.public
def choose_password() -> ResponseReturnValue:
    form = NewPassword()
    if not form.validate():
        return _password_page(form)
    try:
        entered = by_mail.choose_password(_token(), form.data["password"], user_agent=browser()["user_agent"])
    except Invalid as error:
        if "password" not in error.fields:  # meanwhile somebody else has made an account with this address
            raise
        form.refuse(error)
        return _password_page(form)
    if entered:
        return enter(entered)
    flash(
        "You have a new password, and all sessions have ended. Sign in with it. API tokens go on until you revoke them."
    )
    return redirect(url_for("accounts.sign_in"), 303)


def _password_page(form: Form) -> ResponseReturnValue:
    link = links.find(_token(), links.SIGN_UP, links.RECOVER)
    return page("accounts/choose_password.html", form, link=link)


@blueprint.get("/confirm-address")
@access.public
def open_address_link() -> ResponseReturnValue:
    """Show a button: programs that look at mails open links, and must not confirm anything by that."""
    link = links.find(_token(), links.VERIFY, links.CHANGE_ADDRESS)
    return render_template("accounts/confirm_address.html", link=link, form=Form())


@blueprint.post("/confirm-address")
@access.public
def confirm_address() -> ResponseReturnValue:
    flash(f"The address of your account is {by_mail.confirm_address(_token())}.")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/account/verify-address")
@access.signed_in
def verify_address() -> ResponseReturnValue:
    by_mail.ask_to_verify(g.account)
    flash(f"A mail with a link is on its way to {g.account.email}.")
    return redirect(url_for("accounts.account"), 303)


@blueprint.route("/account/address", methods=["GET", "POST"])
@access.signed_in
def change_address() -> ResponseReturnValue:
    form = Address()
    return _change_address() if request.method == "POST" else _address_page(form)


@proof.needed
def _change_address() -> ResponseReturnValue:
    form = Address()
    if not form.validate():
        return _address_page(form)
    try:
        by_mail.change_address(g.account, form.data["email"])
    except Invalid as error:
        form.refuse(error)
        return _address_page(form)
    if mail.is_configured():
        flash(f"A mail with a link is on its way to {form.data['email']}. Until it is opened, nothing changes.")
    else:
        flash("Your address was changed.")
    return redirect(url_for("accounts.account"), 303)


def _address_page(form: Form) -> ResponseReturnValue:
    return page("accounts/address.html", form, has_mail=mail.is_configured(), nav_item="Account")


def _token() -> str:
    token: Any = request.args.get("token", "")
    return str(token)
