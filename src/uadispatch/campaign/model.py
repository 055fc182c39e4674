"""Campaigns as frozen values: the Urgent Action, its targets, and the letter to them.

It knows what a campaign is made of and what must agree within it; never files, channels,
settings or what became of a message. A campaign's identity is `Campaign.number`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from uadispatch.campaign.target import Target, Value, each_language_once
from uadispatch.campaign.target_files.declared import TargetFile
from uadispatch.campaign.values import (
    Block,
    ChannelName,
    Country,
    Day,
    Language,
    Line,
    Number,
    WebAddress,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

__all__ = [
    "A_FILE",
    "CONFLICT",
    "Campaign",
    "Letter",
    "Person",
    "Status",
    "Target",
    "TargetFile",
    "UrgentAction",
]

CONFLICT = "conflict"
"""Type of the error for two places that do not agree. Its context holds ``found``: a tuple of
(steps from the field to the place, what it says, steps to the other place or None)."""

_OPENING = re.compile(
    r"(?:my )?dear\b|(?:уважаем|sehr geehrt|estimad)\w*|құрметті\b"
    r"|(?:your (?:excellency|majesty|highness|honou?r)|excellency|madam|sir|madame|monsieur"
    r"|chère?|to whom it may concern)\b(?: [^.,\n]{0,80})?[,:!]",
    re.IGNORECASE,
)
_ENDING = re.compile(
    r"(?:yours (?:sincerely|faithfully|truly|respectfully)|sincerely(?: yours)?"
    r"|respectfully(?: yours)?|with (?:kind|best) regards|kind regards)[,.]?\Z",
    re.IGNORECASE,
)

Count = Annotated[int, Field(strict=True, ge=1, le=999_999)]


class Status(StrEnum):
    """Whether an Urgent Action still asks for appeals."""

    OPEN = "open"
    CLOSED = "closed"


class Person(Value):
    """Someone at risk, for whom the appeal is made."""

    name: Line
    """The name, exactly as the document writes it."""
    pronoun: Line | None = None
    """Such as he/him."""
    say_as: Line | None = None
    """How to pronounce the name."""


class UrgentAction(Value):
    """The case, as its document tells it."""

    number: Number
    """The count and the year of the first issue: 46/19. It names the campaign for ever."""
    index: Line | None = None
    """The document's index number, such as EUR 57/0894/2019."""
    sequence: Count | None = None
    """Which document of this number it is: 2 for a second Urgent Action."""
    title: Line
    """The document's title."""
    country: Country | None = None
    """The country it concerns, as a two-letter code: KZ."""
    issued: Day | None = None
    """The date of the document: 2019-08-16."""
    deadline: Day
    """The last day for appeals: 2019-09-27. It ends at midnight where each target is."""
    status: Status = Status.OPEN
    """open, or closed once no further action is asked for."""
    previous: WebAddress | None = None
    """The page of the previous document of this number."""
    people: tuple[Person, ...] = ()
    """Whom the appeal is for."""
    summary: Block | None = None
    """The paragraph that tells the case in short."""
    actions: tuple[Block, ...] = ()
    """What the document asks its reader to do."""
    report: Block | None = None
    """What the document asks to report back, such as the number of letters; kept for the report."""
    additional_information: Block | None = None
    """The background, in paragraphs."""
    languages_note: Line | None = None
    """What the document says beside the preferred languages."""
    after_deadline: Line | None = None
    """What the document says about appeals after the deadline."""

    @field_validator("deadline")
    @classmethod
    def _deadline_after_issue(cls, deadline: Day, info: ValidationInfo) -> Day:
        issued = info.data.get("issued")
        if issued and deadline < issued:
            raise ValueError(
                f"the deadline {deadline} is before the day of issue, {issued}; mend one of them"
            )
        return deadline


