"""A target as a frozen value: who is to be reached, and where.

It knows one official and never the campaign around them, nor what became of a message.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Tag,
    ValidationInfo,
    field_validator,
)

from uadispatch.campaign.codes import standard_language
from uadispatch.campaign.text import text_of
from uadispatch.campaign.values import (
    ChannelName,
    Contact,
    Country,
    EmailAddress,
    FacebookHandle,
    Hours,
    Language,
    Line,
    PhoneNumber,
    PostalAddress,
    TargetId,
    TwitterHandle,
    Zone,
)

__all__ = ["Salutation", "Target", "Value", "each_language_once"]


class Value(BaseModel):
    """A part of a campaign file: frozen, and with no other keys than its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _salutation(value: object) -> str:
    # The comma belongs to the layout of a letter, and every template puts its own.
    return text_of(value).strip().removesuffix(",")


def each_language_once(value: object) -> object:
    """`value`, unless it is a mapping in which two keys are one language. Raises ValueError."""
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
"""A greeting, without the comma after it."""


class Target(Value):
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
            BeforeValidator(each_language_once),
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
        known = self.__dict__.get(field)
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
