"""Signing in by a provider, in the browser: the way there, the way back, linking and unlinking."""

from __future__ import annotations

from flask import current_app, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app import site_mode
from app.accounts import events, identities, oidc, proof, relying_party, service, sessions
from app.accounts.oidc import LINK, PROOF, SIGN_IN, Visit
from app.accounts.views import blueprint, browser, enter
from app.errors import AppError, Invalid
from app.web import access


@blueprint.get("/sign-in/provider")
@access.public
def visit_provider() -> ResponseReturnValue:
    """Send a browser to the provider. A link, not a form: browsers let no form lead to another site (form-action)."""
    page = request.args.get("next", "")
    try:
        return redirect(oidc.begin(Visit(SIGN_IN, None, page), relying_party.browser_digest()), 303)
    except oidc.ProviderFailed as error:
        return _refuse(error, "accounts.sign_in", page)


@blueprint.post("/account/provider")
@access.signed_in
@proof.needed
def link_provider() -> ResponseReturnValue:
    try:
        address = oidc.begin(Visit(LINK, g.account.id), relying_party.browser_digest())
    except oidc.ProviderFailed as error:
        return _refuse(error, "accounts.account")
    return render_template("accounts/provider.html", address=address, nav_item="Account")


@blueprint.post("/account/provider/unlink")
@access.signed_in
@proof.needed_beside_provider
def unlink_provider() -> ResponseReturnValue:
    identities.unlink(g.account.id, oidc.settings().issuer)
    flash(f"{oidc.settings().name} does not open this account any more.")
    return redirect(url_for("accounts.account"), 303)


@blueprint.get(oidc.ANSWER)
@access.public
def answer_of_provider() -> ResponseReturnValue:
    site_mode.check_takes_changes()  # it begins a session, although it is a GET
    try:
        visit, random = oidc.open_state(request.args.get("state", ""), relying_party.browser_digest())
    except Invalid as error:
        return _refuse(error, "accounts.sign_in")
    back = "accounts.sign_in" if visit.purpose == SIGN_IN else "accounts.account"
    if "code" not in request.args:
        # It says `error=` where somebody has changed his mind, or the provider its own.
        return _refuse(oidc.ProviderFailed("You were not signed in there. Nothing was changed."), back, visit.next)
    try:
        return {SIGN_IN: _sign_in, LINK: _link, PROOF: _prove}[visit.purpose](visit, random)
    except (Invalid, oidc.ProviderFailed) as error:
        return _refuse(error, back, visit.next)


def _sign_in(visit: Visit, random: str) -> ResponseReturnValue:
    with events.recording_refusals("provider", None):
        claims, attempt = oidc.read_answer(visit, random, request.args["code"], browser()["client"])
        try:
            entered = oidc.sign_in(claims, attempt, user_agent=browser()["user_agent"])
        except service.SecondFactorNeeded as needed:
            session["ticket"] = needed.ticket
            return redirect(url_for("accounts.second_factor", next=visit.next or None), 303)
    return enter(entered, page=visit.next)


def _link(visit: Visit, random: str) -> ResponseReturnValue:
    account_id = _whose(visit)
    with events.recording_refusals("provider linked", account_id):
        claims, _ = oidc.read_answer(visit, random, request.args["code"], browser()["client"])
        identities.link(account_id, claims.issuer, claims.subject)
    flash(f"{oidc.settings().name} opens this account now.")
    return redirect(url_for("accounts.account"), 303)


def _prove(visit: Visit, random: str) -> ResponseReturnValue:
    account_id = _whose(visit)
    if visit.since not in session.get(proof.ASKED_AT, []):
        # A copy of the session's cookie began it, in another browser, where the proof would count, too.
        raise Invalid({"provider": oidc.TOO_LATE})
    with events.recording_refusals("proof", account_id):
        claims, attempt = oidc.read_answer(visit, random, request.args["code"], browser()["client"])
        oidc.prove(account_id, claims, attempt, token=session["token"])
    return render_template("accounts/proved.html", nav_item="Account")


def _whose(visit: Visit) -> int:
    """Return the account that the visit is for. Raises Invalid where another person, or nobody, is signed in now."""
    person = sessions.load()
    if person is None or person.id != visit.account_id:
        raise Invalid({"provider": oidc.TOO_LATE})
    return person.id


def _refuse(error: AppError, endpoint: str, page: str = "") -> ResponseReturnValue:
    # Nothing was typed that a redirect could lose.
    reason = error.reason if isinstance(error, oidc.Refused) else repr(error.__cause__)
    current_app.logger.warning("provider: %s", reason, extra={"fields": {"reason": reason}})
    flash(error.message)
    return redirect(url_for(endpoint, next=page or None), 303)
