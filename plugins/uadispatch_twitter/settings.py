"""The settings of the channel for X: who posts, from which one account; never what is posted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from uadispatch import ChannelSettings

__all__ = ["KEYS", "TwitterSettings"]

KEYS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
"""What X's developer portal calls the keys of OAuth 1.0a, in the order in which it shows them."""

API_RATE = "100/15 minutes"
"""X's own limit of posts for one user."""

_HANDLE = re.compile(r"[A-Za-z0-9_]{1,15}")
_LOOPBACK = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")
_RULES = (
    'posting = "api" needs acknowledge_automation_rules = true. X\'s rules for developers forbid '
    "unsolicited @mentions in automated posts, and the same post from several accounts; who breaks "
    "them can lose the account. Read docs/twitter.md and https://docs.x.com/developer-guidelines "
    'first, or leave posting at "person"'
)


class TwitterSettings(ChannelSettings):
    """Who posts: a person with one tap (the default), or the program through X's API."""

    posting: Literal["person", "api"] = "person"
    """``person``: a task with a link that opens the post ready to be published; ``api``: the
    program posts from `account`. For ``api``, `account`, the four keys and
    `acknowledge_automation_rules` are needed too."""
    account: str | None = None
    """The organisation's one account, such as ``@example``. With ``posting = "api"`` nothing is
    posted unless the keys belong to it; there can be no second one."""
    mentions: bool = False
    """With ``posting = "api"``: post the text that mentions the official (@name). X's rules allow
    that only where the official asked for it; without it the office is named but not mentioned."""
    acknowledge_automation_rules: bool = Field(default=False, exclude=True)
    """That X's rules for automated posts were read, and will be kept: see docs/twitter.md."""
    consumer_key: SecretStr | None = Field(default=None, exclude=True)
    """The app's key ("API key" in X's developer portal)."""
    consumer_key_command: str | None = Field(default=None, exclude=True)
    """A command that prints `consumer_key`."""
    consumer_secret: SecretStr | None = Field(default=None, exclude=True)
    """The app's secret ("API key secret")."""
    consumer_secret_command: str | None = Field(default=None, exclude=True)
    """A command that prints `consumer_secret`."""
    access_token: SecretStr | None = Field(default=None, exclude=True)
    """The account's token, made with the permission to read and write."""
    access_token_command: str | None = Field(default=None, exclude=True)
    """A command that prints `access_token`."""
    access_token_secret: SecretStr | None = Field(default=None, exclude=True)
    """The secret of that token."""
    access_token_secret_command: str | None = Field(default=None, exclude=True)
    """A command that prints `access_token_secret`."""
    connect_limit: float = Field(default=15.0, gt=0, le=300, exclude=True)
    """Seconds until X must have been reached; nothing has left before."""
    answer_limit: float = Field(default=60.0, gt=0, le=600, exclude=True)
    """Seconds until X must have answered. A post without an answer is in doubt."""
    base_url: str | None = Field(default=None, exclude=True)
    """Where to ask instead of X: an address of this machine, for rehearsals and tests."""
    folder: Path | None = Field(default=None, exclude=True)
    """Where the tasks of ``posting = "person"`` are written, if not to the outbox."""

    @property
    def by_api(self) -> bool:
        """Whether the program posts."""
        return self.posting == "api"

    @field_validator("account")
    @classmethod
    def _one_account(cls, account: str | None) -> str | None:
        if account is None:
            return None
        name = account.strip().removeprefix("@")
        if not _HANDLE.fullmatch(name):
            raise ValueError(
                "exactly one account: its name of up to 15 letters a-z, digits and _, such as "
                "@example"
            )
        return name

    @field_validator("base_url")
    @classmethod
    def _only_here(cls, url: str | None) -> str | None:
        if url is not None and not _LOOPBACK.fullmatch(url.rstrip("/")):
            raise ValueError("only an address of this machine: http://127.0.0.1:8080")
        return url if url is None else url.rstrip("/")

    @model_validator(mode="before")
    @classmethod
    def _as_x_counts(cls, given: Any) -> Any:
        """X's own rate for the API, unless a lower one is wished for."""
        if not isinstance(given, Mapping) or given.get("posting") != "api":
            return given
        return {**given, "rate": API_RATE if given.get("rate") is None else given["rate"]}

    def lacking(self) -> Sequence[str]:
        """What only the API needs: the account, and each key or the command that prints it."""
        if not self.by_api:
            return ()
        keys = [
            name
            for name in KEYS
            if getattr(self, name) is None and getattr(self, f"{name}_command") is None
        ]
        return [*([] if self.account else ["account"]), *keys]

    @model_validator(mode="after")
    def _acknowledged(self) -> Self:
        if self.by_api and not self.acknowledge_automation_rules:
            raise ValueError(_RULES)
        return self
