"""Passkeys in the browser: what it is to ask an authenticator, and the forms that send what that has answered."""

from __future__ import annotations

from flask import Response, flash, g, jsonify, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from app.accounts import device_cookies, factor_views, passkeys, proof, service
from app.accounts.relying_party import asker, reply
from app.accounts.views import begin_again, blueprint, browser, enter
from app.errors import Invalid, SignInNeeded
from app.web import access

# --- Questions ---------------------------------------------------------------------------------------------------


@blueprint.get("/account/factors/passkey/question")
@access.signed_in
def question_to_add() -> ResponseReturnValue:
    return _question(passkeys.ask_to_add(g.account, asker()))


@blueprint.get("/account/proof/question")
@access.signed_in
def question_to_prove() -> ResponseReturnValue:
    return _question(passkeys.ask(passkeys.PROOF, asker(), g.account.id))


@blueprint.get("/sign-in/passkey/question")
@access.public
def question_to_sign_in() -> ResponseReturnValue:
    return _question(passkeys.ask(passkeys.SIGN_IN, asker()))


@blueprint.get("/sign-in/second-factor/question")
@access.public
def question_for_factor() -> ResponseReturnValue:
    return _question(service.ask_for_passkey(_ticket(), asker()))


def _question(question: passkeys.Question) -> Response:
    answer = jsonify(publicKey=question.options, ticket=question.ticket)
    answer.headers["Cache-Control"] = "no-store"  # good once
    return answer


# --- Answers -----------------------------------------------------------------------------------------------------


@blueprint.post("/account/factors/passkey")
@access.signed_in
@proof.needed
def add_passkey() -> ResponseReturnValue:
    name = request.form.get("name", "")
    try:
        codes = passkeys.add(g.account, name, reply())
    except Invalid as error:
        return _refuse(error, "accounts.show_factors")
    if codes:
        # Shown in this very answer: a redirect would have to keep them somewhere.
        return factor_views.factors_page(codes)
    flash("The passkey was added.")
    return redirect(url_for("accounts.show_factors"), 303)


@blueprint.post("/sign-in/passkey")
@access.public
def sign_in_with_passkey() -> ResponseReturnValue:
    stay = request.form.get("stay") == "y"
    try:
        entered = service.sign_in_with_passkey(reply(), device=device_cookies.nonce, stay=stay, **browser())
    except Invalid as error:
        return _refuse(error, "accounts.sign_in")
    return enter(entered, stay=stay)


@blueprint.post("/sign-in/second-factor/passkey")
@access.public
def give_passkey() -> ResponseReturnValue:
    try:
        entered, stay = service.give_passkey(_ticket(), reply(), user_agent=browser()["user_agent"])
    except SignInNeeded:
        return begin_again()
    except Invalid as error:
        return _refuse(error, "accounts.second_factor")
    return enter(entered, stay=stay)


def _ticket() -> str:
    if "ticket" not in session:
        raise SignInNeeded
    ticket: str = session["ticket"]
    return ticket


def _refuse(error: Invalid, endpoint: str) -> ResponseReturnValue:
    # Nothing was typed that a redirect could lose.
    flash(error.message)
    return redirect(url_for(endpoint, next=request.args.get("next")), 303)
