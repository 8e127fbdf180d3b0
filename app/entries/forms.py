"""The form of an entry: it carries what was typed to the service and back; the rules are the service's."""

from __future__ import annotations

import secrets

from wtforms import HiddenField, StringField

from app.entries.service import GROUPED, NUMBER_RULE, USERNAME_RULE
from app.web.forms import Form


class EntryForm(Form):
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
