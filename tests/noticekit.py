"""What tests of documents share that do not read any: what a document says, written by hand."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from uadispatch.campaign.file import read_campaign
from uadispatch.campaign.model import Campaign
from uadispatch.campaign.notices.document import Document, Line
from uadispatch.campaign.notices.notice import (
    Closing,
    Ending,
    Found,
    FoundLetter,
    FoundPerson,
    FoundTarget,
    Kind,
    Notice,
    Variant,
)
from uadispatch.campaign.values import FROM_A_FILE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["campaign", "document", "letter", "notice", "seed", "target"]

_ONE = {"number", "index", "sequence", "title", "previous", "summary", "new_appeals",
        "languages_note", "after_deadline", "additional_information"}  # fmt: skip


def document(text: str) -> Document:
    """A document of these lines."""
    lines = enumerate(text.splitlines(), start=1)
    return Document("ua.txt", tuple(Line(n, line.strip()) for n, line in lines if line.strip()))


def notice(
    *,
    kind: Kind = Kind.FURTHER,
    ending: Ending = Ending.OPEN,
    people: Sequence[str] = (),
    targets: Sequence[str] = (),
    countries: Sequence[str] = (),
    numbers: Sequence[str] = (),
    actions: Sequence[str] = (),
    languages: Sequence[str] = (),
    issued: str | None = None,
    deadline: str | None = None,
    letter: FoundLetter | None = None,
    **fields: Any,
) -> Notice:
    """What a document says; texts and numbers as they are, dates as texts."""
    assert set(fields) <= _ONE
    found: dict[str, Any] = {name: Found(value, 1) for name, value in fields.items()}
    if issued:
        found["issued"] = Found(date.fromisoformat(issued), 1)
    if deadline:
        found["deadline"] = Found(date.fromisoformat(deadline), 1)
    claimed = numbers or ([fields["number"]] if "number" in fields else [])
    return Notice(
        variant=Variant.SAMPLE_LETTER,
        kind=Found(kind, 1),
        closing=Closing(ending),
        people=tuple(FoundPerson(Found(name, 1)) for name in people),
        targets=tuple(FoundTarget(Found(id_, 1), Found(id_, 1)) for id_ in targets),
        countries=tuple(Found(code, 1) for code in countries),
        numbers=tuple(Found(number, 1) for number in claimed),
        actions=tuple(Found(action, 1) for action in actions),
        languages=tuple(Found(tag, 1) for tag in languages),
        letter=letter,
        **found,
    )


def letter(text: str, *, subject: str = "Release A. Person", language: str = "en") -> FoundLetter:
    """The sample letter of a document."""
    return FoundLetter(Found(subject, 1), Found(text, 1), language=language)


def target(id_: str, name: str = "A. Official", **fields: object) -> dict[str, object]:
    """A target as a campaign file has it."""
    return {"id": id_, "name": name, **fields}


def campaign(
    *targets: dict[str, object],
    letters: dict[str, str] | None = None,
    round_: int = 1,
    languages: Sequence[str] = ("en",),
    **case: object,
) -> Campaign:
    """A campaign; `case` is its Urgent Action, `letters` the text in each language."""
    values = {
        "urgent_action": {
            "number": "46/19", "title": "A case", "deadline": "2019-09-27", **case,
        },
        "round": round_,
        "languages": list(languages),
        "channels": ["email", "fax"],
        "targets": list(targets) or [target("minister", email="m@example.org")],
        "letter": {
            tag: {"subject": "Release A. Person", "text": text}
            for tag, text in (letters or {"en": "I am writing to you."}).items()
        },
    }  # fmt: skip
    return Campaign.model_validate(values, context=FROM_A_FILE)


def seed(root: Path) -> Campaign:
    """The campaign of the second UA 46/19, as it was written by hand."""
    return read_campaign(root / "config/campaigns/ua-46-19.yaml")
