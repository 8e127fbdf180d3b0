"""What all commands of `flask` share: what goes wrong is said in one sentence, and the exit status is 1."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup, ScriptInfo
from sqlalchemy import exc

from app.errors import AppError, Unavailable


class CommandGroup(AppGroup):
    """A group of commands. Errors of a store are printed with their cause, unlike those on pages."""

    def invoke(self, ctx: click.Context) -> Any:
        # A command's own context has ended when its error arrives here, and to explain it takes the app.
        with ctx.ensure_object(ScriptInfo).load_app().app_context():
            return self._invoke(ctx)

    def _invoke(self, ctx: click.Context) -> Any:
        from app.db.diagnosis import explain  # noqa: PLC0415 - the database has commands itself

        try:
            return super().invoke(ctx)
        except Unavailable as error:
            raise click.ClickException(explain(error.__cause__ or error)) from None
        except AppError as error:
            raise click.ClickException(error.message) from None
        except (exc.DBAPIError, exc.TimeoutError) as error:
            raise click.ClickException(explain(error)) from None


def printable(text: object) -> str:
    """Return the text without what would steer a terminal or cannot be encoded, such as of a file's name."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape", "surrogatepass").decode() for sign in str(text)
    )
