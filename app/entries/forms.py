"""The form of an entry: it carries what was typed to the service and back; the rules are the service's."""

from __future__ import annotations

import secrets

from flask_wtf import FlaskForm
from wtforms import HiddenField, StringField

from app.entries.service import GROUPED, NUMBER_RULE, USERNAME_RULE
from app.errors import Invalid


class EntryForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    username = StringField(
        "Username",
        description=USERNAME_RULE,
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "required": True},
    )
    # No maxlength: a browser would cut a pasted number off without a word.
    number = StringField(
        "Number",
        description=NUMBER_RULE,
        render_kw={
            "inputmode": "numeric",
            "pattern": rf"\s*{GROUPED}\s*",
            "title": NUMBER_RULE,
            "autocomplete": "off",
            "enterkeyhint": "send",
            "required": True,
        },
    )
    # Made when the empty form is shown: sent twice, it makes one entry.
    key = HiddenField(default=lambda: secrets.token_hex(16))

    def refuse(self, error: Invalid) -> None:
        """Show the sentences of the service beside the fields that they are about."""
        for name, sentence in error.fields.items():
            self[name].errors = [sentence]
