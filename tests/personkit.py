"""Messages for a person's channel, as a dry-run has them: read, planned and rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casekit import NOW, write_home
from postgreskit import journal_of
from uadispatch.channels.registry import Registry, discover
from uadispatch.dispatch.journal import Selection
from uadispatch.dispatch.planning.composing import Composer
from uadispatch.dispatch.planning.looking import look, moment_of
from uadispatch.dispatch.planning.preparing import equip, prepare, read
from uadispatch.testing import VirtualClock

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from uadispatch import Channel, Message

CAMPAIGN = """\
urgent_action:
  number: 46/19
  title: Human rights defender facing bogus charges
  deadline: 2019-09-27
{case}
channels: [{channel}]
targets:
  - {{id: ambassador, name: A. Official, {target}}}
letter:
  {language}: {{subject: {subject}, text: I urge you to release A. Person.}}
"""


def planned(
    folder: Path,
    channel: str,
    target: str,
    *,
    case: str = "",
    language: str = "en",
    subject: str = "Release A. Person",
    at: datetime = NOW,
) -> tuple[Channel[Any], Message]:
    """The channel, and its message to the one target of a small campaign."""
    text = CAMPAIGN.format(
        channel=channel, target=target, case=case, language=language, subject=subject
    )
    return only_message(write_home(folder, text=text), channel, at=at)


def only_message(file: Path, channel: str, *, at: datetime = NOW) -> tuple[Channel[Any], Message]:
    """The channel, and its one message in the campaign `file`."""
    source = read(file, Registry(discover()))
    clock = VirtualClock(at)
    channels, notices = equip(source, clock, lenient=True)
    prepared = prepare(source, channels, notices)
    moment = moment_of(prepared, at, approval=False)
    url = journal_of(source.home)
    seen = look(
        prepared, Composer(prepared.snapshot), url, moment, Selection(channels=frozenset({channel}))
    )
    (draft,) = seen.drafts
    assert draft.message is not None
    return channels[channel], draft.message
