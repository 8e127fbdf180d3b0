"""The form of a note: it carries what was typed to the service and back; the rules are the service's."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, IntegerField, MultipleFileField, StringField, TextAreaField
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import HiddenInput

from app.errors import Invalid
from app.notes.drafts import Draft, split_tags


def _with_newlines(text: str | None) -> str | None:
    """Browsers send the ends of lines as CRLF."""
    return text and text.replace("\r\n", "\n")


class NoteForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    class Meta:
        csrf = False  # app/web/cookies.py has checked the token of every request, and the template writes it

    title = StringField("Title", default="")
    body = TextAreaField("Text", default="", filters=[_with_newlines])
    tags = StringField("Tags", default="")
    status = StringField("Kind", default="none")
    due_on = DateField("Due", validators=[Optional()])
    # What is sent with the form, where no script has sent it before: it goes to the end of the text.
    files = MultipleFileField("Files")
    # Whether the marks of a collision may stay in the text: somebody was asked, or they were there before.
    marks = HiddenField()
    # Names the browser's draft of this form; a script fills it in.
    instance = HiddenField()

    def draft(self) -> Draft:
        return Draft(
            self.title.data or "",
            self.body.data or "",
            split_tags(self.tags.data or ""),
            self.status.data or "none",
            self.due_on.data,
        )

    def show(self, draft: Draft) -> None:
        """Fill the fields with `draft`, whatever was typed."""
        self.title.data, self.body.data, self.tags.data = draft.title, draft.body, " ".join(draft.tags)
        self.status.data, self.due_on.data, self.due_on.raw_data = draft.status, draft.due_on, None

    def refuse(self, error: Invalid) -> None:
        """Show the sentences of `error` at the fields they belong to."""
        for name, sentence in error.fields.items():
            self[name].errors = [sentence]


class NewNoteForm(NoteForm):
    # Made when the empty form is shown: however often it is then sent, it makes one note.
    key = HiddenField()


class EditNoteForm(NoteForm):
    # The version that the person sees, and on which the edit is based.
    version = IntegerField(widget=HiddenInput(), validators=[NumberRange(1, 2**31 - 1)])
