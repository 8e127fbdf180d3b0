"""The tables of accounts: people, their sessions and tokens."""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, String, Table, UniqueConstraint

from app.db.columns import BIG, DIGEST, LONG_TEXT, MYSQL_TABLE, exact, raw
from app.db.metadata import metadata

TOKEN_NAME_LENGTH = 80
FACTOR_NAME_LENGTH = 80
CREDENTIAL_LENGTH = 1023  # WebAuthn Level 3, section 4, "Credential ID"
IDENTITY_LENGTH = 255
EMAIL_LENGTH = 254  # RFC 5321, section 4.5.3.1.3

account = Table(
    "account",
    metadata,
    Column("id", BIG, primary_key=True),
    Column("email", exact(EMAIL_LENGTH), nullable=False, unique=True),  # in lower case
    Column("password_hash", String(255), nullable=False),
    Column("created_at", BIG, nullable=False),
    Column("verified_at", BIG),  # when the person showed that mail to the address arrives; none: not yet
    Column("suspended_at", BIG),  # since when nobody gets in, by whatever way; none: they do
    **MYSQL_TABLE,
)

# A link in a mail, known by the SHA-256 of its token.
account_link = Table(
    "account_link",
    metadata,
    Column("digest", DIGEST, primary_key=True),
    Column("purpose", exact(20), nullable=False),
    Column("account_id", BIG, ForeignKey("account.id", ondelete="CASCADE")),  # none: there is no account yet
    Column("email", exact(EMAIL_LENGTH), nullable=False),
    Column("expires_at", BIG, nullable=False),
    **MYSQL_TABLE,
)

# A session is known by the SHA-256 of its token: who reads this table still cannot sign in.
account_session = Table(
    "account_session",
    metadata,
    Column("account_id", BIG, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("digest", DIGEST, primary_key=True),
    Column("created_at", BIG, nullable=False),
    Column("seen_at", BIG, nullable=False),
    Column("expires_at", BIG, nullable=False),
    Column("user_agent", String(200), nullable=False),
    Column("proved_at", BIG, nullable=False, server_default="0"),  # when the person last gave the password in it
    Column("client", exact(45), nullable=False, server_default=""),  # the address where it began
    UniqueConstraint("account_id", "digest", name="uq_account_session_account"),
    **MYSQL_TABLE,
)

# What is asked for beside the password, and the codes for who has lost it.
account_factor = Table(
    "account_factor",
    metadata,
    Column("account_id", BIG, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("id", BIG, primary_key=True, autoincrement=False),
    Column("kind", exact(10), nullable=False),  # app, passkey, code
    Column("name", String(FACTOR_NAME_LENGTH), nullable=False),
    Column("secret", LONG_TEXT, nullable=False),  # of an app; of a recovery code its SHA-256; else empty
    Column("used_step", BIG, nullable=False),  # of an app: the newest step of time of which a code was used
    Column("created_at", BIG, nullable=False),
    Column("used_at", BIG),
    **MYSQL_TABLE,
)

# What a factor that is a passkey holds beside its name: what is needed to verify what an authenticator has signed.
account_passkey = Table(
    "account_passkey",
    metadata,
    Column("account_id", BIG, primary_key=True, autoincrement=False),
    Column("factor_id", BIG, primary_key=True, autoincrement=False),
    Column("credential_id", raw(CREDENTIAL_LENGTH), nullable=False),
    Column("public_key", raw(CREDENTIAL_LENGTH), nullable=False),  # a COSE key
    Column("user_handle", raw(64), nullable=False),  # random: what authenticators know the account by
    Column("sign_count", BIG, nullable=False),  # the highest that was seen; 0 of one that does not count
    Column("transports", exact(80), nullable=False),  # usb, nfc, internal ..., with commas between them
    UniqueConstraint("credential_id", name="uq_account_passkey_credential_id"),
    ForeignKeyConstraint(
        ["account_id", "factor_id"], ["account_factor.account_id", "account_factor.id"], ondelete="CASCADE"
    ),
    **MYSQL_TABLE,
)

# The identity of an account at a provider, whose identifier for a person has at most 255 characters of ASCII (OpenID
# Connect Core, section 2).
account_identity = Table(
    "account_identity",
    metadata,
    Column("account_id", BIG, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("issuer", exact(IDENTITY_LENGTH), primary_key=True),
    Column("subject", exact(IDENTITY_LENGTH), nullable=False),
    Column("created_at", BIG, nullable=False),
    UniqueConstraint("issuer", "subject", name="uq_account_identity_issuer"),
    **MYSQL_TABLE,
)

# What happened to an account, for its owner to see.
security_event = Table(
    "security_event",
    metadata,
    Column("account_id", BIG, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("id", BIG, primary_key=True),
    Column("at", BIG, nullable=False),
    Column("event", exact(30), nullable=False),
    Column("result", exact(10), nullable=False),
    Column("client", exact(45), nullable=False),  # an address
    Column("user_agent", String(200), nullable=False),
    UniqueConstraint("account_id", "result", "id", name="uq_security_event_account_id_result"),
    **MYSQL_TABLE,
)

# A program's key to one account, known by its SHA-256 as a session is.
api_token = Table(
    "api_token",
    metadata,
    Column("account_id", BIG, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("id", BIG, nullable=False),
    Column("digest", DIGEST, primary_key=True),
    Column("name", String(TOKEN_NAME_LENGTH), nullable=False),
    Column("scope", exact(5), nullable=False),  # read or write
    Column("created_at", BIG, nullable=False),
    Column("expires_at", BIG),
    Column("used_at", BIG),
    UniqueConstraint("account_id", "id", name="uq_api_token_account"),
    **MYSQL_TABLE,
)
