"""AUTH as the scripted mail server knows it: PLAIN and LOGIN (RFC 4954), and who its users are."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Login"]


class Login:
    """One connection's login; `say` answers, `listen` has a function called with the next line."""

    def __init__(
        self,
        users: Mapping[str, str],
        *,
        say: Callable[[int, str], None],
        listen: Callable[[Callable[[bytes], None]], None],
    ) -> None:
        self._users = users
        self._say = say
        self._listen = listen
        self._user: str | None = None

    @property
    def needed(self) -> bool:
        """Whether the client must log in first."""
        return bool(self._users) and self._user is None

    def auth(self, rest: str) -> None:
        """Answer ``AUTH`` and what follows it."""
        kind, _, first = rest.partition(" ")
        if not self.needed:
            self._say(503, "5.5.1 No login now")
        elif kind.upper() == "PLAIN":
            self._ask("", first, self._plain)
        elif kind.upper() == "LOGIN":
            self._ask("Username:", first, self._login)
        else:
            self._say(504, "5.5.4 Unknown mechanism")

    def _ask(self, prompt: str, given: str, then: Callable[[str], None]) -> None:
        """Call `then` with what the client gives, at once or on its next line."""

        def answer(line: bytes) -> None:
            try:
                then(base64.b64decode(line, validate=True).decode("utf-8"))
            except (binascii.Error, UnicodeDecodeError):
                self._say(501, "5.5.2 That is not base64")

        if given:
            answer(given.encode())
            return
        self._listen(answer)
        self._say(334, base64.b64encode(prompt.encode()).decode())

    def _plain(self, given: str) -> None:
        _, user, password, *_ = *given.split("\0"), "", "", ""
        self._decide(user, password)

    def _login(self, user: str) -> None:
        self._ask("Password:", "", lambda password: self._decide(user, password))

    def _decide(self, user: str, password: str) -> None:
        if user and self._users.get(user) == password:
            self._user = user
            self._say(235, "2.7.0 Welcome")
        else:
            self._say(535, "5.7.8 Wrong user name or password")
