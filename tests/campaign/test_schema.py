"""The JSON Schema that editors use says the same as the program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from uadispatch.campaign.places import compose
from uadispatch.campaign.schema import campaign_schema, campaign_schema_text

if TYPE_CHECKING:
    from campaignkit import Read, Refuse

FILE = "{file: a.csv, encoding: cp1251, columns: {salutation.ru: S, contacts.signal: C}}"
CONFIG = Path(__file__).parents[2] / "config"
VALIDATOR = Draft202012Validator(campaign_schema())


def test_the_shipped_schema_is_the_one_of_this_version() -> None:
    shipped = (CONFIG / "campaign.schema.json").read_text(encoding="utf-8")
    assert shipped == campaign_schema_text(), "run: python -m uadispatch.campaign.schema"


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(campaign_schema())


@pytest.mark.parametrize(
    "path", sorted((CONFIG / "campaigns").glob("*.yaml")), ids=lambda p: p.name
)
def test_every_shipped_campaign_fits_the_schema(path: Path) -> None:
    VALIDATOR.validate(compose(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ("46/19", "46.19"),
        ("46/19", '"UA: 046/2019"'),
        ("    country: KZ", "    country: US\n    phone: 2022325488\n    fax:"),
        ("    country: KZ", "    salutation: {en: Dear Minister}\n    contacts: {signal: 1}"),
        ("    country: KZ", "    hours: Mon-Fri,Sun 09:00-18:30\n    languages: [no, zh-Hant]"),
        ("  - id: prosecutor-general", "  - {file: a.csv}\n  - id: prosecutor-general"),
        ("  - id: prosecutor-general", f"  - {FILE}\n  - id: prosecutor-general"),
        ("channels: [email]", "round: 2\nlanguages: []\nchannels: [email, fax2]"),
    ],
)
def test_both_take_what_is_right(base: str, read: Read, old: str, new: str) -> None:
    read(old, new)
    VALIDATOR.validate(compose(base.replace(old, new, 1) if old else base))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  title:", "  titel:"),
        ("channels:", "chanels:"),
        ("    country:", "    county:"),
        ("46/19", "4619"),
        ("Human rights defender facing bogus charges", "true"),
        ("Human rights defender facing bogus charges", "[a]"),
        ("Human rights defender facing bogus charges", ""),
        ("2019-09-27", "27 September 2019"),
        ("  issued", "  status: over\n  issued"),
        ("  issued", "  sequence: second\n  issued"),
        ("  issued", "  sequence: 0\n  issued"),
        ("  issued", "  previous: amnesty.org\n  issued"),
        ("  issued", "  people: Serikzhan Bilash\n  issued"),
        ("[email]", "email"),
        ("[email]", "[]"),
        ("[email]", "[E-mail]"),
        ("id: prosecutor-general", "id: ../a"),
        ("  - id: prosecutor-general\n    name", "  - name"),
        ("    country: KZ", "    country: Kazakhstan"),
        ("    country: KZ", "    phone: [1, 2]"),
        ("    country: KZ", "    file: officials.csv"),
        ("  - id: prosecutor-general", "  - {fill: a.csv}\n  - id: prosecutor-general"),
        ("  - id: prosecutor-general", "  - {file: [a]}\n  - id: prosecutor-general"),
        (
            "  - id: prosecutor-general",
            "  - {file: a.csv, delimiter: ab}\n  - id: prosecutor-general",
        ),
        (
            "  - id: prosecutor-general",
            "  - {file: a.csv, columns: {nam: Name}}\n  - id: prosecutor-general",
        ),
        ("    country: KZ", "    contacts: {Signal: x}"),
        ("    country: KZ", "    hours: all day"),
        ("press@prokuror.kz", "{written: a@b.org, value: c@d.org}"),
        ("  en:", "  ../en:"),
        ("subject: Release Serikzhan Bilash, ", ""),
        ("{subject: Release Serikzhan Bilash, text: I am writing to you}", "I am writing"),
    ],
)
def test_both_refuse_what_is_wrong(base: str, refuse: Refuse, old: str, new: str) -> None:
    assert old in base
    broken = base.replace(old, new, 1)
    assert refuse(broken)
    assert not VALIDATOR.is_valid(compose(broken))
