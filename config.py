"""Turns environment variables into settings and refuses a bad value in one sentence, before anything starts.

This is the only place where the product reads its environment; docs/settings.md lists what can be set.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

ROOT = Path(__file__).resolve().parent
INSTANCE = ROOT / "instance"

KNOWN_BAD_KEYS = {"changeme", "dev", "secret", "secretkey", "supersecretkey", "password", "default", "test", "key"}
SHORTEST_KEY = 32
# The exclamation mark is in the names that RDS gives: rds!db-...
SECRET_ARN = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@!-]+", re.ASCII)

# General purpose buckets: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class ConfigError(ValueError):
    """A setting is missing or wrong; the message is one sentence for the operator."""


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the Flask settings that `environ` asks for.

    Raises ConfigError for the first value that cannot be used.
    """
    app_env = _choice(environ, "APP_ENV", "development", {"production", "development", "testing"})
    production = app_env == "production"
    # Over plain HTTP a browser keeps no Secure cookie, and then no form can be sent.
    secure = production and _choice(environ, "PLAIN_HTTP", "0", {"0", "1"}) == "0"
    features = _features(environ)
    key = _secret_key(environ, production)
    former_keys = _former_keys(environ, key)
    entries_store = _choice(environ, "ENTRIES_STORE", "sql", {"sql", "dynamodb"})
    return {
        "APP_ENV": app_env,
        "SITE_MODE": _choice(environ, "SITE_MODE", "open", {"open", "read-only", "closed"}),
        "BUILD": environ.get("BUILD") or "unknown",
        "SECRET_KEY": key,
        # What they have signed is still believed, and signed anew by the key above. Flask reads the first of these two,
        # Flask-WTF the second, as itsdangerous has it: the newest last.
        "SECRET_KEY_FALLBACKS": former_keys,
        "WTF_CSRF_SECRET_KEY": [*reversed(former_keys), key],
        "SIGN_UP": _choice(environ, "SIGN_UP", "closed" if production else "open", {"open", "first", "closed"}),
        "ALLOWED_HOSTS": _words(environ, "TRUSTED_HOSTS"),
        "OPERATOR_NETWORKS": _networks(environ, "OPERATOR_NETWORKS"),
        "PROXY_HOPS": _whole_number(environ, "PROXY_HOPS", 0, 0, 5),
        "PROXY_PREFIX": _choice(environ, "PROXY_PREFIX", "0", {"0", "1"}) == "1",
        "FEATURES": features,
        "ENTRIES_STORE": entries_store,
        "DYNAMO_TABLE": _table_name(environ),
        "AWS_REGION": environ.get("AWS_REGION") or "eu-central-1",
        # `flask db` works whatever this image serves here: every command of flask has the database.
        **(_sql(environ) if "notes" in features or entries_store == "sql" or _is_command(environ) else {"SQL": False}),
        # Eight times the longest text: what is a bit too long gets its form back, with a sentence about the limit.
        **_mail(environ, app_env),
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "SESSION_COOKIE_NAME": "__Host-session" if secure else "session",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "OIDC": _oidc(environ),
        "REQUIRE_SECOND_FACTOR": _choice(environ, "REQUIRE_SECOND_FACTOR", "0", {"0", "1"}) == "1",
        # In days: how long a session may go unused, and how long it lasts at most.
        "SESSION_IDLE_DAYS": _whole_number(environ, "SESSION_IDLE_DAYS", 14, 1, 3650),
        "SESSION_DAYS": (session_days := _whole_number(environ, "SESSION_DAYS", 90, 1, 3650)),
        "PERMANENT_SESSION_LIFETIME": session_days * 24 * 3600,
        "SESSION_REFRESH_EACH_REQUEST": False,
        # The token lives as long as the session: a form left open overnight must still save.
        "WTF_CSRF_TIME_LIMIT": None,
        "WTF_CSRF_SSL_STRICT": production,
        "BOOTSTRAP_SERVE_LOCAL": True,
    }


