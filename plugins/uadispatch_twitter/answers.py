"""What X's answer means for a message. Pure: it asks nobody, and repeats no text and no key.

=============================================  =================================================
X answers a post ...                           that is
=============================================  =================================================
201 with its number                            a receipt: the post stands, under that number
no connection, called off before it left       Unavailable: nothing can have left
no whole answer, 3xx, or anything else         Unknown: it may stand
401                                            ConfigError: wrong keys, or a wrong clock
402, "usage cap"                               ConfigError: the account's credits are used up
403 of the app, its rights or the account      ConfigError
403 "duplicate content"                        Unknown: these words stand there already, perhaps
                                               from a try whose answer was lost
other 403, 400, 413, 422                       Rejected, with X's words
404, 405, 410                                  ConfigError: the API is not where it was
429                                            Unavailable, until the time that X names
503 in X's own form                            Unavailable: X serves nobody for now
500, 502, 504 and any other 503                Unknown
=============================================  =================================================
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from uadispatch import (
    ConfigError,
    DeliveryError,
    Receipt,
    Rejected,
    Unavailable,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["LINK", "Answer", "NoAnswer", "content_of", "not_asked", "post_id", "receipt_of"]

LINK = "https://x.com/i/web/status/"

_ID = re.compile(r"[0-9]{1,19}")
_OURS = re.compile(
    r"usage.?cap|credits?\b|suspended|\blocked|client.?(?:app|forbidden|not.?enrolled)|enroll"
    r"|oauth1?.?permissions|app permissions|access level|unsupported.authentication"
    r"|not.authorized.for.resource|write access",
    re.IGNORECASE,
)
"""Words of a refusal that is about us, whatever is posted."""
_CLEAN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")
_LONGEST_WORDS = 200
_LONGEST_WAIT = timedelta(days=1)
_NO_DATE = (ValueError, OverflowError, LookupError, TypeError)
"""All that Python's reader of dates has been seen to raise for one that makes no sense."""
_LIMITS = ("x-rate-limit", "x-app-limit-24hour", "x-user-limit-24hour")

_READABLE = ("detail", "message", "title")
_FORBIDDEN = 403
_CREATED = frozenset({200, 201})
_REFUSED = frozenset({400, 403, 413, 422})
_GONE = frozenset({404, 405, 410})


@dataclass(frozen=True, slots=True)
class Answer:
    """What X answered. Names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No whole answer came. Unless `begun`, X cannot have the request; `says` is why.

    `distrusted`: whoever answers there cannot prove to be X.
    """

    begun: bool
    says: str
    distrusted: bool = False


def receipt_of(
    found: Answer | NoAnswer, *, account: str, hidden: Sequence[str], now: datetime
) -> Receipt:
    """The receipt for a post.

    `hidden` is never repeated from X's words: the keys and the post itself. `now` is used where
    X's answer does not say what time it is there.

    Raises:
        DeliveryError, ConfigError: see the table.
    """
    code = f"HTTP {found.status}" if isinstance(found, Answer) else None
    if (
        isinstance(found, Answer)
        and found.status in _CREATED
        and (number := post_id(found)) is not None
    ):
        return Receipt(id=number, code=code, says=f"X has published it: {LINK}{number}")
    error = not_asked(found, hidden=hidden, now=now)
    if error is not None:
        raise error
    look = f"look at https://x.com/{account} whether the post is there, and resolve it"
    if isinstance(found, Answer) and _is_duplicate(found, hidden):
        raise Unknown(
            f"X says that this account has posted these very words already, perhaps when an answer "
            f"was lost: {look}",
            code=code,
        )
    if isinstance(found, Answer) and found.status in _REFUSED:
        raise Rejected(f"X refuses this post: {_words(found, hidden)}", code=code)
    happened = f"X answered {found.status}" if isinstance(found, Answer) else found.says
    raise Unknown(f"X may have published it ({happened}): {look}", code=code)


