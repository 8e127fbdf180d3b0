"""Why the database did not do what it was asked: errors of the driver and of the pool as a closed list of causes."""

from __future__ import annotations

from sqlalchemy import exc

from app.db.credentials import Unreadable
from app.errors import Cause, Unavailable

# The server's numbers and the client's: https://dev.mysql.com/doc/mysql-errors/8.4/en/
_MYSQL = {
    Cause.CONNECTIONS: {1040, 1203, 1226},
    Cause.LOCK: {1205, 1213, 3572},
    Cause.DENIED: {1044, 1045, 1130, 1142, 1143, 1227, 1698, 1862, 3118, 3159, 4151},
    Cause.DISK_FULL: {1021, 1026, 1114},
    Cause.READ_ONLY: {1290, 1792, 1836},
    Cause.TIME_OUT: {188, 1969, 3024},  # 188: MariaDB ended a full-text search, and says what its engine said
    Cause.SCHEMA: {1049, 1051, 1054, 1146},
    Cause.GONE: {0, 1053, 1317, 1927, 2002, 2003, 2005, 2006, 2013, 2055, 4031},
}
_BY_NUMBER = {number: cause for cause, numbers in _MYSQL.items() for number in numbers}
_SQLITE = {
    "no such table": Cause.SCHEMA,
    "no such column": Cause.SCHEMA,
    "has no column": Cause.SCHEMA,
    "file is not a database": Cause.DAMAGED,
    "unable to open database file": Cause.GONE,
    "readonly database": Cause.READ_ONLY,
    "locked": Cause.LOCK,
    "disk is full": Cause.DISK_FULL,
    "disk I/O error": Cause.DAMAGED,
    "malformed": Cause.DAMAGED,
}


def unavailable(error: BaseException) -> Unavailable:
    """Return the error of ours for one of the driver or of the pool, to be raised from it."""
    first = find_first(error)
    number = error_number(first) if isinstance(first, exc.DBAPIError) else None
    return Unavailable(cause=find_cause(first), number=number)


def find_cause(error: BaseException) -> Cause:
    """Return what an error of SQLAlchemy means."""
    if isinstance(error, exc.TimeoutError):
        return Cause.POOL
    if not isinstance(error, exc.DBAPIError) or error.orig is None:
        return Cause.UNKNOWN
    if isinstance(error.orig, Unreadable):
        return Cause.UNREADABLE
    number, text = error_number(error), str(error.orig)
    if number is None:
        return next((cause for part, cause in _SQLITE.items() if part in text), Cause.UNKNOWN)
    if "No space left on device" in text:
        return Cause.DISK_FULL
    is_time_out = isinstance(error.orig.__context__, TimeoutError)
    return Cause.TIME_OUT if is_time_out else _BY_NUMBER.get(number, Cause.UNKNOWN)


def find_first(error: BaseException) -> BaseException:
    """Return what went wrong first: a connection that is dead says `(0, '')` to whatever it is asked afterwards."""
    context = error.orig.__context__ if isinstance(error, exc.DBAPIError) and error.orig is not None else None
    is_afterwards = isinstance(error, exc.DBAPIError) and error_number(error) == 0
    if is_afterwards and isinstance(context, Exception):
        return exc.DBAPIError.instance(None, None, context, type(context))
    return error


def error_number(error: exc.DBAPIError) -> int | None:
    """Return MySQL's number of the error, None for SQLite's."""
    arguments = getattr(error.orig, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], int) else None
