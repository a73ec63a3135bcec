"""The options that a feed is built from: names and texts, as an operator writes them."""

import re
from collections.abc import Mapping, Sequence

from wattyard.kernel.refusals import Malformed
from wattyard.kernel.values import dataclass


class FeedOptionInvalid(Malformed):
    """An option of a market feed is missing, unknown or malformed."""

    code = "feed_option_invalid"


@dataclass(frozen=True, slots=True)
class Option:
    """One option: what it means, which texts it takes, and what it is where it is not given.

    `default` None: the option must be given. `pattern`: a regular expression for the whole text.
    `secret`: the text is never repeated in a message.
    """

    name: str
    meaning: str
    default: str | None = None
    pattern: str = r"\S(.*\S)?"
    secret: bool = False


def base_url(default: str) -> Option:
    """Declare where a source is; another address than its own for tests and mirrors."""
    return Option(
        "base_url",
        "address of the source, up to its first path that this feed adds",
        default=default,
        pattern=r"https?://([A-Za-z0-9._{}-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?(/[^?#\s]*)?",
    )


def currency(default: str | None, *only: str) -> Option:
    """Declare the currency that is expected; prices in another one are refused."""
    return Option(
        "currency",
        "currency (ISO 4217) of the prices; a source that answers another one is refused",
        default=default,
        pattern="|".join(only) or "[A-Z]{3}",
    )


def read_options(feed: str, declared: Sequence[Option], given: Mapping[str, str]) -> dict[str, str]:
    """Check the options given for a feed and add the defaults.

    Raises:
        FeedOptionInvalid: for the first option that is unknown, missing or malformed.
    """
    names = [option.name for option in declared]
    for name in given:
        if name not in names:
            raise FeedOptionInvalid(
                f"{feed} has no option {name[:40]!r}; it has {', '.join(names)}",
                param=f"options.{name[:40]}",
            )
    return {option.name: _text(feed, option, given) for option in declared}


def _text(feed: str, option: Option, given: Mapping[str, str]) -> str:
    text = given.get(option.name, option.default)
    if text is None:
        raise FeedOptionInvalid(
            f"{feed} needs the option {option.name!r}: {option.meaning}",
            param=f"options.{option.name}",
        )
    if not re.fullmatch(option.pattern, text):
        shown = "what is given" if option.secret else repr(text[:80])
        raise FeedOptionInvalid(
            f"option {option.name!r} of {feed} cannot be {shown}: {option.meaning}",
            param=f"options.{option.name}",
        )
    return text
