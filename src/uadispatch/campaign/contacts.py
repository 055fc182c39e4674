"""Contacts: how a target is reached, as it was written and as it was read.

A contact is read once, from a file. A snapshot holds both forms and is never read again, so a
newer library cannot change where an old message goes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationInfo, model_validator

from uadispatch.campaign.text import TEXT_SCHEMA, block, line, shown, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from phonenumbers import PhoneNumber as Dialled
    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

__all__ = [
    "FROM_A_FILE",
    "Contact",
    "EmailAddress",
    "FacebookHandle",
    "Handle",
    "PhoneNumber",
    "PostalAddress",
    "TwitterHandle",
    "usual_address",
]

FROM_A_FILE = "uadispatch: written by a person"
"""Validation context for what a person wrote: only texts are contacts there. Without it a
snapshot's mapping of `written` and `value` is taken as it is."""

_RESERVED_DOMAINS = frozenset({"test", "invalid"})
# Digits of any script, what stands between them, and an extension.
_PHONE = re.compile(r"\(?\+?[\d\s().\-/\u2010-\u2015]+(?:(?:ext\.?|x|#)\s?\d{1,7})?", re.IGNORECASE)
_FROM_AMERICA = re.compile(r"011[\s.\-]*(?=\d)", re.ASCII)
_BETWEEN_WORDS = re.compile(r"[\s,;]+")
# The usual addresses: what stands before the @ is taken as it is. A name in capitals may be one of
# those that mail knows in any case (Postmaster, Info); none of those has a full stop.
_USUAL_ADDRESS = re.compile(
    r"(?:[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*|[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)+)"
    r"@([A-Za-z0-9.-]+)",
    re.ASCII,
)
_LONGEST_USUAL_ADDRESS = 200