def not_asked(
    found: Answer | NoAnswer, *, hidden: Sequence[str], now: datetime
) -> DeliveryError | ConfigError | None:
    """The error of an answer after which nothing was done, nor would anything else have been.

    None if the answer says no such thing.
    """
    if isinstance(found, NoAnswer):
        if found.distrusted:
            return ConfigError(
                "X was not asked: its certificate is not trusted here. Look at this machine's "
                "clock, and at who reads its connections"
            )
        return None if found.begun else Unavailable(f"X cannot be reached: {found.says}")
    code = f"HTTP {found.status}"
    words = _words(found, hidden)
    match found.status:
        case 401:
            return ConfigError(
                f"X does not know these keys ({words}): compare the four keys in X's developer "
                "portal, and look at this machine's clock"
            )
        case 402:
            return ConfigError(f"X wants to be paid first ({words}): see the developer portal")
        case 403 | 429 if _OURS.search(_all_words(found, hidden)):
            return ConfigError(
                f"X lets neither this app nor this account post ({words}): see the developer "
                "portal, and the account itself"
            )
        case 429:
            return Unavailable(
                f"X takes no more for now: {words}", code=code, retry_after=_wait(found, now)
            )
        case 503 if content_of(found):
            return Unavailable(
                f"X serves nobody for now: {words}", code=code, retry_after=_wait(found, now)
            )
        case status if status in _GONE:
            return ConfigError(f"X's API is not where it was ({words}): look for an update")
    return None


def content_of(found: Answer) -> dict[str, Any]:
    """The answer's JSON object; an empty one if it is none."""
    try:
        content = json.loads(found.body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def post_id(found: Answer) -> str | None:
    """The number of the post that an answer is about."""
    data = content_of(found).get("data")
    number = data.get("id") if isinstance(data, dict) else None
    return number if isinstance(number, str) and _ID.fullmatch(number) else None


def _is_duplicate(found: Answer, hidden: Sequence[str]) -> bool:
    return found.status == _FORBIDDEN and "duplicate" in _all_words(found, hidden).lower()


def _all_words(found: Answer, hidden: Sequence[str]) -> str:
    """All that X says of the reason, for a search."""
    named = ("type", "title", "detail", "message", "reason")
    said = " ".join(text for name in named for text in _said(found, name))
    return _without(said, hidden)


def _words(found: Answer, hidden: Sequence[str]) -> str:
    """X's own words for a person, without what is hidden; else the status."""
    said = next((text for name in _READABLE for text in _said(found, name) if text.strip()), "")
    said = _CLEAN.sub(" ", _without(said, hidden)).strip()
    if len(said) > _LONGEST_WORDS:
        said = f"{said[:_LONGEST_WORDS]}…"
    return f"“{said}”" if said else f"HTTP {found.status}"


def _without(said: str, hidden: Sequence[str]) -> str:
    for secret in filter(None, hidden):
        said = said.replace(secret, "…")
    return said


def _said(found: Answer, name: str) -> list[str]:
    content = content_of(found)
    problems = [content, *_objects(content.get("errors"))]
    return [text for problem in problems if isinstance(text := problem.get(name), str)]


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _wait(found: Answer, now: datetime) -> timedelta | None:
    """How long X asks to wait: until the latest of the times at which a used-up limit ends."""
    headers = found.headers
    if re.fullmatch(r"[0-9]{1,9}", after := headers.get("retry-after", "")):
        return _bounded(timedelta(seconds=int(after)))
    at = _date(headers.get("date", "")) or now  # X's own clock, if it tells it
    ends = [
        float(headers[f"{limit}-reset"])
        for limit in _LIMITS
        if re.fullmatch(r"[0-9]{1,12}", headers.get(f"{limit}-reset", ""))
        and headers.get(f"{limit}-remaining", "0") == "0"
    ]
    if not ends:
        return None
    return _bounded(timedelta(seconds=max(ends) - at.timestamp()))


def _bounded(wait: timedelta) -> timedelta:
    return max(timedelta(seconds=1), min(wait, _LONGEST_WAIT))


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except _NO_DATE:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
