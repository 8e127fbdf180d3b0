"""Mail on AWS: what the secret holds that a person fills."""

import json

import pytest

from config import from_environment
from operations.ses_mail_url import mail_url, smtp_password


# What the AWS provider of Terraform makes of the same keys.
@pytest.mark.parametrize(
    ("region", "secret_key", "password"),
    [
        ("eu-central-1", "some+secret+key", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"),
        ("us-west-1", "another+secret+key", "BKVmjjMDFk/qqw8EROW99bjCS65PF8WKvK5bSr4Y6EqF"),
    ],
)
def test_an_access_key_becomes_the_password_that_ses_expects(region: str, secret_key: str, password: str) -> None:
    assert smtp_password(secret_key, region) == password


def test_the_app_takes_the_url_that_the_secret_is_filled_with() -> None:
    created = {"AccessKey": {"AccessKeyId": "AKIAEXAMPLE", "SecretAccessKey": "another+secret+key"}}
    url = mail_url(json.dumps(created), "us-west-1")
    assert url.startswith("smtps://AKIAEXAMPLE:BKVmjjMDFk%2Fqqw8EROW99bjCS65PF8WKvK5bSr4Y6EqF@email-smtp.us-west-1.")
    settings = from_environment({"MAIL_URL": url, "MAIL_FROM": "a@example.org", "PUBLIC_URL": "https://example.org"})
    assert settings["MAIL_URL"] == url
