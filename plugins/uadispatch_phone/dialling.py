"""Numbers as phones, people and cameras take them; it knows nothing of what is said."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

from uadispatch import PhoneNumber

if TYPE_CHECKING:
    from uadispatch import Contact

__all__ = ["Undiallable", "number_of", "qr_code", "qr_picture", "readable", "remarks", "tel_link"]

_E164 = re.compile(r"\+[1-9][0-9]{3,14}")
_EXTENSION = re.compile(r"[0-9]{1,7}")


class Undiallable(Exception):
    """Nobody can dial this; the text says why, and what to do."""


def number_of(contact: Contact) -> PhoneNumber:
    """The number that `contact` is, once it is certain that it can be dialled.

    Raises:
        Undiallable: it cannot.
    """
    import phonenumbers as library  # noqa: PLC0415 - costly

    if not isinstance(contact, PhoneNumber):
        raise Undiallable("this is no phone number; write the number with + and the country code")
    possible = _E164.fullmatch(contact.value) is not None
    if not possible or not library.is_possible_number(library.parse(contact.value)):
        raise Undiallable(
            "this number has too few or too many digits to be dialled; compare it with the document"
        )
    if contact.extension is not None and not _EXTENSION.fullmatch(contact.extension):
        raise Undiallable("its extension is more than digits; write it as “ext. 12”")
    return contact


def tel_link(number: PhoneNumber) -> str:
    """The link that dials `number` (RFC 3966, sections 5.1.4 and 5.3)."""
    extension = f";ext={number.extension}" if number.extension else ""
    return f"tel:{number.value}{extension}"


def readable(number: PhoneNumber) -> str:
    """The number in groups, with + and the country code, without its extension."""
    import phonenumbers as library  # noqa: PLC0415 - costly

    form = library.PhoneNumberFormat.INTERNATIONAL
    return library.format_number(library.parse(number.value), form)


def remarks(number: PhoneNumber, country: str | None) -> tuple[str, ...]:
    """What a reviewer should know before anybody calls: the wrong country, a dear number."""
    import phonenumbers as library  # noqa: PLC0415 - costly

    found = []
    parsed = library.parse(number.value)
    home = library.country_code_for_region(country) if country else 0
    # A country code, since a range that is new is often not known to be of its own region yet.
    if home and parsed.country_code != home:
        where = number.region or "another country"
        found.append(
            f"the number is of {where} (+{parsed.country_code}), the address of {country} "
            f"(+{home}): compare it with the document"
        )
    if library.number_type(parsed) == library.PhoneNumberType.PREMIUM_RATE:
        found.append("a premium-rate number: the call may be dear")
    return tuple(found)


def qr_code(link: str, *, title: str) -> bytes:
    """An SVG from which a phone's camera takes `link`; the same bytes each time."""
    # White by name: a viewer's dark background would leave nothing to scan.
    return _drawn(link, kind="svg", light="#fff", title=title)


def qr_picture(link: str) -> bytes:
    """The same code as PNG in two colours: some 300 bytes, a quarter of the SVG."""
    return _drawn(link, kind="png")


def _drawn(link: str, **how: str) -> bytes:
    import segno  # noqa: PLC0415 - costly

    drawn = BytesIO()
    segno.make_qr(link, error="m").save(drawn, scale=8, **how)
    return drawn.getvalue()
