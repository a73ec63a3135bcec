"""What a password has to be (NIST SP 800-63B, section 5.1.1: length, not composition)."""

import unicodedata
from typing import Final

from wattyard.kernel.refusals import Malformed

LEAST_CHARACTERS: Final = 12
MOST_CHARACTERS: Final = 256
_LEAST_DISTINCT: Final = 5
_CONSIDERED: Final = 4 * MOST_CHARACTERS
"""Characters as typed: composing them takes time, and fewer are left of those that are one."""


class PasswordInvalid(Malformed):
    """A password has less than 12 characters, more than 256, or less than 5 different ones."""

    code = "password_invalid"


def normal(password: str) -> str:
    """Give the form that is hashed: the same, however a keyboard composes its characters.

    Of a text that is too long to be a password, only the begin.
    """
    return unicodedata.normalize("NFKC", password[:_CONSIDERED])


def checked_password(password: str, *, email: str) -> str:
    """Check a new password and give the form that is hashed.

    Raises:
        PasswordInvalid: when it is too short or long, repeats itself, or is the e-mail address.
    """
    found = normal(password)
    fault = _fault(found, email)
    if fault:
        raise PasswordInvalid(fault, param="password")
    return found


def _fault(password: str, email: str) -> str:
    if len(password) < LEAST_CHARACTERS:
        return f"a password has at least {LEAST_CHARACTERS} characters; a few words will do"
    if len(password) > MOST_CHARACTERS:
        return f"a password has at most {MOST_CHARACTERS} characters"
    if len(set(password)) < _LEAST_DISTINCT:
        return f"a password has at least {_LEAST_DISTINCT} different characters"
    if password.casefold() == email:
        return "the password must not be the e-mail address"
    return ""
