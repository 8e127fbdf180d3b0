"""The pages of accounts: sign in, sign up, sign out, and one's own account."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app import mail
from app.accounts import (
    by_mail,
    deletion,
    device_cookies,
    events,
    identities,
    oidc,
    proof,
    relying_party,
    service,
    sessions,
    tokens,
)
from app.accounts.destinations import destination
from app.accounts.forms import Address, ChangePassword, Code, SignIn, SignUp
from app.errors import Forbidden, Invalid, SignInNeeded
from app.web import access
from app.web.forms import Form

blueprint = Blueprint("accounts", __name__)


@blueprint.route("/sign-in", methods=["GET", "POST"])
@access.public
def sign_in() -> ResponseReturnValue:
    if request.method == "GET" and sessions.load():
        return redirect(destination(), 303)
    form = SignIn()
    if form.validate_on_submit():
        try:
            entered = service.sign_in(
                form.data["email"],
                form.data["password"],
                device=device_cookies.nonce,
                stay=form.data["stay"],
                **browser(),
            )
        except service.SecondFactorNeeded as needed:
            session["ticket"] = needed.ticket
            return redirect(url_for("accounts.second_factor", next=request.args.get("next")), 303)
        except Invalid as error:
            form.refuse(error)
        else:
            return enter(entered, stay=form.data["stay"])
    return page(
        "accounts/sign_in.html",
        form,
        sign_up_is_open=service.sign_up_is_open(),
        has_mail=mail.is_configured(),
        has_passkeys=relying_party.site() is not None,
    )


@blueprint.route("/sign-in/second-factor", methods=["GET", "POST"])
@access.public
def second_factor() -> ResponseReturnValue:
    if "ticket" not in session:
        return redirect(url_for("accounts.sign_in", next=request.args.get("next")), 303)
    form = Code()
    if form.validate_on_submit():
        try:
            entered, stay = service.give_code(session["ticket"], form.data["code"], user_agent=browser()["user_agent"])
        except SignInNeeded:
            return begin_again()
        except Invalid as error:
            form.refuse(error)
        else:
            return enter(entered, stay=stay)
    has_passkey = relying_party.site() is not None and service.has_passkey(session["ticket"])
    return page("accounts/second_factor.html", form, has_passkey=has_passkey)


def begin_again() -> ResponseReturnValue:
    """Redirect to signing in if the password was given too long ago."""
    flash("That took too long. Please sign in once more.")
    session.pop("ticket", None)
    return redirect(url_for("accounts.sign_in", next=request.args.get("next")), 303)


@blueprint.route("/sign-up", methods=["GET", "POST"])
@access.public
def sign_up() -> ResponseReturnValue:
    if request.method == "GET" and sessions.load():
        return redirect(destination(), 303)
    if not service.sign_up_is_open():
        raise Forbidden(service.CLOSED)
    if current_app.config["SIGN_UP_BY_MAIL"]:
        return _sign_up_by_mail()
    form = SignUp()
    if form.validate_on_submit():
        try:
            entered = service.sign_up(form.data["email"], form.data["password"], **browser())
        except Invalid as error:
            form.refuse(error)
        else:
            return enter(entered)
    return page("accounts/sign_up.html", form)


def _sign_up_by_mail() -> ResponseReturnValue:
    form = Address()
    if form.validate_on_submit():
        try:
            by_mail.sign_up(form.data["email"], client=browser()["client"])
        except Invalid as error:
            form.refuse(error)
        else:
            return render_template("accounts/mail_sent.html", email=form.data["email"])
    return page("accounts/sign_up.html", form)


def enter(entered: service.Entered, *, stay: bool = True, page: str | None = None) -> ResponseReturnValue:
    sessions.remember(entered.token, stay=stay)
    device_cookies.remember(entered.account.id)
    return redirect(destination(page), 303)


@blueprint.post("/sign-out")
@access.public  # a second click, or one after the session has ended, does no harm
def sign_out() -> ResponseReturnValue:
    sessions.forget()
    answer = redirect(url_for("accounts.sign_in"), 303)
    # Browsers that support this header also drop the pages kept for Back.
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@blueprint.route("/account", methods=["GET", "POST"])
@access.signed_in
def account() -> ResponseReturnValue:
    """Show one's account; POST changes the password."""
    form, tokens_left = ChangePassword(), tokens.list_tokens(g.account.id)
    if not tokens_left:
        del form.tokens
    if form.validate_on_submit():
        try:
            token = service.change_password(
                g.account,
                form.data["current"],
                form.data["new"],
                token=session["token"],
                revoke_tokens=form.data.get("tokens") == "revoke",
            )
        except Invalid as error:
            form.refuse(error)
        else:
            sessions.replace_token(token)
            flash("Your password was changed. Everywhere else you have been signed out.")
            return redirect(url_for("accounts.account"), 303)
    return page(
        "accounts/account.html",
        form,
        sessions=sessions.list_sessions(g.account.id, session["token"]),
        tokens=tokens_left,
        has_mail=mail.is_configured(),
        deleted_on=deletion.due_on(g.account.id),
        deletion_days=deletion.DAYS,
        is_verified=by_mail.is_verified(g.account.id),
        identities=identities.list_identities(g.account.id) if oidc.is_configured() else [],
        issuer=oidc.settings().issuer if oidc.is_configured() else None,
        nav_item="Account",
    )


@blueprint.post("/account/sign-out-others")
@access.signed_in
@proof.needed
def sign_out_others() -> ResponseReturnValue:
    service.end_other_sessions(g.account.id, session["token"])
    flash("Everywhere else you have been signed out.")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/account/sessions/<session_id>/end")
@access.signed_in
@proof.needed
def end_session(session_id: str) -> ResponseReturnValue:
    service.end_session(g.account.id, session_id)
    flash("That session has ended.")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/account/delete")
@access.signed_in
@proof.needed
def delete_account() -> ResponseReturnValue:
    deletion.ask(g.account, session["token"])
    flash("Your account will be deleted. Until then you can call it off here.")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/account/delete/call-off")
@access.signed_in
def call_off_deletion() -> ResponseReturnValue:
    deletion.call_off(g.account.id)
    flash("Your account stays.")
    return redirect(url_for("accounts.account"), 303)


@blueprint.get("/account/events")
@access.signed_in
def show_events() -> ResponseReturnValue:
    return render_template(
        "accounts/events.html", events=events.list_events(g.account.id), kept=events.KEPT, nav_item="Account"
    )


def browser() -> dict[str, str]:
    return {"client": request.remote_addr or "", "user_agent": request.user_agent.string}


def page(template: str, form: Form, **shown: object) -> ResponseReturnValue:
    """Show a form for the first time, or again with what is wrong with it."""
    return render_template(template, form=form, **shown), 422 if form.errors else 200
