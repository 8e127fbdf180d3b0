"""Who this process is at the database: what its secret holds, read again whenever the server refuses it.

A secret is the ARN of one in Secrets Manager or the path of a file; it holds JSON with "username" and "password".
"""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pymysql.err import OperationalError
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import Dialect

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.client import SecretsManagerClient

Opened = TypeVar("Opened")

# A password that is wrong (1045, 1698) or has expired (1862), an account that is locked (3118; MariaDB's 4151).
REFUSED = {1045, 1698, 1862, 3118, 4151}
# A rotation changes the password at the server and the label in Secrets Manager one after the other. In between it is
# the next version, or the last one, that is right.
LABELS = ("AWSCURRENT", "AWSPENDING", "AWSPREVIOUS")
SECONDS_BETWEEN_READS = 1.0
SECONDS_TO_READ = 1
AGAIN = "The secret of the database could not be read a moment ago."


class Unreadable(OperationalError):
    """The secret cannot be read. An error of the driver, because to the app the database is then out of reach."""


@dataclass(frozen=True)
class Credentials:
    username: str
    password: str = field(repr=False)


class Version:
    """One version of a secret, read once a second at most, however many threads ask."""

    def __init__(self, read: Callable[[], Credentials | None]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._read_at = -math.inf
        self._held: Credentials | None = None

    def get(self) -> Credentials | None:
        """Return what it holds, None if there is no such version. Raises Unreadable."""
        with self._lock:
            if time.monotonic() - self._read_at >= SECONDS_BETWEEN_READS:
                self._read_at, self._held = time.monotonic(), None
                self._held = self._read()
            return self._held


class Secret:
    """The credentials that the server accepted last, and the versions of the secret that may replace them."""

    def __init__(self, versions: Sequence[Callable[[], Credentials | None]]) -> None:
        self._versions = [Version(read) for read in versions]
        self._accepted: Credentials | None = None

    def current(self) -> Credentials:
        """Return what the secret holds now. Raises Unreadable."""
        held = self._versions[0].get()
        if held is None:
            raise Unreadable(AGAIN)
        return held

    def connect(self, open_as: Callable[[Credentials], Opened]) -> Opened:
        """Return the connection that `open_as` opens, asking with newer credentials where it is refused."""
        refusal: OperationalError = Unreadable(AGAIN)
        for credentials in self._candidates():
            try:
                opened = open_as(credentials)
            except OperationalError as error:
                if error.args[0] not in REFUSED:
                    raise
                refusal = error
                continue
            self._accepted = credentials
            return opened
        raise refusal

    def _candidates(self) -> Iterator[Credentials]:
        # A generator: the secret is read when what was accepted last is refused, and not before.
        tried = self._accepted
        if tried:
            yield tried
        for version in self._versions:
            held = version.get()
            if held and held != tried:
                yield held


def of(place: str) -> Secret:
    """Return the secret that lies at `place`: an ARN or a path."""
    if not place.startswith("arn:"):
        return Secret([partial(_in_file, Path(place))])
    client = _client(region=place.split(":")[3])
    return Secret([partial(_in_secrets_manager, client, place, label) for label in LABELS])


def use(engine: Engine, secret: Secret) -> None:
    """Let every connection of `engine` be opened with the credentials of `secret`."""

    def connect(dialect: Dialect, _entry: Any, arguments: Any, options: dict[str, Any]) -> Any:
        return secret.connect(
            lambda known: dialect.connect(
                *arguments, **options | {"user": known.username, "password": known.password.encode()}
            )
        )

    event.listen(engine, "do_connect", connect)


def encode_password(_dialect: Dialect, _entry: Any, _arguments: Any, options: dict[str, Any]) -> None:
    """Send an address's password in UTF-8, as the server stores it; the driver would send Latin-1. For do_connect."""
    if isinstance(password := options.get("password"), str):
        options["password"] = password.encode()


def _in_file(path: Path) -> Credentials:
    try:
        return parse(path.read_bytes())
    except OSError as error:
        raise Unreadable(f"The secret of the database cannot be read: {error.strerror}.") from None


def _client(region: str) -> SecretsManagerClient:
    # Here and not above: a process whose secret is a file does not carry boto3's 25 MB.
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    # One attempt: who waits for a page asks again, and the next one may be answered.
    patience = Config(connect_timeout=SECONDS_TO_READ, read_timeout=SECONDS_TO_READ, retries={"total_max_attempts": 1})
    return boto3.client("secretsmanager", region_name=region, config=patience)


def _in_secrets_manager(client: SecretsManagerClient, arn: str, label: str) -> Credentials | None:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        return parse(client.get_secret_value(SecretId=arn, VersionStage=label).get("SecretString", ""))
    except client.exceptions.ResourceNotFoundException:
        if label != "AWSCURRENT":
            return None
        raise Unreadable("The secret of the database does not exist.") from None
    except ClientError as error:
        raise Unreadable(f"The secret of the database cannot be read: {error.response['Error']['Code']}.") from None
    except BotoCoreError as error:
        raise Unreadable(f"The secret of the database cannot be read: {type(error).__name__}.") from None


def parse(text: str | bytes) -> Credentials:
    """Return the credentials in a secret's JSON. Raises Unreadable, without a word of what it holds."""
    try:
        held = json.loads(text)
        username, password = held["username"], held["password"]
    except (ValueError, TypeError, KeyError):
        username = password = None
    if not (isinstance(username, str) and username and isinstance(password, str) and password):
        raise Unreadable('The secret of the database is not JSON with a "username" and a "password".')
    # NUL ends a password on its way to the server, and half a surrogate pair is no character.
    if re.search("[\0\ud800-\udfff]", username + password):
        raise Unreadable("The secret of the database holds a character that MySQL cannot take.")
    return Credentials(username, password)
