"""Notes as Flask-Admin shows a table, in its own environment.

NOTES_DATABASE says where they are, SECRET_KEY signs cookies. As it comes: without accounts and CSRF tokens, and without
an index for the order of the list, unless NOTES_INDEXED is set.
"""

import json
import os
import sys

from flask import Flask
from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["NOTES_DATABASE"]
app.config["SECRET_KEY"] = os.environ["SECRET_KEY"]
db = SQLAlchemy(app)


class Note(db.Model):
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    tags: Mapped[str] = mapped_column(String(820))
    status: Mapped[str] = mapped_column(String(4))
    changed_at: Mapped[int] = mapped_column(BigInteger, index="NOTES_INDEXED" in os.environ)


class Notes(ModelView):
    can_view_details = True
    column_searchable_list = ("title", "body")
    column_default_sort = ("changed_at", True)
    page_size = 20


Admin(app, name="Notes").add_view(Notes(Note, db, endpoint="note"))


if __name__ == "__main__":
    with app.app_context():
        db.create_all()
        db.session.execute(db.insert(Note), [json.loads(line) for line in sys.stdin])
        db.session.commit()
