"""Campaigns as frozen values: the Urgent Action, its targets, and the letter to them.

It knows what a campaign is made of and what must agree within it; never files, channels,
settings or what became of a message. A campaign's identity is `Campaign.number`.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from uadispatch.campaign.codes import standard_language
from uadispatch.campaign.text import text_of
from uadispatch.campaign.values import (
    Block,
    ChannelName,
    Contact,
    Country,
    Day,
    EmailAddress,
    FacebookHandle,
    Hours,
    Language,
    Line,
    Number,
    PhoneNumber,
    PostalAddress,
    TargetId,
    TwitterHandle,
    WebAddress,
    Zone,
)

__all__ = ["CONFLICT", "Campaign", "Letter", "Person", "Status", "Target", "UrgentAction"]

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


class _Value(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, use_attribute_docstrings=True
    )


def _salutation(value: object) -> str:
    # The comma belongs to the layout of a letter, and every template puts its own.
    return text_of(value).strip().removesuffix(",")


def _each_language_once(value: object) -> object:
    if isinstance(value, dict):
        seen: dict[str, object] = {}
        for key in value:
            tag = standard_language(str(key))
            if tag and seen.setdefault(tag, key) != key:
                raise ValueError(f"{seen[tag]} and {key} are the same language; keep one of them")
    return value


def _is_mapping(value: Any) -> str:
    return "by language" if isinstance(value, dict) else "in one language"


Salutation = Annotated[Line, BeforeValidator(_salutation)]
Count = Annotated[int, Field(strict=True, ge=1, le=999_999)]


class Status(StrEnum):
    """Whether an Urgent Action still asks for appeals."""

    OPEN = "open"
    CLOSED = "closed"


class Person(_Value):
    """Someone at risk, for whom the appeal is made."""

    name: Line
    """The name, exactly as the document writes it."""
    pronoun: Line | None = None
    """Such as he/him."""
    say_as: Line | None = None
    """How to pronounce the name."""


class UrgentAction(_Value):
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


class Letter(_Value):
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


class Target(_Value):
    """An official to be reached. Only `id` and `name` are always there."""

    id: TargetId
    """A short name for it within this campaign, such as prosecutor-general."""
    name: Line
    """The official's name, or the office where no name is known."""
    role: Line | None = None
    """The office held."""
    salutation: (
        Annotated[
            Annotated[Salutation, Tag("in one language")]
            | Annotated[dict[Language, Salutation], Tag("by language")],
            Discriminator(_is_mapping),
            BeforeValidator(_each_language_once),
        ]
        | None
    ) = None
    """The greeting, such as Dear Ambassador; or one for each language: {en: ..., ru: ...}."""
    # Before the phone and fax numbers, which are read in this country.
    country: Country | None = None
    """The country of the post address, as a two-letter code: KZ."""
    represents: Country | None = None
    """The state that an embassy stands for, where that is another."""
    timezone: Zone | None = None
    """The time zone where the target is: Asia/Almaty."""
    hours: Hours | None = None
    """When the office is open, in its own time: Mon-Fri 09:00-18:30."""
    languages: tuple[Language, ...] | None = None
    """The languages to write in, best first, where they differ from the campaign's."""
    say_as: Line | None = None
    """How to pronounce the name."""
    address: PostalAddress | None = None
    """The post address, line by line."""
    phone: PhoneNumber | None = None
    """The number to call."""
    fax: PhoneNumber | None = None
    """The number to send a fax to."""
    email: EmailAddress | None = None
    """One email address."""
    twitter: TwitterHandle | None = None
    """The account on X (Twitter), in quotes: "@name"."""
    facebook: FacebookHandle | None = None
    """The page on Facebook: its name or its address."""
    contacts: dict[ChannelName, Contact] = {}
    """Contacts for further channels, by the name that the channel asks for."""

    @field_validator("phone", "fax", mode="before")
    @classmethod
    def _in_its_country(cls, value: object, info: ValidationInfo) -> object:
        if value is None or isinstance(value, dict | PhoneNumber):
            return value
        if "country" not in info.data:
            # The country itself is wrong, which is said there: a second complaint would mislead.
            return None
        number = PhoneNumber.read(text_of(value), region=info.data["country"])
        if number.extension and info.field_name == "fax":
            raise ValueError("a fax has no extension; write the number of the machine itself")
        return number

    @field_validator("contacts", mode="after")
    @classmethod
    def _not_twice(cls, contacts: dict[str, Contact]) -> dict[str, Contact]:
        for name in contacts:
            if name in cls.model_fields:
                raise ValueError(f"write {name} beside the target's name, not under contacts")
        return contacts

    def contact_on(self, field: str) -> Contact | None:
        """The contact that a channel with ``contact = field`` writes to, if there is one."""
        known = getattr(self, field, None) if field in type(self).model_fields else None
        return known if isinstance(known, Contact) else self.contacts.get(field)

    def salutation_in(self, language: str) -> str | None:
        """The greeting in `language` (a standard BCP 47 tag), without a comma after it.

        A greeting without a language holds for every language; ``pt`` also serves ``pt-BR``.
        """
        if not isinstance(self.salutation, dict):
            return self.salutation
        while language not in self.salutation and "-" in language:
            language = language.rpartition("-")[0]
        return self.salutation.get(language)


class Campaign(_Value):
    """One Urgent Action ready to dispatch."""

    urgent_action: UrgentAction
    """The case."""
    round: Count = 1
    """Raise it to write to the same targets once more. Within a round nobody is written twice."""
    languages: tuple[Language, ...] = ()
    """The preferred languages, best first."""
    channels: tuple[ChannelName, ...] = Field(min_length=1)
    """The channels to use, by name."""
    targets: tuple[Target, ...] = Field(min_length=1)
    """The officials to reach."""
    letter: Annotated[dict[Language, Letter], BeforeValidator(_each_language_once)] = Field(
        min_length=1
    )
    """The appeal, by language."""

    @property
    def number(self) -> str:
        """The number of the Urgent Action, which is the campaign's identity: ``46/19``."""
        return self.urgent_action.number

    @field_validator("channels")
    @classmethod
    def _each_channel_once(cls, channels: tuple[str, ...]) -> tuple[str, ...]:
        _refuse_doubles(channels, (), "the channel {} is named twice; remove one")
        return channels

    @field_validator("targets")
    @classmethod
    def _each_id_once(cls, targets: tuple[Target, ...]) -> tuple[Target, ...]:
        # Ids become names of files, and some file systems take a-z and A-Z for the same.
        folded = [target.id.casefold() for target in targets]
        _refuse_doubles(folded, ("id",), "two targets have the id {}; give one another id")
        return targets


def _refuse_doubles(names: list[str] | tuple[str, ...], tail: tuple[str, ...], says: str) -> None:
    first: dict[str, int] = {}
    found = [
        ((here, *tail), says.format(f"“{name}”"), (there, *tail))
        for here, name in enumerate(names)
        if (there := first.setdefault(name, here)) != here
    ]
    if found:
        raise PydanticCustomError(CONFLICT, "{says}", {"says": found[0][1], "found": tuple(found)})