class Letter(Value):
    """The appeal in one language."""

    subject: Line
    """What it is about, in one line."""
    text: Block
    """The text, without opening and ending: each target is greeted with its own salutation."""
    closing: Line | None = None
    """The words before the signature, such as “Yours sincerely,”."""

    @field_validator("text")
    @classmethod
    def _only_the_text(cls, text: str) -> str:
        if _OPENING.match(text):
            raise ValueError(
                "the text begins with an opening; remove it, since each target is greeted with "
                "its own salutation"
            )
        if _ENDING.match(text.rpartition("\n")[2].strip()):
            raise ValueError("the text ends with closing words; move them to the key closing")
        return text


A_FILE = "a file of targets"
"""Stands in the location of an error in one, as no key can."""


def _kind_of(item: Any) -> str:
    is_file = "file" in item if isinstance(item, dict) else isinstance(item, TargetFile)
    return A_FILE if is_file else "a target"


def _in_a_list(value: object) -> object:
    """`targets: {file: ...}` is a list of that one file."""
    if isinstance(value, dict) and not TargetFile.model_fields.keys().isdisjoint(value):
        return [value]
    return value


class _OrOneFile:
    """Says in the JSON Schema what `_in_a_list` takes."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        found = handler(core_schema)
        return {"anyOf": [found, found["items"]["oneOf"][1]]}


class Campaign(Value):
    """One Urgent Action ready to dispatch."""

    urgent_action: UrgentAction
    """The case."""
    round: Count = 1
    """Raise it to write to the same targets once more. Within a round nobody is written twice."""
    languages: tuple[Language, ...] = ()
    """The preferred languages, best first."""
    channels: tuple[ChannelName, ...] = Field(min_length=1)
    """The channels to use, by name."""
    targets: Annotated[
        tuple[
            Annotated[
                Annotated[Target, Tag("a target")] | Annotated[TargetFile, Tag(A_FILE)],
                Discriminator(_kind_of),
            ],
            ...,
        ],
        Field(min_length=1),
        _OrOneFile(),
        BeforeValidator(_in_a_list),
    ]
    """The officials to reach, and among them files that list further ones; or {file: ...} alone."""
    letter: Annotated[dict[Language, Letter], BeforeValidator(each_language_once)] = Field(
        min_length=1
    )
    """The appeal, by language."""

    @property
    def written(self) -> tuple[Target, ...]:
        """The targets that stand in the campaign file itself."""
        return tuple(item for item in self.targets if isinstance(item, Target))

    @property
    def files(self) -> tuple[TargetFile, ...]:
        """The files that list further targets."""
        return tuple(item for item in self.targets if isinstance(item, TargetFile))

    @property
    def number(self) -> str:
        """The number of the Urgent Action, which is the campaign's identity: ``46/19``."""
        return self.urgent_action.number

    @field_validator("channels")
    @classmethod
    def _each_channel_once(cls, channels: tuple[str, ...]) -> tuple[str, ...]:
        _refuse_doubles(enumerate(channels), (), "the channel {} is named twice; remove one")
        return channels

    @field_validator("targets")
    @classmethod
    def _each_id_once(
        cls, targets: tuple[Target | TargetFile, ...]
    ) -> tuple[Target | TargetFile, ...]:
        # Ids become names of files, and some file systems take a-z and A-Z for the same.
        ids = [(n, one.id.casefold()) for n, one in enumerate(targets) if isinstance(one, Target)]
        _refuse_doubles(ids, ("id",), "two targets have the id {}; give one another id")
        files = [(n, one.file) for n, one in enumerate(targets) if isinstance(one, TargetFile)]
        _refuse_doubles(files, ("file",), "the file {} is named twice; remove one")
        return targets


def _refuse_doubles(names: Iterable[tuple[int, str]], tail: tuple[str, ...], says: str) -> None:
    """`names` bear their places in the list."""
    first: dict[str, int] = {}
    found = [
        ((here, *tail), says.format(f"“{name}”"), (there, *tail))
        for here, name in names
        if (there := first.setdefault(name, here)) != here
    ]
    if found:
        raise PydanticCustomError(CONFLICT, "{says}", {"says": found[0][1], "found": tuple(found)})
