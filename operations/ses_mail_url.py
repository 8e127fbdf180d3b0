"""Turns what `aws iam create-access-key` prints into MAIL_URL for SES; the argument is the region.

SES takes no access key by SMTP, but a password that is derived from it:
https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html
"""

from __future__ import annotations

import base64
import hmac
import json
import sys
from urllib.parse import quote

# All of them fixed by SES, the date too.
DATE, SERVICE, TERMINAL, MESSAGE = "11111111", "ses", "aws4_request", "SendRawEmail"
VERSION = b"\x04"


def smtp_password(secret_key: str, region: str) -> str:
    """Return the password that belongs to the access key's name, good in one region."""
    signature = f"AWS4{secret_key}".encode()
    for part in (DATE, region, SERVICE, TERMINAL, MESSAGE):
        signature = hmac.digest(signature, part.encode(), "sha256")
    return base64.b64encode(VERSION + signature).decode()


def mail_url(created: str, region: str) -> str:
    """Return MAIL_URL for what `aws iam create-access-key` has printed."""
    key = json.loads(created)["AccessKey"]
    password = quote(smtp_password(key["SecretAccessKey"], region), safe="")
    return f"smtps://{key['AccessKeyId']}:{password}@email-smtp.{region}.amazonaws.com:465"


if __name__ == "__main__":
    print(mail_url(sys.stdin.read(), sys.argv[1]), end="")
