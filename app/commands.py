"""What all commands of `flask` share: what goes wrong is said in one sentence, and the exit status is 1 or 2."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup, ScriptInfo

from app.errors import AppError, Unavailable

LARGEST = 2**63 - 1  # of the databases


class Command(click.Command):
    """A command whose arguments can be stored, encoded and looked up: no number and no text that cannot."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if any("\0" in argument for argument in args):
            raise click.UsageError("An argument holds a NUL, which nothing here can be called.", ctx)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        for parameter in self.params:
            value = ctx.params.get(parameter.name or "")
            if isinstance(value, int) and abs(value) > LARGEST:
                raise click.BadParameter(f"{value:.1e} is no number that is in use.", ctx, parameter)
            # A path may hold what is no text: it is passed on as the system gave it.
            if isinstance(value, str) and any("\ud800" <= sign <= "\udfff" for sign in value):
                raise click.BadParameter(f"{printable(value)} is no text in UTF-8.", ctx, parameter)
        return super().invoke(ctx)


class CommandGroup(AppGroup):
    """A group of commands. Errors of a store are printed with their cause, unlike those on pages."""

    command_class = Command

    def invoke(self, ctx: click.Context) -> Any:
        # A command's own context has ended when its error arrives here, and to explain it takes the app.
        with ctx.ensure_object(ScriptInfo).load_app().app_context():
            return self._invoke(ctx)

    def _invoke(self, ctx: click.Context) -> Any:
        # A server without a SQL database has commands, and does not load SQLAlchemy; the database has commands itself.
        from sqlalchemy import exc  # noqa: PLC0415

        from app.db.diagnosis import explain  # noqa: PLC0415

        try:
            return super().invoke(ctx)
        except Unavailable as error:
            raise click.ClickException(explain(error.__cause__ or error)) from None
        except AppError as error:
            raise click.ClickException(printable(error.message)) from None
        except (exc.DBAPIError, exc.TimeoutError) as error:
            raise click.ClickException(explain(error)) from None


def printable(text: object) -> str:
    """Return the text without what would steer a terminal or cannot be encoded, such as of a file's name."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape", "surrogatepass").decode() for sign in str(text)
    )
