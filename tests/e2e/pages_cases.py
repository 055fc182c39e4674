"""The campaigns whose pages the piece ``pages`` looks at, each in a home of its own.

It knows campaign files, settings and templates; it runs nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from piece import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UA = ROOT / "config/campaigns/ua-46-19.yaml"
ARABIC = ROOT / "tests/campaigns/arabic.yaml"
IN_RUSSIAN = """\
  ru:
    subject: Освободите Серикжана Билаша
    text: |
      Я пишу Вам о Серикжане Билаше, который с 10 марта 2019 года находится под домашним арестом.

      Призываю Вас снять с него обвинения и немедленно и безоговорочно освободить его.
    closing: С уважением,
"""
SETTINGS = """\
[organisation]
name = {name}
email = "tests@example.org"
address = {address}
[fax]
gateway = "telnyx"
fonts = {fonts}
[letter]
fonts = {fonts}
"""
MANY = 1200
"""So many messages stand on three pages."""


@dataclass(frozen=True)
class Case:
    """A campaign in its home, and the day on which it is looked at."""

    name: str
    file: Path
    now: str
    texts: tuple[str, ...] = ()
    """What its dry-run must show as text, beside the words of its messages."""


def real(folder: Path, fonts: Path) -> Case:
    """UA 46/19, as its document has it: in English."""
    return _case(folder, fonts, "ua-46-19", UA.read_text(encoding="utf-8"), "2019-08-20T09:00Z")


def russian(folder: Path, fonts: Path) -> Case:
    """The same, with a letter in the language that its targets prefer."""
    text = f"{UA.read_text(encoding='utf-8').rstrip()}\n{IN_RUSSIAN}"
    return _case(folder, fonts, "russian", text, "2019-08-20T09:00Z")


def arabic(folder: Path, fonts: Path) -> Case:
    """A made-up case that is written from right to left."""
    return _case(folder, fonts, "arabic", ARABIC.read_text(encoding="utf-8"), "2031-03-10T09:00Z")


def large(folder: Path, fonts: Path) -> Case:
    """One whose messages stand on three pages."""
    targets = "".join(
        f"  - {{id: official-{n}, name: Official {n}, email: official-{n}@example.org}}\n"
        for n in range(MANY)
    )
    text = f"""\
urgent_action: {{number: 8/31, title: A case with many, country: KZ, deadline: 2031-04-30}}
channels: [email]
targets:
{targets}letter:
  en: {{subject: Release them, text: I am writing to you about them.}}
"""
    return _case(folder, fonts, "large", text, "2031-03-10T09:00Z")


def hostile(folder: Path, fonts: Path) -> Case:
    """Markup and scripts in every text, and control characters where any can come in."""
    case = _case(
        folder, fonts, "hostile", json.dumps(_each(markup)), "2031-03-10T09:00Z",
        organisation=markup("organisation"), address=markup("our address"),
    )  # fmt: skip
    template = case.file.parent / "templates/phone/en.j2"
    template.parent.mkdir(parents=True)
    template.write_text("Ring \x07, \x1b[31m and \N{RIGHT-TO-LEFT OVERRIDE}turn\n{{ letter.text }}")
    fields = ("title", "person", "name", "role", "subject", "text", "closing", "salutation")
    shown = "Ring {0}, {0}[31m and {0}turn".format("\N{REPLACEMENT CHARACTER}")
    return Case(case.name, case.file, case.now, (*map(markup, fields), shown))


def refused(folder: Path) -> tuple[Path, int]:
    """A control character in each text of a campaign file, and how many texts those are."""
    fields: list[str] = []

    def controlled(field: str) -> str:
        fields.append(field)
        return f"{field} \x07"

    file = folder / "controlled.yaml"
    file.write_text(json.dumps(_each(controlled)), encoding="utf-8")
    return file, len(fields)


def markup(field: str) -> str:
    """What would act, were it not shown as the text that it is."""
    acts = f"window.acted='{field}'"
    return (
        f"</pre></title></style></script><script>{acts}</script><img src=x onerror={acts}>"
        f"<svg/onload={acts}>{{{{7*7}}}}&lt;\"'{field}"
    )


def _each(text: Callable[[str], str]) -> dict[str, Any]:
    """A campaign file with such a text in every field that is one."""
    number = "+77172506402"
    return {
        "urgent_action": {
            "number": "9/31", "country": "KZ", "deadline": "2031-04-30", "index": text("index"),
            "title": text("title"), "summary": text("summary"), "actions": [text("action")],
            "people": [
                {"name": text("person"), "pronoun": text("pronoun"), "say_as": text("say as")}
            ],
            "report": text("report"), "additional_information": text("information"),
            "languages_note": text("note"), "after_deadline": text("after"),
        },
        "languages": ["en"],
        "channels": ["email", "fax", "twitter", "phone", "letter", "facebook"],
        "targets": [
            {
                "id": "one", "name": text("name"), "role": text("role"), "country": "KZ",
                "salutation": text("salutation"), "timezone": "Asia/Almaty",
                "address": text("address"), "phone": number, "fax": number,
                "email": "one@example.org", "twitter": "@one_of_them", "facebook": "one.of.them",
            },
            # Short enough for the window of an envelope.
            {"id": "two", "name": "<b>Two", "country": "KZ", "address": "<i>Street</i>"},
        ],
        "letter": {
            "en": {"subject": text("subject"), "text": text("text"), "closing": text("closing")}
        },
    }  # fmt: skip


def _case(
    folder: Path, fonts: Path, name: str, campaign: str, now: str,
    organisation: str = "An Organisation of Tests", address: str = "1 Example Street",
) -> Case:  # fmt: skip
    home = folder / name
    (home / "config").mkdir(parents=True)
    settings = SETTINGS.format(
        name=json.dumps(organisation), address=json.dumps(address), fonts=json.dumps(str(fonts))
    )
    (home / "config/uadispatch.toml").write_text(settings, encoding="utf-8")
    file = home / f"{name}.yaml"
    file.write_text(campaign, encoding="utf-8")
    return Case(name, file, now)
