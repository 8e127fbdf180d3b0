"""The one form in which an address is stored and looked up."""

from email_validator import EmailNotValidError, validate_email

from app.accounts.models import EMAIL_LENGTH
from app.errors import Invalid


def tidy(typed: str) -> str:
    """Return the address in lower case. Raises Invalid; asks no name server. A sentence of the library says why."""
    try:
        # Strictly, Alice@ and alice@ may be two people; in practice no mail provider treats them so.
        email = validate_email(typed.strip(), check_deliverability=False, strict=True).normalized.lower()
    except EmailNotValidError as error:
        raise Invalid({"email": f"This is no email address. {error}"}) from None
    if len(email) > EMAIL_LENGTH:  # a few capitals grow in lower case
        raise Invalid({"email": "This address is too long."})
    return email
