"""Messages for channels that make pages, as the core composes them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from casekit import TOML
from uadispatch import Message, Organisation, Target, Tools
from uadispatch.campaign.values import EmailAddress, PostalAddress
from uadispatch.channels.registry import Registry, discover
from uadispatch.clock import SystemClock
from uadispatch.dispatch.planning.composing import Composer
from uadispatch.dispatch.planning.preparing import equip, prepare, read
from uadispatch.rendering.language import choose
from uadispatch.rendering.pages import Pages
from uadispatch.rendering.templates import collect, layouts_of
from uadispatch.settings import reveal
from uadispatch_letter import LetterChannel

ROOT = Path(__file__).resolve().parents[1]
REAL = ROOT / "config/campaigns/ua-46-19.yaml"
SPECIMENS = ROOT / "examples/specimens.yaml"
AT = datetime(2019, 8, 20, 9, 0, tzinfo=UTC)
ORGANISATION = Organisation(
    name="Group 12", email=EmailAddress.read("ua@example.org"), address="1 Some Street\nSometown"
)
ADDRESS = "1 Example Street\nExampletown\nExampleland"


def lent(pages: Pages | None = None) -> Tools:
    def no_other(name: str) -> Any:
        raise LookupError(name)

    return Tools(
        clock=SystemClock(), cache=Path("unused"), outbox=Path("unused"), secret=reveal,
        channel=no_other, typeset=(pages or Pages()).typeset,
    )  # fmt: skip


def a_letter(address: str = ADDRESS, **other: Any) -> Message:
    """A message of the letter channel with the shipped layouts."""
    target = {
        "id": "minister", "name": "A. Minister", "role": "Minister of Examples",
        "address": address,
    } | other.pop("target", {})  # fmt: skip
    templates = collect(Path("/dev/null"), {"letter": LetterChannel}, ["en"])
    values: dict[str, Any] = {
        "key": "0" * 64,
        "reference": "0" * 64,
        "campaign": "46/19",
        "channel": "letter",
        "target": Target.model_validate(target),
        "to": PostalAddress.read(address),
        "language": "en",
        "subject": "Release A. Person",
        "body": "Dear Minister,\n\nI am writing to you.\n\nYours sincerely,\n\nGroup 12\n",
        "sender": ORGANISATION,
        "at": AT,
        "parts": {
            "signature": "Group 12",
            "reference": "Our reference: UA 46/19",
            "page_of": "Page {page} of {pages}",
        },
        "layouts": layouts_of(templates, "letter"),
    }
    return Message(**(values | other))


def letter_channel(pages: Pages | None = None, **settings: Any) -> LetterChannel:
    return LetterChannel(LetterChannel.Settings.model_validate(settings), lent(pages))


def pdf_of(message: Message, pages: Pages | None = None, **settings: Any) -> bytes:
    return letter_channel(pages, **settings)._pdf(message)


def composed(file: Path, channel: str = "letter", at: datetime = AT) -> dict[str, Message]:
    """The messages of a campaign file by target, as dry-run composes them."""
    source = read(file, Registry(discover()))
    channels, _ = equip(source, SystemClock(), lenient=True)
    prepared = prepare(source, channels)
    composer = Composer(prepared.snapshot)
    found = {}
    for stored in prepared.targets:
        target = stored.target
        contact = target.contact_on(channels[channel].contact)
        if contact is None:
            continue
        choice = choose(target.languages or source.campaign.languages, source.campaign.letter)
        found[target.id] = composer.compose(
            target, channel, contact, choice.language, key="0" * 64, at=at
        )
    return found


def a_home(folder: Path, file: Path = SPECIMENS) -> Path:
    """A folder of an organisation with a campaign file in it."""
    (folder / "config").mkdir()
    (folder / "config/uadispatch.toml").write_text(TOML)
    copy = folder / "campaign.yaml"
    copy.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    return copy


def said(message: Message, text: str) -> Message:
    """The same message with another text."""
    return replace(message, body=f"Dear Minister,\n\n{text}\n\nYours sincerely,\n\nGroup 12\n")
