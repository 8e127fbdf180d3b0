"""What all forms with a token of the session share."""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm

from app.errors import Invalid
from app.web.cookies import csrf_token


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    def __init__(self, *arguments: Any, **named: Any) -> None:
        csrf_token()  # makes what the form's own token is made of
        super().__init__(*arguments, **named)

    def refuse(self, error: Invalid) -> None:
        """Show the sentences of the service beside the fields that they are about."""
        for name, sentence in error.fields.items():
            self[name].errors = [sentence]
