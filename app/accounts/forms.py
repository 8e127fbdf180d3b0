"""The forms of accounts. Which values are acceptable is said by the service; a form only says what must be typed."""

from __future__ import annotations

from wtforms import BooleanField, EmailField, HiddenField, PasswordField, RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types
from wtforms.validators import EqualTo, InputRequired

from app.accounts.passwords import SHORTEST
from app.web.forms import Form

# The names by which browsers and password managers know the fields (HTML, section "Autofill").
USERNAME = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
CURRENT = {"autocomplete": "current-password"}
NEW = {"autocomplete": "new-password", "minlength": SHORTEST}

NEW_PASSWORD_HINT = f"At least {SHORTEST} characters; three or four words do well."


class SignIn(Form):
    email = EmailField("Email address", [InputRequired("Type your email address.")], render_kw=USERNAME)
    password = PasswordField("Password", [InputRequired("Type your password.")], render_kw=CURRENT)
    stay = BooleanField("Stay signed in on this device", default=True)


class Code(Form):
    code = StringField(
        "Code",
        [InputRequired("Type the code.")],
        description="The six digits that your app shows now, or one of your recovery codes.",
        # The name by which phones know such a field.
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "maxlength": 40},
    )


class NewApp(Form):
    name = StringField("Name of the app or device", default="Authenticator app", render_kw={"autocomplete": "off"})
    code = StringField(
        "Code that it shows now",
        [InputRequired("Type the code.")],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 20},
    )
    ticket = HiddenField()


class Address(Form):
    email = EmailField("Email address", [InputRequired("Type an email address.")], render_kw=USERNAME)


class NewPassword(Form):
    password = PasswordField(
        "Password", [InputRequired("Choose a password.")], description=NEW_PASSWORD_HINT, render_kw=NEW
    )
    again = PasswordField(
        "Password, once more", [EqualTo("password", "This is not what you typed above.")], render_kw=NEW
    )


class SignUp(NewPassword):
    email = EmailField("Email address", [InputRequired("Type your email address.")], render_kw=USERNAME)


class ChangePassword(Form):
    current = PasswordField("Current password", [InputRequired("Type your current password.")], render_kw=CURRENT)
    new = PasswordField(
        "New password", [InputRequired("Choose a new password.")], description=NEW_PASSWORD_HINT, render_kw=NEW
    )
    again = PasswordField(
        "New password, once more", [EqualTo("new", "This is not what you typed above.")], render_kw=NEW
    )
    tokens = RadioField(
        "Your API tokens, which programs go on using",
        [InputRequired("Say what becomes of your tokens.")],
        choices=[SelectChoice("keep", "keep them"), SelectChoice("revoke", "revoke them all")],
    )
