"""The tables of accounts: people, their sessions, and the failed attempts that throttle guessing."""

from sqlalchemy import Column, ForeignKey, Integer, String, UniqueConstraint

from app.columns import BIG, DIGEST, MYSQL_TABLE, exact
from app.extensions import db

EMAIL_LENGTH = 254  # RFC 5321, section 4.5.3.1.3

account = db.Table(
    "account",
    Column("id", BIG, primary_key=True),
    Column("email", exact(EMAIL_LENGTH), nullable=False, unique=True),  # in lower case
    Column("password_hash", String(255), nullable=False),
    Column("created_at", BIG, nullable=False),
    **MYSQL_TABLE,
)

# A session is known by the SHA-256 of its token: who reads this table still cannot sign in.
account_session = db.Table(
    "account_session",
    Column("account_id", BIG, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("digest", DIGEST, primary_key=True),
    Column("created_at", BIG, nullable=False),
    Column("seen_at", BIG, nullable=False),
    Column("expires_at", BIG, nullable=False),
    Column("user_agent", String(200), nullable=False),
    UniqueConstraint("account_id", "digest", name="uq_account_session_account"),
    **MYSQL_TABLE,
)

# Failed attempts, counted by what was tried (a digest of address and client) and by a window of time.
failed_attempt = db.Table(
    "failed_attempt",
    Column("subject", DIGEST, primary_key=True),
    Column("time_window", BIG, primary_key=True, autoincrement=False),
    Column("attempts", Integer, nullable=False),
    **MYSQL_TABLE,
)
