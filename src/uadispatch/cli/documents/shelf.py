"""Which campaigns a home has: those of its campaign files, and those that its journal knows."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from uadispatch.cli.documents.importing import shown
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from uadispatch.campaign.model import Campaign, UrgentAction
    from uadispatch.campaign.notices.lineage.finding import Known, Lineage
    from uadispatch.cli.documents.importing import Came
    from uadispatch.dispatch.guards import Facts
    from uadispatch.dispatch.journal import JournalUrl

__all__ = ["Shelf", "Shelved", "number_in", "shelf_of", "slip_in"]

CAMPAIGNS = Path("config/campaigns")
"""Below a home: where its campaign files lie."""

_SUFFIXES = {".yaml", ".yml"}
_NUMBER = re.compile(
    rb"^[ \t]*[\"']?number[\"']?[ \t]*:[ \t]*[\"']?([0-9]{1,5}/[0-9]{2,4})", re.MULTILINE
)
"""In a file that cannot be read as a whole."""

LARGEST = 2 * 1024 * 1024
"""In bytes: a file beyond is no campaign that came from a document."""


@dataclass(frozen=True)
class Shelved:
    """A campaign that is known here."""

    known: Known
    file: Path | None
    """None: its file is gone, and only the journal knows it."""
    campaign: Campaign | None
    """None: its file is gone, or something is missing or wrong in it."""
    copies: tuple[Path, ...] = ()
    """Other files of the same campaign."""

    @property
    def number(self) -> str:
        """The campaign's number."""
        return self.known.number

    @property
    def named(self) -> str:
        """What to call it by in a command."""
        return shown(self.file) if self.campaign is not None and self.file else self.number

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file of it."""
        return () if self.file is None else (self.file, *self.copies)


@dataclass(frozen=True)
class Shelf:
    """The campaigns of a home."""

    home: Path
    url: JournalUrl
    campaigns: Sequence[Shelved]
    unread: Sequence[Path] = ()
    """Campaign files of which not even the number can be told, or nothing more than that."""

    def named(self, text: str) -> Shelved | None:
        """The campaign that a person means by a file or a number; None: it is none of these.

        Raises:
            ConfigError: there is no such file.
        """
        from uadispatch.cli.common import options

        if not os.path.exists(text):  # noqa: PTH110 - Path's raises on a name that is too long
            number, _ = options.number_and_home(text)
            return self.numbered(number)
        file = Path(text)
        return next((each for each in self.campaigns if _is_among(file, each.files)), None)

    def numbered(self, number: str) -> Shelved | None:
        """The campaign of that number; None: there is none here."""
        return next((each for each in self.campaigns if each.number == number), None)

    def facts(self, number: str) -> Facts | None:
        """What people and documents have said of a campaign; None: there is no journal.

        Raises:
            JournalError: there is one that cannot be read.
        """
        from uadispatch.clock import SystemClock
        from uadispatch.dispatch.journal import Moment, NoJournal, consult

        moment = Moment(campaign=number, now=SystemClock().now())
        try:
            return consult(self.url, lambda book: book.facts(moment))
        except NoJournal:
            return None

    def place_of(self, number: str | None, document: str) -> Path:
        """Where the file of a campaign belongs that has none yet."""
        stem = f"ua-{number.replace('/', '-')}" if number else Path(document).stem
        folder = self.home / CAMPAIGNS
        return (folder if folder.is_dir() else Path.cwd()) / f"{stem}.yaml"


def shelf_of(home: Path, url: JournalUrl, more: Path | None = None) -> Shelf:
    """The campaigns of `home` and of its journal at `url`, and the file `more`.

    A file that is not complete yet, or broken, counts too: a closing may be meant for it.

    Raises:
        JournalError: there is a journal that cannot be read.
    """
    actions = _of_journal(url)
    planned = {file.resolve(): file for _, file in actions if file.is_file()}
    found: dict[str, Shelved] = {}
    unread: list[Path] = []
    # The file that was named comes before that which was planned from, and that before others.
    for file in [*_named(more), *planned.values(), *_files(home)]:
        read = _read(file)
        if read is None or not (read.campaign or read.known.title or read.known.people):
            unread += [file] if _may_hold_one(file) and not _is_among(file, unread) else []
        if read is None:
            continue
        first = found.setdefault(read.number, read)
        if not _is_among(file, first.files):
            found[read.number] = replace(first, copies=(*first.copies, file))
    for action, _ in actions:
        known = _known(action.model_dump(mode="json"), None)
        first = found.setdefault(action.number, Shelved(known, None, None))
        if first.campaign is None:  # what its file was, before it was broken
            found[action.number] = replace(first, known=known)
    return Shelf(home, url, list(found.values()), unread)


def slip_in(option: str, named: Shelved, came: Came, lineage: Lineage) -> str:
    """Why a campaign that a person names may be a slip of the pen; "" if nothing says so."""
    from uadispatch.campaign.notices.lineage.finding import Match, find

    surely = lineage.campaign
    if surely is not None and lineage.certainty is Match.SURE and surely.number != named.number:
        why = f"it is surely a document of {surely.number} ({'; '.join(lineage.agrees)})"
    elif find(came.notice, came.document, [named.known]).campaign is None:
        people = ", ".join(named.known.people) or "which names nobody"
        about = (
            ", ".join(person.name.value for person in came.notice.people) or "which names nobody"
        )
        why = f"nothing in it ({about}) agrees with campaign {named.number} ({people})"
    else:
        return ""
    return (
        f"{option} {named.number}: nothing was done with {came.document.name}, since {why}. If it "
        f"is meant all the same, add --yes"
    )


def number_in(file: Path) -> str | None:
    """The number of the campaign in `file`; None: it holds none, or none with a number."""
    found = _read(file)
    return found.number if found is not None else None


def _is_among(file: Path, others: Iterable[Path]) -> bool:
    return file.resolve() in {other.resolve() for other in others}


def _named(more: Path | None) -> list[Path]:
    return [more] if more is not None and more.is_file() else []


def _files(home: Path) -> Iterator[Path]:
    """Campaign files, first those with the name that an import gives them."""
    for found in ((home / CAMPAIGNS).rglob("*"), home.glob("*")):
        yield from sorted(
            (file for file in found if file.suffix in _SUFFIXES and file.is_file()),
            key=lambda file: (not file.name.startswith("ua-"), file),
        )


def _of_journal(url: JournalUrl) -> list[tuple[UrgentAction, Path]]:
    from uadispatch.dispatch.journal import Journal, NoJournal, consult

    try:
        found = consult(url, Journal.urgent_actions)
    except NoJournal:
        return []
    return [(action, Path(file)) for action, file in found]


def _read(file: Path) -> Shelved | None:
    """The campaign in `file`, as far as it can be told; None: it holds none."""
    from uadispatch.campaign.file import read_campaign
    from uadispatch.campaign.notices.lineage.finding import Known

    try:
        campaign = read_campaign(file)
    except ConfigError:
        return _incomplete(file)
    return Shelved(Known.of(campaign, str(file)), file, campaign)


def _incomplete(file: Path) -> Shelved | None:
    """As much as its file tells of a campaign that cannot be sent as it is."""
    from uadispatch.campaign.places import Unreadable, compose, decode
    from uadispatch.cli.common.options import number_of

    raw = _bytes_of(file)
    try:
        content = compose(decode(raw))
    except Unreadable:
        broken = _NUMBER.search(raw)
        content = {"urgent_action": {"number": broken[1].decode() if broken else ""}}
    action = content.get("urgent_action") if isinstance(content, dict) else None
    if not isinstance(action, dict):
        return None
    number = number_of(str(action.get("number", "")))
    if number is None:
        return None
    return Shelved(_known({**action, "number": number}, str(file)), file, None)


def _may_hold_one(file: Path) -> bool:
    return b"urgent_action" in _bytes_of(file)


def _bytes_of(file: Path) -> bytes:
    """What a file holds; nothing, if it cannot be opened or is no campaign for its size."""
    try:
        return file.read_bytes() if file.stat().st_size <= LARGEST else b""
    except OSError:
        return b""


def _known(action: dict[str, Any], file: str | None) -> Known:
    """What an Urgent Action says of itself, where nobody has checked it."""
    from uadispatch.campaign.notices.lineage.finding import Known

    people = action.get("people")
    named = [each.get("name") for each in people or () if isinstance(each, dict)]
    country = action.get("country")
    links = (action.get("index"), action.get("previous"))
    return Known(
        number=action["number"],
        indexes=tuple(text for text in links if isinstance(text, str)),
        title=str(action.get("title") or ""),
        country=country if isinstance(country, str) else None,
        people=tuple(name for name in named if isinstance(name, str) and name.strip()),
        file=file,
    )
