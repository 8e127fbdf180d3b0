"""Which settings are in force, by the names of the environment's variables, and without a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config import ServerSettings, fingerprint

HIDDEN = "***"


@dataclass(frozen=True)
class Setting:
    """`value` is what holds, whoever said so; `source` is "environment" or "default"."""

    name: str
    value: str
    source: str


def in_force(config: Mapping[str, Any], server: ServerSettings, environ: Mapping[str, str]) -> list[Setting]:
    """Return the settings in the order of docs/settings.md; the others belong to other programs."""
    return [
        Setting(name, _text(value), "environment" if environ.get(name) else "default")
        for name, value in _values(config, server, environ).items()
    ]


def _values(config: Mapping[str, Any], server: ServerSettings, environ: Mapping[str, str]) -> dict[str, object]:
    def hide(name: str) -> str | None:
        return HIDDEN if environ.get(name) else None

    oidc = config["OIDC"]
    reader = config["SQLALCHEMY_BINDS"].get("reader")
    return {
        "APP_ENV": config["APP_ENV"],
        "SECRET_KEY": f"{HIDDEN} (fingerprint {fingerprint(config['SECRET_KEY'])})",
        "SECRET_KEY_FALLBACKS": [
            f"{HIDDEN} (fingerprint {fingerprint(key)})" for key in config["SECRET_KEY_FALLBACKS"]
        ],
        "DATABASE_URL": _database(config["SQLALCHEMY_DATABASE_URI"]),
        "DATABASE_PASSWORD": hide("DATABASE_PASSWORD"),
        "DATABASE_SECRET": config["DATABASE_SECRET"],
        "DATABASE_APP_SECRET": config["DATABASE_APP_SECRET"],
        "DATABASE_MIGRATE_SECRET": config["DATABASE_MIGRATE_SECRET"],
        "DATABASE_CA": config["DATABASE_CA"],
        "DATABASE_READER_URL": _database(reader["url"]) if reader else None,
        "DATABASE_POOL_SIZE": config["SQLALCHEMY_ENGINE_OPTIONS"].get("pool_size", "no limit on SQLite"),
        "BACKUP_FOLDER": config["BACKUP_FOLDER"],
        "BACKUP_KEEP": config["BACKUP_KEEP"],
        "FILES_STORE": config["FILES_STORE"],
        "FILES_FOLDER": config["FILES_FOLDER"],
        "FILES_BUCKET": config["FILES_BUCKET"],
        "FILES_PREFIX": config["FILES_PREFIX"],
        "KEEP_POSITIONS": config["KEEP_POSITIONS"],
        "FILE_MEGABYTES": config["FILE_MEGABYTES"],
        "ACCOUNT_MEGABYTES": config["ACCOUNT_MEGABYTES"],
        "SIGN_UP": config["SIGN_UP"],
        "MAIL_URL": without_password(config["MAIL_URL"]),
        "MAIL_PASSWORD": hide("MAIL_PASSWORD"),
        "MAIL_FROM": config["MAIL_FROM"],
        "MAIL_CA": config["MAIL_CA"],
        "REQUIRE_SECOND_FACTOR": config["REQUIRE_SECOND_FACTOR"],
        "OIDC_ISSUER": oidc and without_password(oidc.issuer),
        "OIDC_CLIENT_ID": oidc and oidc.client_id,
        "OIDC_CLIENT_SECRET": hide("OIDC_CLIENT_SECRET"),
        "OIDC_NAME": oidc and oidc.name,
        "OIDC_SIGN_UP": bool(oidc and oidc.sign_up),
        "OIDC_CA": oidc and oidc.ca,
        "SESSION_IDLE_DAYS": config["SESSION_IDLE_DAYS"],
        "SESSION_DAYS": config["SESSION_DAYS"],
        "PUBLIC_URL": without_password(config["PUBLIC_URL"]),
        "PLAIN_HTTP": config["APP_ENV"] == "production" and not config["SESSION_COOKIE_SECURE"],
        "PROXY_HOPS": config["PROXY_HOPS"],
        "PROXY_PREFIX": config["PROXY_PREFIX"],
        "TRUSTED_HOSTS": config["ALLOWED_HOSTS"] or "any",
        "OPERATOR_NETWORKS": config["OPERATOR_NETWORKS"] or "any",
        "SITE_MODE": config["SITE_MODE"],
        "FEATURES": config["FEATURES"],
        "ENTRIES_STORE": config["ENTRIES_STORE"],
        "DYNAMO_TABLE": config["DYNAMO_TABLE"],
        "AWS_REGION": config["AWS_REGION"],
        "BIND": server.bind.rpartition(":")[0],
        "PORT": server.bind.rpartition(":")[2],
        "WEB_CONCURRENCY": server.workers,
        "WEB_THREADS": server.threads,
        "BUILD": config["BUILD"],
        "ANNOUNCE": server.announce,
        "RUN_JOBS": server.runs_jobs,
        "OLD_DATABASE_PASSWORD": hide("OLD_DATABASE_PASSWORD"),
    }


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return str(int(value))
    return "none" if value in {None, ""} else str(value)


def _database(url: Any) -> str:
    if url.get_backend_name() == "sqlite":
        return f"sqlite:///{url.database}"
    return without_password(url.set(query={}).render_as_string(hide_password=False))


def without_password(address: str) -> str:
    """Return the address without its password, also where that holds an @ or /: the host stands behind the last @."""
    scheme, _, rest = address.partition("://")
    person, at, host = rest.rpartition("@")
    if not at:
        return address
    name, colon, _ = person.partition(":")
    return f"{scheme}://{name}{colon and ':' + HIDDEN}@{host}"