@dataclass(frozen=True)
class ServerSettings:
    """How gunicorn serves: where it listens, with how many processes, threads and connections to the database.

    `announce` is what the server calls itself when it says where it is; empty where nobody wants to know.
    With `runs_jobs` it starts `flask jobs run` beside itself, for which one of the instance's connections is left.
    """

    bind: str
    workers: int
    threads: int
    connections: int
    announce: str
    runs_jobs: bool


def server_settings(environ: Mapping[str, str]) -> ServerSettings:
    """Return what `environ` asks of gunicorn. Raises ConfigError for the first value that cannot be used."""
    mysql = environ.get("DATABASE_URL", "").startswith("mysql")
    runs_jobs = _choice(environ, "RUN_JOBS", "0", {"0", "1"}) == "1"
    connections = max(1, _pool_size(environ) - runs_jobs)
    # One for transactions and one for reads, which go on while a transaction waits: app/db/write_slots.py.
    most = max(1, connections // 2) if mysql else 64
    workers = _whole_number(environ, "WEB_CONCURRENCY", min(2, most), 1, 64)
    if workers > most:
        raise ConfigError(
            f"WEB_CONCURRENCY must be at most {most}: each process needs two of the {connections} connections that"
            f" DATABASE_POOL_SIZE{' leaves beside the jobs' if runs_jobs else ' gives'}."
        )
    # A thread that waits for MySQL, or for one of the few connections to it, costs little; a probe that finds no thread
    # free costs the instance. On SQLite, which never waits, one thread is faster.
    on_aws = environ.get("ENTRIES_STORE") == "dynamodb" or environ.get("FILES_BUCKET")
    waiting = 64 if mysql else 8 if on_aws else 1
    return ServerSettings(
        bind=f"{_address(environ, 'BIND')}:{_whole_number(environ, 'PORT', 5000, 1, 65535)}",
        workers=workers,
        threads=_whole_number(environ, "WEB_THREADS", waiting, 1, 256),
        connections=connections,
        announce=environ.get("ANNOUNCE", ""),
        runs_jobs=runs_jobs,
    )


def _address(environ: Mapping[str, str], name: str) -> str:
    """Return an address to listen at as gunicorn writes it, by default loopback; the image sets all addresses."""
    text = environ.get(name) or "127.0.0.1"
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        raise ConfigError(f"{name} must be an address of this machine, such as 127.0.0.1 or 0.0.0.0.") from None
    return f"[{address}]" if address.version == 6 else str(address)


def _pool_size(environ: Mapping[str, str]) -> int:
    return _whole_number(environ, "DATABASE_POOL_SIZE", 5, 1, 100)


def _choice(environ: Mapping[str, str], name: str, default: str, allowed: set[str]) -> str:
    value = environ.get(name) or default
    if value not in allowed:
        raise ConfigError(f"{name} must be one of {', '.join(sorted(allowed))}, not {value!r}.")
    return value


def _features(environ: Mapping[str, str]) -> tuple[str, ...]:
    features = tuple(dict.fromkeys(_words(environ, "FEATURES"))) or ("notes", "entries")
    if not set(features) <= {"notes", "entries"}:
        raise ConfigError(
            f"FEATURES must be notes, entries or both with a comma between them, not {','.join(features)!r}."
        )
    return features


def _table_name(environ: Mapping[str, str]) -> str:
    name = environ.get("DYNAMO_TABLE") or "EightDigit"
    if not re.fullmatch(r"[A-Za-z0-9_.-]{3,255}", name):
        raise ConfigError(f"DYNAMO_TABLE must be 3 to 255 letters, digits, dots, hyphens or underscores, not {name!r}.")
    return name


def _is_command(environ: Mapping[str, str]) -> bool:
    return environ.get("FLASK_RUN_FROM_CLI") == "true"  # set by Flask itself


def _words(environ: Mapping[str, str], name: str) -> list[str]:
    return [word.strip() for word in environ.get(name, "").split(",") if word.strip()]


def _networks(environ: Mapping[str, str], name: str) -> list[IPv4Network | IPv6Network]:
    try:
        return [ip_network(word) for word in _words(environ, name)]
    except ValueError:
        raise ConfigError(
            f"{name} must be ranges of addresses separated by commas, such as 127.0.0.0/8,10.0.0.0/16."
        ) from None


def _whole_number(environ: Mapping[str, str], name: str, default: int, least: int, most: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise ConfigError(f"{name} must be a whole number from {least} to {most}, not {text!r}.")
    return int(text)


def _secret_key(environ: Mapping[str, str], production: bool) -> str:
    key = environ.get("SECRET_KEY", "")
    if not key and not production:
        return _development_key(INSTANCE / "secret_key")
    if not key:
        raise ConfigError("SECRET_KEY must be set when APP_ENV is production.")
    if not _is_good_key(key):
        raise ConfigError(f"SECRET_KEY must be at least {SHORTEST_KEY} characters, made at random.")
    return key


def _is_good_key(key: str) -> bool:
    plain = "".join(letter for letter in key.lower() if letter.isalnum())
    return len(key) >= SHORTEST_KEY and plain not in KNOWN_BAD_KEYS and len(set(key)) >= 8


def _former_keys(environ: Mapping[str, str], key: str) -> list[str]:
    """Return the keys that came before `key`, newest first."""
    former = environ.get("SECRET_KEY_FALLBACKS", "").split()
    if not all(map(_is_good_key, former)):
        raise ConfigError(
            "SECRET_KEY_FALLBACKS is former keys with spaces between them, each as long as SECRET_KEY must be."
        )
    return [one for one in former if one != key]


def fingerprint(key: str) -> str:
    """Return eight digits by which servers with different keys are told apart, and nobody guesses a key."""
    return hashlib.blake2b(key.encode(), digest_size=4, person=b"secret-key").hexdigest()


def _development_key(path: Path) -> str:
    """Return the key kept in `path`, made on first use; two processes that start at once agree on one."""
    _make_instance_folder()
    try:
        with path.open("x") as file:
            path.chmod(0o600)
            file.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return path.read_text()


def _make_instance_folder() -> None:
    """Make the folder of the embedded database and of the key; only this user may read it."""
    try:
        INSTANCE.mkdir(mode=0o700, exist_ok=True)
        if INSTANCE.stat().st_uid == os.geteuid():
            INSTANCE.chmod(0o700)
    except OSError as error:
        raise ConfigError(f"The folder {INSTANCE} cannot be made ({error.strerror}): set DATABASE_URL.") from None


def _mail(environ: Mapping[str, str], app_env: str) -> dict[str, Any]:
    """Where mails go; MAIL_URL is "" where there is no mail."""
    url = environ.get("MAIL_URL") or ("" if app_env != "development" else f"folder:{INSTANCE / 'mail'}")
    parts = _parts("MAIL_URL", url)
    ca = environ.get("MAIL_CA") or None
    if ca and not Path(ca).is_file():
        raise ConfigError(f"MAIL_CA names no file: {ca}.")
    is_server = parts.scheme in {"smtp", "smtps"} and bool(parts.hostname)
    if url and not is_server and not (parts.scheme == "folder" and parts.path):
        # It may hold a password, so it is not repeated.
        raise ConfigError("MAIL_URL must be smtp://USER@HOST, smtps://USER@HOST or folder:PATH.")
    site = environ.get("PUBLIC_URL") or f"http://127.0.0.1:{environ.get('PORT') or 5000}"
    if is_server and not (environ.get("PUBLIC_URL") and environ.get("MAIL_FROM")):
        raise ConfigError(
            "MAIL_URL needs MAIL_FROM, the sender's address, and PUBLIC_URL, the site's address for links in mails."
        )
    public = _parts("PUBLIC_URL", environ.get("PUBLIC_URL") or "http://localhost")
    if public.scheme not in {"http", "https"} or not public.hostname or public.query:
        raise ConfigError(f"PUBLIC_URL is an address such as https://notes.example, not {site!r}.")
    return {
        "MAIL_URL": url,
        "MAIL_FROM": environ.get("MAIL_FROM") or "Notes <notes@localhost>",
        "MAIL_PASSWORD": environ.get("MAIL_PASSWORD", ""),
        "MAIL_CA": ca,
        "PUBLIC_URL": site.rstrip("/"),
        # Where it is set, passkeys are good there and nowhere else; else wherever a browser is.
        "PUBLIC_ORIGIN": _origin(site) if environ.get("PUBLIC_URL") else None,
        # Who tries the app out on one machine has no mailbox to look into.
        "SIGN_UP_BY_MAIL": bool(environ.get("MAIL_URL")),
    }


@dataclass(frozen=True)
class OidcSettings:
    """The identity provider by which people may sign in; with `sign_up` new ones, too, though sign-up is closed."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str
    sign_up: bool
    ca: str | None


def _oidc(environ: Mapping[str, str]) -> OidcSettings | None:
    """Return the provider, None where there is none. Nobody asks it before somebody signs in by it."""
    issuer, client_id = environ.get("OIDC_ISSUER", ""), environ.get("OIDC_CLIENT_ID", "")
    secret = environ.get("OIDC_CLIENT_SECRET", "")
    if not (issuer or client_id or secret):
        return None
    if not (issuer and client_id and secret and environ.get("PUBLIC_URL")):
        raise ConfigError(
            "OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET must be set together, and with PUBLIC_URL."
        )
    parts = _parts("OIDC_ISSUER", issuer)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1"})
    if not (is_safe and parts.hostname and issuer.isascii() and len(issuer) <= 255) or parts.query or parts.fragment:
        raise ConfigError(f"OIDC_ISSUER is an address such as https://accounts.example, not {issuer!r}.")
    ca = environ.get("OIDC_CA") or None
    if ca and not Path(ca).is_file():
        raise ConfigError(f"OIDC_CA names no file: {ca}.")
    return OidcSettings(
        issuer=issuer,
        client_id=client_id,
        client_secret=secret,
        name=environ.get("OIDC_NAME") or parts.hostname or "",
        sign_up=_choice(environ, "OIDC_SIGN_UP", "0", {"0", "1"}) == "1",
        ca=ca,
    )


def _parts(name: str, address: str) -> SplitResult:
    """Return the parts of an address. Raises ConfigError for one that has none."""
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        # It may hold a password, and so may Python's sentence, so neither is repeated.
        raise ConfigError(f"{name} is no address: its host or its port cannot be read.") from None
    return parts


def _origin(url: str) -> str:
    """Return scheme, host and port as browsers write an origin (RFC 6454, section 6.1)."""
    parts = urlsplit(url)
    is_usual = parts.port in {None, {"http": 80, "https": 443}[parts.scheme]}
    return f"{parts.scheme}://{parts.hostname}" + ("" if is_usual else f":{parts.port}")


def _sql(environ: Mapping[str, str]) -> dict[str, Any]:
    url = _database_url(environ, "DATABASE_URL", f"sqlite:///{INSTANCE / 'notes.db'}")
    return {
        "SQL": True,
        "SQLALCHEMY_DATABASE_URI": url,
        "SQLALCHEMY_ENGINE_OPTIONS": _engine_options(environ, url),
        "SQLALCHEMY_BINDS": _reader(environ, url),
        "DATABASE_SECRET": _database_secret(environ, url),
        "DATABASE_CA": environ.get("DATABASE_CA") or None,
        # Whom `flask database users` makes.
        "DATABASE_APP_SECRET": _secret_place(environ, "DATABASE_APP_SECRET"),
        "DATABASE_MIGRATE_SECRET": _secret_place(environ, "DATABASE_MIGRATE_SECRET"),
        **_files(environ, url),
        "BACKUP_FOLDER": _backup_folder(environ, url),
        "BACKUP_KEEP": _whole_number(environ, "BACKUP_KEEP", 7, 1, 1000),
        # For `flask notes adopt`: of the database that it reads.
        "OLD_DATABASE_PASSWORD": environ.get("OLD_DATABASE_PASSWORD"),
    }


def _files(environ: Mapping[str, str], url: URL) -> dict[str, Any]:
    """Where the content of files lies, and how much of it there may be."""
    prefix = environ.get("FILES_PREFIX", "")
    bucket = environ.get("FILES_BUCKET", "")
    folder = _files_folder(environ, url)
    kind = _choice(environ, "FILES_STORE", "s3" if bucket else "folder" if folder else "none", {"none", "folder", "s3"})
    if kind == "folder" and folder is None:
        raise ConfigError("FILES_STORE=folder needs FILES_FOLDER, which all servers of the site share.")
    if kind == "s3" and not BUCKET.fullmatch(bucket):
        raise ConfigError(f"FILES_STORE=s3 needs FILES_BUCKET, the name of a bucket, not {bucket!r}.")
    if not re.fullmatch(r"(?:[A-Za-z0-9_.-]+/)*", prefix):
        raise ConfigError(f"FILES_PREFIX is empty or ends with a slash, such as files/, not {prefix!r}.")
    return {
        "FILES_STORE": kind,
        "FILES_FOLDER": folder,
        "FILES_BUCKET": bucket,
        "FILES_PREFIX": prefix,
        # Where a picture was taken is nobody's business unless somebody wants it to be.
        "KEEP_POSITIONS": _choice(environ, "KEEP_POSITIONS", "0", {"0", "1"}) == "1",
        "FILE_MEGABYTES": _whole_number(environ, "FILE_MEGABYTES", 25, 1, 1024),
        "ACCOUNT_MEGABYTES": 0 if kind == "none" else _whole_number(environ, "ACCOUNT_MEGABYTES", 1024, 0, 1024**2),
    }


def _files_folder(environ: Mapping[str, str], url: URL) -> Path | None:
    """Return the folder of what files hold: by default beside the database's file and named after it.

    Two databases never share one: each would take the other's files for nobody's. The servers of a site that has MySQL
    do share theirs, and only whoever runs them knows where they could.
    """
    if environ.get("FILES_FOLDER"):
        folder = Path(environ["FILES_FOLDER"]).resolve()
        if not folder.parent.is_dir():
            raise ConfigError(f"FILES_FOLDER is {folder}, and there is no folder in which it could be made.")
        return folder
    return Path(f"{url.database}-files") if url.drivername == "sqlite" else None


def _reader(environ: Mapping[str, str], writer: URL) -> dict[str, Any]:
    """The copies of the database, behind one address; the same user may read there what the writer has written."""
    if not environ.get("DATABASE_READER_URL"):
        return {}
    url = _database_url(environ, "DATABASE_READER_URL", "")
    if (url.drivername, url.username, url.password) != (writer.drivername, writer.username, writer.password):
        raise ConfigError("DATABASE_READER_URL differs from DATABASE_URL in more than its host.")
    options = _engine_options(environ, url)
    # Few exports run at once; these connections are not taken from the pages' pool.
    return {"reader": {"url": url, **options, **({"pool_size": 2} if "pool_size" in options else {})}}


def _database_secret(environ: Mapping[str, str], url: URL) -> str | None:
    place = _secret_place(environ, "DATABASE_SECRET")
    if url.drivername == "sqlite":
        if place:
            raise ConfigError("DATABASE_SECRET is for MySQL, but DATABASE_URL names a SQLite file, which has no users.")
    elif place and (url.username or url.password):
        raise ConfigError(
            "DATABASE_SECRET holds user and password: leave both out of DATABASE_URL, and DATABASE_PASSWORD unset."
        )
    elif not place and not url.username:
        raise ConfigError("DATABASE_URL names no user: put one before the host, or set DATABASE_SECRET.")
    return place


def _backup_folder(environ: Mapping[str, str], url: URL) -> Path | None:
    """Return where the jobs put a backup a day, None where they make none."""
    folder = environ.get("BACKUP_FOLDER")
    if not folder:
        return None
    if url.drivername != "sqlite":
        raise ConfigError("BACKUP_FOLDER is for SQLite; for MySQL see docs/backup.md.")
    if not Path(folder).resolve().parent.is_dir():
        raise ConfigError(f"BACKUP_FOLDER is {folder}, and there is no folder in which it could be made.")
    return Path(folder).resolve()


def _secret_place(environ: Mapping[str, str], name: str) -> str | None:
    """Return where user and password lie: the ARN of a secret, or the path of a file."""
    place = environ.get(name)
    if not place:
        return None
    # What stands there might be the secret itself, so it is not repeated.
    if not SECRET_ARN.fullmatch(place) and ("{" in place or not Path(place).is_file()):
        raise ConfigError(f"{name} is neither the ARN of a secret in Secrets Manager nor the path of a file.")
    return place


def _database_url(environ: Mapping[str, str], name: str, default: str) -> URL:
    # Here and not above: a process without a SQL database does not carry SQLAlchemy's 15 MB.
    from sqlalchemy.engine import make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    text = environ.get(name) or default
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The text itself may hold a password, and so may what stands where its port should, so neither is repeated.
        raise ConfigError(f"{name} is not a database address such as mysql+pymysql://user@host/notes.") from None
    if url.drivername not in {"sqlite", "mysql+pymysql"}:
        raise ConfigError(f"{name} must begin with sqlite:/// or mysql+pymysql://.")
    if url.drivername == "sqlite" and url.database in {None, "", ":memory:"}:
        raise ConfigError(f"{name} must name a file: each connection to SQLite's memory is a database of its own.")
    if url.drivername == "sqlite":
        # As the shell understands it: a relative name is relative to here.
        file = Path(url.database or "").resolve()
        if file.parent == INSTANCE:
            _make_instance_folder()
        if not file.parent.is_dir():
            raise ConfigError(f"DATABASE_URL names a file in {file.parent}, and there is no such folder.")
        return url.set(database=str(file))
    return url.set(password=url.password or environ.get("DATABASE_PASSWORD"), query={"charset": "utf8mb4"})


def _engine_options(environ: Mapping[str, str], url: URL) -> dict[str, Any]:
    """Options of create_engine; times are seconds."""
    # Reads need no transaction, and then cost one round trip in place of three; writes open theirs.
    options: dict[str, Any] = {
        "isolation_level": "AUTOCOMMIT",
        "skip_autocommit_rollback": True,
        # An error is logged, and what people wrote must not be in it.
        "hide_parameters": True,
    }
    if url.drivername == "sqlite":
        # Writers queue for this long before a page says that the database is busy.
        return options | {"connect_args": {"timeout": 10}}
    ca = environ.get("DATABASE_CA")
    if ca and not Path(ca).is_file():
        raise ConfigError(f"DATABASE_CA names no file: {ca}.")
    from app.db.fair_pool import FairPool  # noqa: PLC0415  # it brings SQLAlchemy, as above

    return options | {
        "poolclass": FairPool,
        "pool_size": _pool_size(environ),
        "max_overflow": 0,
        # With waiting for a connection and for one answer, a request fails in less than three seconds.
        "pool_timeout": 1,
        "pool_recycle": 1800,
        "connect_args": {
            "connect_timeout": 1,
            "read_timeout": 2,
            "write_timeout": 2,
            # One context for all connections: reading the bundle takes 20 ms. It verifies chain and host name.
            **({"ssl": ssl.create_default_context(cafile=ca)} if ca else {}),
        },
    }
