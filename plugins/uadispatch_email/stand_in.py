"""A mail server on this machine that keeps what it gets as .eml files; for rehearsals and tests."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from uadispatch import CannotSimulate, Failure, Received, StandIn
from uadispatch.testing.far_ends.smtp import CLOSE, GARBAGE, SILENCE, SmtpServer, reply
from uadispatch_email.reading import shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from uadispatch.testing.far_ends.smtp import Act, Mail, StepName

__all__ = ["EmailStandIn"]

_USER, _PASSWORD = "rehearsal", "not-a-secret"
_UNSAFE = re.compile(r"[^a-z0-9@._+-]")
_REFERENCE = re.compile(rb"^Message-ID:\s*<([^@>\s]+)@", re.IGNORECASE | re.MULTILINE)

_PLAYED: Mapping[Failure, tuple[StepName, Act]] = {
    Failure.WRONG_CREDENTIALS: ("auth", reply(535, "5.7.8 Wrong user name or password")),
    Failure.TRY_LATER: ("rcpt", reply(450, "4.7.1 Greylisted, try again later")),
    Failure.TRY_LATER_AT: ("rcpt", reply(450, "4.7.1 Greylisted, try again in 300 seconds")),
    Failure.REFUSED: ("rcpt", reply(550, "5.1.1 No such mailbox here")),
    # At DATA: a kept connection that does not answer at all counts as gone, not as a try.
    Failure.SILENT_BEFORE: ("data", SILENCE),
    Failure.CLOSED_BEFORE: ("data", CLOSE),
    Failure.SILENT_AFTER: ("dot", SILENCE),
    Failure.CLOSED_AFTER: ("dot", CLOSE),
    Failure.GARBAGE_AFTER: ("dot", GARBAGE),
}
_NOT_PLAYED = {
    Failure.OPTED_OUT: "SMTP has no way to say that a recipient wants no more",
}


class EmailStandIn(StandIn):
    """Receives SMTP on 127.0.0.1; offers PIPELINING, 8BITMIME, SIZE and a login without TLS."""

    impatient = MappingProxyType({"patience": 0.003})

    def __init__(self) -> None:
        self._server = SmtpServer(users={_USER: _PASSWORD}, on_mail=self._keep, keep=False)
        self._folder = Path()
        self._taken: dict[str, int] = {}
        self._received: list[Received] = []

    async def start(self, folder: Path) -> Mapping[str, object]:
        """Listen; the settings name a login of this stand-in's own, never the real one."""
        self._folder = folder
        await self._server.start()
        return {
            "host": self._server.host,
            "port": self._server.port,
            "security": "none",
            "username": _USER,
            "password": _PASSWORD,
            "password_command": None,
            "ca_file": None,
        }

    async def stop(self) -> None:
        """Stop listening and hang up; may be called twice."""
        await self._server.stop()

    @property
    def tries(self) -> int:
        """Transactions begun, and connections that got no further."""
        return self._server.tries

    @property
    def received(self) -> Sequence[Received]:
        """What it took."""
        return tuple(self._received)

    @property
    def most_open(self) -> int:
        """How many connections were open at the same time, at most."""
        return self._server.most_open

    def misbehave(self, failure: Failure) -> None:
        """Answer every further try with `failure`. Raises CannotSimulate."""
        if failure in _NOT_PLAYED:
            raise CannotSimulate(_NOT_PLAYED[failure])
        self._server.clear()
        if failure is Failure.UNREACHABLE:
            self._server.close_port()
        else:
            step, act = _PLAYED[failure]
            self._server.at(step, act)
        if failure in (Failure.UNREACHABLE, Failure.WRONG_CREDENTIALS):
            self._server.hang_up()  # connections that are logged in would go on working

    def behave(self) -> None:
        """Do as it should again. Raises CannotSimulate once it cannot be reached."""
        if not self._server.is_open:
            raise CannotSimulate("its port was closed, and would be another one")
        self._server.clear()

    def _keep(self, mail: Mail) -> None:
        """Write the mail before it is answered: what was taken is on disk."""
        to = mail.recipients[0]
        file = self._free_name(to)
        unfinished = file.with_suffix(".part")
        try:
            unfinished.write_bytes(mail.content)
            unfinished.replace(file)
        except OSError:
            with suppress(OSError):
                unfinished.unlink()
            raise
        found = _REFERENCE.search(mail.content)
        reference = found[1].decode("ascii", "replace") if found else ""
        self._received.append(
            Received(to=to, reference=reference, file=file, shown=shown(mail.content))
        )

    def _free_name(self, to: str) -> Path:
        stem = _UNSAFE.sub("_", to.lower()).lstrip(".")[:120] or "_"
        while True:
            number = self._taken[stem] = self._taken.get(stem, 0) + 1
            file = self._folder / (f"{stem}.eml" if number == 1 else f"{stem}-{number}.eml")
            if not file.exists():
                return file
