"""A campaign of three officials that really goes out by mail, to a scripted server."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import uadispatch_email
from casekit import CAMPAIGN, NOW, targets, write_home
from mailkit import lent
from uadispatch.channels.registry import Plugin, Registry
from uadispatch.dispatch.journal import Journal, Selection, journal_url
from uadispatch.dispatch.pace.pacing import begin
from uadispatch.dispatch.planning.composing import Composer
from uadispatch.dispatch.planning.looking import look, moment_of
from uadispatch.dispatch.planning.preparing import Prepared, equip, prepare, read
from uadispatch.dispatch.sending.run import run
from uadispatch.testing import VirtualClock
from uadispatch_email import EmailChannel

if TYPE_CHECKING:
    from pathlib import Path

    from uadispatch.dispatch.journal import JournalUrl, Moment
    from uadispatch.dispatch.sending.ended import Ended
    from uadispatch.testing.far_ends.smtp import SmtpServer

ADDRESSES = tuple(f"official-{n}@example.org" for n in range(3))
MIDDLE = ADDRESSES[1]
# In Cyrillic, so that it is half a megabyte on its way: more than buffers hold (see timekit).
LONG = "\n".join(["Мен Сізге жазамын, себебі бұл адам ешқандай кінәсіз түрмеде отыр, ал"] * 2500)


@dataclass(frozen=True)
class PreparedMail:
    """The campaign, read once for many cases; each run brings its channel."""

    campaign: Prepared
    composer: Composer
    moment: Moment


def prepared_mail(folder: Path, *, text: str = "I am writing to you") -> PreparedMail:
    """A campaign of three officials with this letter."""
    block = "|\n      " + text.replace("\n", "\n      ")
    written = CAMPAIGN.format(channels="email", targets=targets(len(ADDRESSES)))
    head = written[: written.index("  en: ")]
    file = write_home(folder, text=f"{head}  en:\n    subject: Release\n    text: {block}\n")
    source = read(file, Registry([Plugin("email", "1", lambda: uadispatch_email)]))
    stand_in = {"email": {"host": "127.0.0.1", "security": "none"}}
    campaign = prepare(source, equip(source, VirtualClock(NOW), stand_ins=stand_in)[0])
    moment = moment_of(campaign, NOW, approval=True)
    return PreparedMail(campaign, Composer(campaign.snapshot), moment)


@dataclass
class MailCase:
    """One campaign with a journal of its own: run it, again and again, and look."""

    mail: PreparedMail
    file: Path
    """The journal's; it is written by the first run."""
    server: SmtpServer
    settings: dict[str, Any] = field(default_factory=dict)
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOW))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.journal.close()

    @property
    def url(self) -> JournalUrl:
        return journal_url(str(self.file), self.file.parent)

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.url, write=True)

    async def run(self, *, wait: bool = False) -> Ended:
        """What `send` does, with a new channel each time."""
        values = {"host": self.server.host, "port": self.server.port, "security": "none"}
        settings = EmailChannel.Settings.model_validate(values | self.settings)
        tools = replace(lent(clock=self.clock), begin=begin)
        prepared = replace(self.mail.campaign, channels={"email": EmailChannel(settings, tools)})
        moment = replace(self.mail.moment, now=self.clock.now())
        looked = look(prepared, self.mail.composer, self.url, moment, Selection())
        return await run(
            prepared,
            looked,
            self.journal,
            moment=moment,
            clock=self.clock,
            random=lambda: 0.0,
            compose=lambda _: self.mail.composer,
            selection=Selection(),
            wait=wait,
            progress=lambda _: None,
        )

    def states(self) -> dict[str, str]:
        """What the journal has, by address."""
        return {
            f"{entry.target}@example.org": str(entry.state)
            for entry in self.journal.entries("46/19")
        }

    @property
    def arrived(self) -> Counter[str]:
        """How many mails the server took for each address."""
        return Counter(address for mail in self.server.mails for address in mail.recipients)
