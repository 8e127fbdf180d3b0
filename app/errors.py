"""What can go wrong, in the words of the application; no HTTP in here."""

from __future__ import annotations

from enum import StrEnum


class AppError(Exception):
    """The root of the errors below; `message` is a sentence that the person may read."""

    message = "Something went wrong."

    def __init__(self, message: str | None = None) -> None:
        self.message = message or self.message
        super().__init__(self.message)


class NotFound(AppError):
    """It does not exist, or it is somebody else's: the two look the same from outside."""

    message = "There is nothing here."


class Invalid(AppError):
    """The input breaks a rule; `fields` maps the name of each field at fault to a sentence."""

    message = "Some of what was sent cannot be used."

    def __init__(self, fields: dict[str, str]) -> None:
        self.fields = fields
        super().__init__(" ".join(fields.values()))


class TooLarge(AppError):
    """More bytes than may be sent; the message says how many may be."""

    message = "What was sent is larger than the limit."


class Damaged(AppError):
    """What is stored is not what was to be stored; a fault of the place where it lies."""

    message = "What is stored here is damaged. Whoever runs this site has to look for it in a backup."


class SignInNeeded(AppError):
    message = "Sign in to see this page."


class TokenNeeded(AppError):
    message = "A token is needed here: Authorization: Bearer, then the token."


class Malformed(AppError):
    """What was sent cannot even be read."""

    message = "The request cannot be understood."


class Forbidden(AppError):
    message = "This is not allowed."


class TooMany(AppError):
    """Asked too often; `retry_after` is in seconds."""

    message = "Too many attempts."

    def __init__(self, retry_after: int, message: str | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message)

    @classmethod
    def attempts(cls, retry_after: int) -> TooMany:
        """Return the error that says in minutes how long to wait."""
        return cls(retry_after, f"Too many attempts. Please wait {_minutes(retry_after)}, then try again.")

    @classmethod
    def work(cls, retry_after: int) -> TooMany:
        """Return the error of an account for which the server has worked too long."""
        return cls(
            retry_after, f"This account has used too much processor time. Please go on in {_minutes(retry_after)}."
        )


def _minutes(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"


class Conflict(AppError):
    """The thing was changed by somebody else in the meantime."""

    message = "It was changed in the meantime."


class Stale(Conflict):
    """The change was meant for another version than the present one; nothing was done."""

    message = "It was changed in the meantime; look at it again before changing it."


class Cause(StrEnum):
    """Why a request failed, as the log names it and docs/troubleshooting.md explains it."""

    POOL = "pool"  # all connections of the process were in use
    CONNECTIONS = "too many connections"  # the server takes no more
    LOCK = "lock"
    DENIED = "access denied"
    UNREADABLE = "secret"  # of the database; it cannot be read
    DISK_FULL = "disk full"
    READ_ONLY = "read-only"
    GONE = "gone"  # it cannot be reached, or the connection was lost
    TIME_OUT = "time-out"
    SCHEMA = "schema"  # a table or a column is missing
    DAMAGED = "damaged"
    DYNAMODB = "dynamodb"
    FILES = "files"  # the store of what files hold
    UNKNOWN = "unknown"
    FORM = "form"  # its token was refused
    FAULT = "fault"  # ours


class Unavailable(AppError):
    """A store does not answer; trying again later (`retry_after` seconds) may help. `number` is the server's."""

    message = "The service cannot reach its data right now. Nothing was changed; please try again in a moment."
    retry_after = 5
    is_planned = False  # nobody need look for its cause

    def __init__(self, message: str | None = None, *, cause: Cause = Cause.UNKNOWN, number: int | None = None) -> None:
        self.cause, self.number = cause, number
        super().__init__(message)


class ReadOnly(Unavailable):
    """Somebody who runs the site lets nothing be changed for a while."""

    message = (
        "This site is being worked on and takes no changes for the moment. Nothing was changed; what you wrote is not"
        " lost. You can go on reading, and save it in a few minutes."
    )
    retry_after = 60
    is_planned = True


class Closed(Unavailable):
    """Somebody who runs the site has closed it for a while."""

    message = (
        "This site is being worked on and is closed for the moment. Nothing is lost; please come back in a few minutes."
    )
    retry_after = 120
    is_planned = True
