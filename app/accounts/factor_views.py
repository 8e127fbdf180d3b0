"""The pages of one's second factors: which there are, adding an app, recovery codes, removing one."""

from __future__ import annotations

from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import factors, proof, relying_party, sessions
from app.accounts.forms import NewApp
from app.accounts.views import blueprint, page
from app.errors import Invalid
from app.web import access
from app.web.forms import Form

# Where somebody may go who still has to set up a factor.
WITHOUT_FACTOR = {
    "accounts.show_factors",
    "accounts.set_up_app",
    "accounts.question_to_add",
    "accounts.add_passkey",
    "accounts.sign_out",
}


def require_factor() -> ResponseReturnValue | None:
    """Redirect to the set-up of a second factor if one is required and the account has none."""
    if not current_app.config["REQUIRE_SECOND_FACTOR"] or request.endpoint is None:
        return None
    if access.find_access(current_app, request.endpoint) is not access.Access.SIGNED_IN:
        return None
    person = sessions.load()
    if person is None or request.endpoint in WITHOUT_FACTOR or factors.are_asked_of(person.id):
        return None
    return redirect(url_for("accounts.show_factors"), 303)


@blueprint.get("/account/factors")
@access.signed_in
def show_factors() -> ResponseReturnValue:
    return factors_page()


@blueprint.route("/account/factors/app", methods=["GET", "POST"])
@access.signed_in
def set_up_app() -> ResponseReturnValue:
    if request.method == "GET":
        return _setup_page(NewApp())
    return _add_app()


@proof.needed
def _add_app() -> ResponseReturnValue:
    form = NewApp()
    if not form.validate():
        return _setup_page(form)
    try:
        codes = factors.add_app(g.account, form.data["ticket"], form.data["name"], form.data["code"])
    except Invalid as error:
        form.refuse(error)
        return _setup_page(form)
    # Shown in this very answer: a redirect would have to keep them somewhere.
    return factors_page(codes)


@blueprint.post("/account/factors/codes")
@access.signed_in
@proof.needed
def make_codes() -> ResponseReturnValue:
    if not factors.are_asked_of(g.account.id):
        return redirect(url_for("accounts.show_factors"), 303)
    return factors_page(factors.replace_codes(g.account.id))


@blueprint.post("/account/factors/<id:factor_id>/remove")
@access.signed_in
@proof.needed
def remove_factor(factor_id: int) -> ResponseReturnValue:
    factors.remove(g.account.id, factor_id)
    flash("The factor was removed.")
    return redirect(url_for("accounts.show_factors"), 303)


@blueprint.post("/account/factors/<id:factor_id>/rename")
@access.signed_in
@proof.needed
def rename_factor(factor_id: int) -> ResponseReturnValue:
    name = request.form.get("name", "")
    try:
        factors.rename(g.account.id, factor_id, name)
    except Invalid as error:
        return factors_page(refused={factor_id: (name, error.message)}), 422
    flash("The factor has another name now.")
    return redirect(url_for("accounts.show_factors"), 303)


def factors_page(codes: list[str] | None = None, refused: dict[int, tuple[str, str]] | None = None) -> str:
    """Show one's factors; `refused` has the name that was typed for one, and what is wrong with it."""
    mine = factors.list_factors(g.account.id)
    return render_template(
        "accounts/factors.html",
        form=Form(formdata=None),
        factors=mine,
        codes=codes,
        refused=refused or {},
        codes_left=factors.count_codes(g.account.id),
        has_passkeys=relying_party.site() is not None,
        required=current_app.config["REQUIRE_SECOND_FACTOR"] and not mine,
        nav_item="Account",
    )


def _setup_page(form: NewApp) -> ResponseReturnValue:
    setup = factors.set_up(g.account, form.data["ticket"])
    return page("accounts/set_up_app.html", form, setup=setup, nav_item="Account")
