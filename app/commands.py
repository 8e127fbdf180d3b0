"""What all commands of `flask` share: what goes wrong is said in one sentence, and the exit status is 1."""

from __future__ import annotations

from typing import Any

import click
from flask.cli import AppGroup
from sqlalchemy import exc

from app.db.diagnosis import explain
from app.errors import AppError, Unavailable


class CommandGroup(AppGroup):
    """A group of commands. An operator is told what is wrong with a store, and not what its visitors are told."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Unavailable as error:
            raise click.ClickException(explain(error.__cause__ or error)) from None
        except AppError as error:
            raise click.ClickException(error.message) from None
        except (exc.DBAPIError, exc.TimeoutError) as error:
            raise click.ClickException(explain(error)) from None
