"""Whether a request was signed with the right keys (OAuth 1.0, RFC 5849), computed independently.

Only the stand-in asks: so that a rehearsal fails where X would say that it does not know the keys.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["HOST", "signed_with"]

HOST = "https://api.twitter.com"
"""Whom tweepy signs for, wherever the request then goes."""

_PARAMETER = re.compile(r'([A-Za-z0-9_.%~-]+)="([^"]*)"')


def signed_with(
    keys: Sequence[str],
    *,
    method: str,
    path: str,
    query: Mapping[str, Sequence[str]],
    authorization: str,
) -> bool:
    """Whether `authorization` is the header that these four keys give this request."""
    scheme, _, rest = authorization.partition(" ")
    given = {unquote(name): unquote(value) for name, value in _PARAMETER.findall(rest)}
    signature = given.pop("oauth_signature", "")
    given.pop("realm", None)
    consumer_key, consumer_secret, token, token_secret = keys
    if scheme.lower() != "oauth" or (given.get("oauth_consumer_key"), given.get("oauth_token")) != (
        consumer_key, token,
    ):  # fmt: skip
        return False
    pairs = [*given.items(), *((name, value) for name, many in query.items() for value in many)]
    parameters = "&".join(f"{n}={v}" for n, v in sorted((_coded(n), _coded(v)) for n, v in pairs))
    base = "&".join((method.upper(), _coded(HOST + path), _coded(parameters)))
    key = f"{_coded(consumer_secret)}&{_coded(token_secret)}"
    due = base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()
    return given.get("oauth_signature_method") == "HMAC-SHA1" and hmac.compare_digest(
        due.encode(), signature.encode()
    )


def _coded(text: str) -> str:
    return quote(text, safe="~")
