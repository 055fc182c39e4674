"""Whose keys these are: asked of X once, before the first post, and never of anybody else."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from uadispatch import ConfigError, Unavailable
from uadispatch_twitter.answers import Answer, content_of, not_asked
from uadispatch_twitter.posting import Keys, Line
from uadispatch_twitter.settings import KEYS

if TYPE_CHECKING:
    from uadispatch import Tools
    from uadispatch_twitter.settings import TwitterSettings

__all__ = ["Account"]

_KEY = re.compile(r"[!-~]{1,500}")
_FOUND = 200


class Account:
    """The organisation's one account: its name, its keys and a line to X."""

    def __init__(self, name: str, keys: Keys, line: Line, tools: Tools) -> None:
        self.name = name
        self.keys = keys
        self.line = line
        self._tools = tools
        self._proved = False
        self._asking = asyncio.Lock()

    @classmethod
    async def of(cls, settings: TwitterSettings, tools: Tools) -> Account:
        """The account of these settings. Raises ConfigError for a key that cannot be one."""
        found = {}
        for name in KEYS:
            key = await tools.secret(getattr(settings, name), getattr(settings, f"{name}_command"))
            if key is None or not _KEY.fullmatch(key):
                raise ConfigError(
                    f"UADISPATCH_TWITTER_{name.upper()} is missing or no key: copy it as X's "
                    "developer portal shows it, without spaces"
                )
            found[name] = key
        keys = Keys(**found)
        line = Line(
            keys,
            connect_limit=settings.connect_limit,
            answer_limit=settings.answer_limit,
            base_url=settings.base_url,
        )
        return cls(settings.account or "", keys, line, tools)

    async def prove(self) -> None:
        """Return once X says that the keys belong to this account; it is asked only once.

        Raises:
            ConfigError: they belong to another one, or to none.
            Unavailable: X cannot say it now.
        """
        async with self._asking:
            if self._proved:
                return
            found = await self.line.ask(lambda client: client.get_me(user_auth=True))
            now = self._tools.clock.now()
            error = not_asked(found, hidden=self.keys.all, now=now)
            if error is not None:
                raise error
            data = content_of(found).get("data") if isinstance(found, Answer) else None
            name = data.get("username") if isinstance(data, dict) else None
            if not isinstance(found, Answer) or found.status != _FOUND or not isinstance(name, str):
                what = f"HTTP {found.status}" if isinstance(found, Answer) else found.says
                raise Unavailable(f"X does not say whose keys these are ({what})")
            if name.casefold() != self.name.casefold():
                raise ConfigError(
                    f"these keys do not belong to @{self.name}, the account of "
                    "UADISPATCH_TWITTER_ACCOUNT: nothing is posted from another one"
                )
            self._proved = True