class Contact(BaseModel):
    """Where a target is reached on some channel; the plain kind is one line, used as written.

    In a file a contact is a text. `Contact.model_validate("text")` reads one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    written: str
    """As it stands in the file."""
    value: str
    """As it was read, in the form that machines use."""

    @property
    def identity(self) -> str:
        """Equal for two contacts, of one kind, that reach the same place."""
        return self.value.casefold()

    @classmethod
    def read(cls, text: str, *, region: str | None = None) -> Self:
        """Read what a person wrote; `region` is the country of the address.

        Raises:
            ValueError: what is wrong and the mend, as a sentence.
        """
        written = cls._whole(text)
        return cls(written=written, **cls._read(written, region))

    @classmethod
    def _whole(cls, value: object) -> str:
        return line(value)

    @classmethod
    def _read(cls, written: str, region: str | None) -> Mapping[str, Any]:  # noqa: ARG003 - some kinds
        return {"value": written}

    @model_validator(mode="before")
    @classmethod
    def _text_or_snapshot(cls, value: object, info: ValidationInfo) -> object:
        if isinstance(value, cls) or (isinstance(value, dict) and info.context != FROM_A_FILE):
            return value
        written = cls._whole(value)
        return {"written": written, **cls._read(written, None)}

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        if handler.mode == "validation":
            return TEXT_SCHEMA | {"description": (cls.__doc__ or "").partition("\n")[0]}
        return handler(core_schema)


class EmailAddress(Contact):
    """Exactly one address. `value` is ASCII: the domain in lower case and punycode.

    Domains ending in ``.example``, ``.test`` and ``.invalid`` are taken, as they reach nobody.
    """

    @classmethod
    def _read(cls, written: str, region: str | None) -> Mapping[str, Any]:  # noqa: ARG003 - some kinds
        local, at, domain = written.rpartition("@")
        if "<" in written or ">" in written:
            raise ValueError(
                f"{shown(written)} holds more than an address; leave out the name and < >"
            )
        if written.count("@") > 1 or _BETWEEN_WORDS.search(written):
            raise ValueError(
                f"{shown(written)} is not exactly one email address; write one, without spaces, "
                "and give a further one a target of its own"
            )
        if local.startswith("'"):
            # Allowed, and yet always what a spreadsheet or a mail program left there.
            raise ValueError(f"{shown(written)} begins with an apostrophe; remove it")
        if not local.isascii():
            raise ValueError(
                f"{shown(written)} has letters other than a-z before the @, which many mail "
                "servers refuse; write the address that the office gives for them"
            )
        from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415 - costly

        # The library refuses these two reserved domains but takes the third, .example.
        head, dot, last = domain.rpartition(".")
        reserved = last.lower() in _RESERVED_DOMAINS
        asked = f"{local}{at}{head}{dot}example" if reserved else written
        try:
            read = validate_email(asked, check_deliverability=False, allow_smtputf8=False)
        except EmailNotValidError as error:
            raise ValueError(f"{shown(written)} is no email address: {error}") from None
        value = read.ascii_email or ""
        return {"value": value.removesuffix("example") + last.lower() if reserved else value}


def usual_address(written: str) -> str | None:
    """What `EmailAddress` reads `written` as, if that is known without looking at it closely.

    Of a list of officials most share their domain with somebody before them.
    """
    found = _USUAL_ADDRESS.fullmatch(written)
    if found is None or len(written) > _LONGEST_USUAL_ADDRESS:
        return None
    domain = _usual_domain(found[1])
    return None if domain is None else written[: found.start(1)] + domain


@lru_cache(maxsize=8192)
def _usual_domain(written: str) -> str | None:
    """A domain as it is read; None if it is refused, or has letters in punycode."""
    if "xn--" in written.lower():
        return None  # its length is that of the letters
    try:
        return EmailAddress.read(f"a@{written}").value.removeprefix("a@")
    except ValueError:
        return None


class PhoneNumber(Contact):
    """A number to call or fax; `value` is E.164.

    It must be possible: a known country code and a length that its plan allows. It need not lie
    in a range that is known to be in use, since those lists lag behind new ranges, and refusing
    a right number would silence an appeal.
    """

    region: str | None = None
    """The country of the number, where it is known."""
    extension: str | None = None
    """What to dial after the call was taken."""

    @property
    def identity(self) -> str:
        """E.164, with the extension if there is one."""
        return f"{self.value};ext={self.extension}" if self.extension else self.value

    @classmethod
    def _read(cls, written: str, region: str | None) -> Mapping[str, Any]:
        import phonenumbers as library  # noqa: PLC0415 - costly

        if not _PHONE.fullmatch(written):
            raise ValueError(
                f"{shown(written)} is not exactly one phone number; write one, in digits, without "
                "remarks"
            )
        if region is None and not written.lstrip("( ").startswith("+"):
            raise ValueError(
                f"{shown(written)} is a national number; write it with + and the country code, "
                "or give the target's country"
            )
        try:
            number = cls._parsed(written, region)
        except library.NumberParseException:
            raise ValueError(
                f"{shown(written)} begins with no known country code; write + and the code, "
                "such as +7"
            ) from None
        cls._refuse_impossible(written, library.is_possible_number_with_reason(number))
        code = library.region_code_for_number(number)
        return {
            "value": library.format_number(number, library.PhoneNumberFormat.E164),
            "region": code or library.region_code_for_country_code(number.country_code or 0),
            # The library turns the digits of other scripts into ours, but not here.
            "extension": library.normalize_digits_only(number.extension or "") or None,
        }

    @staticmethod
    def _parsed(written: str, region: str | None) -> Dialled:
        """The number, by the plan of `region`.

        011 and the code of that very country is how it is called from North America; where both
        could be meant, the country's own plan counts.
        """
        import phonenumbers as library  # noqa: PLC0415 - costly

        number = library.parse(written, region)
        abroad = _FROM_AMERICA.match(written)
        if region and abroad and not library.is_valid_number(number):
            whole = library.parse(f"+{written[abroad.end() :]}")
            own = library.country_code_for_region(region)
            if whole.country_code == own and library.is_valid_number(whole):
                return whole
        return number

    @staticmethod
    def _refuse_impossible(written: str, reason: int) -> None:
        from phonenumbers import ValidationResult as Result  # noqa: PLC0415 - costly

        if reason == Result.IS_POSSIBLE:
            return
        says = {
            Result.TOO_SHORT: "has too few digits",
            Result.TOO_LONG: "has too many digits; if these are two numbers, write one",
            Result.IS_POSSIBLE_LOCAL_ONLY: "lacks its area code",
            Result.INVALID_COUNTRY_CODE: "begins with no known country code",
        }.get(reason, "has a number of digits that its country does not use")
        raise ValueError(f"{shown(written)} {says}; compare it with the document")


class Handle(Contact):
    """An account on a social network; `value` is its name without @.

    In a file it is a name, with or without @, or the address of the account's page.
    """

    network: ClassVar[str] = "a social network"
    hosts: ClassVar[frozenset[str]] = frozenset()
    shape: ClassVar[re.Pattern[str]] = re.compile(r"[A-Za-z0-9_.]{1,64}")
    rule: ClassVar[str] = "up to 64 letters a-z, digits, _ and full stops"

    @classmethod
    def _read(cls, written: str, region: str | None) -> Mapping[str, Any]:  # noqa: ARG003 - some kinds
        value = cls._from_link(written) if "/" in written else written.removeprefix("@")
        if not cls.shape.fullmatch(value):
            raise ValueError(f"{shown(written)} is no name on {cls.network}: it has {cls.rule}")
        return {"value": value}

    @classmethod
    def _from_link(cls, written: str) -> str:
        try:
            link = urlsplit(written if "://" in written else f"https://{written}")
            host = (link.hostname or "").removeprefix("www.").removeprefix("m.")
        except ValueError:
            host = ""
        steps = link.path.strip("/").split("/") if host in cls.hosts else []
        if steps == ["profile.php"] and link.query.startswith("id="):
            # Facebook's form for accounts that have a number and no name.
            steps = [link.query.removeprefix("id=").partition("&")[0]]
        if len(steps) != 1 or link.scheme not in {"http", "https"}:
            raise ValueError(
                f"{shown(written)} is not the page of an account on {cls.network}; write the "
                'account\'s name, such as "@name"'
            )
        return steps[0].removeprefix("@")


class TwitterHandle(Handle):
    """An account on X, once Twitter."""

    network = "X"
    hosts = frozenset({"x.com", "twitter.com", "mobile.twitter.com", "mobile.x.com"})
    shape = re.compile(r"[A-Za-z0-9_]{1,15}")
    rule = "up to 15 letters a-z, digits and _"


class FacebookHandle(Handle):
    """A page or profile on Facebook: its name, or its number."""

    network = "Facebook"
    hosts = frozenset({"facebook.com", "fb.com"})
    shape = re.compile(r"[A-Za-z0-9.]{5,50}")
    rule = "5 to 50 letters a-z, digits and full stops"

    @property
    def identity(self) -> str:
        """The name, whatever its case and full stops: Facebook counts neither."""
        return self.value.casefold().replace(".", "")


class PostalAddress(Contact):
    """Where a letter goes: `written` line by line; `value` has each line stripped."""

    @property
    def identity(self) -> str:
        """The words of the address, whatever their case and lines."""
        return " ".join(self.value.casefold().split())

    @classmethod
    def _whole(cls, value: object) -> str:
        return block(text_of(value))

    @classmethod
    def _read(cls, written: str, region: str | None) -> Mapping[str, Any]:  # noqa: ARG003 - some kinds
        lines = (each.strip() for each in written.split("\n"))
        return {"value": "\n".join(each for each in lines if each)}
