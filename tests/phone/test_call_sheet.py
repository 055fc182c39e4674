"""The call sheet: whom to call, when, what to say, and what to record."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casekit import NOW
from personkit import only_message, planned
from uadispatch import By, Counts, Organisation, PhoneNumber, Rejected, Target
from uadispatch.channels.message import Message
from uadispatch.resources import shipped
from uadispatch_phone.channel import OUTCOMES, PhoneChannel
from uadispatch_phone.dialling import qr_picture
from uadispatch_phone.sheet import _DAYS, _SIGNS, _labels, call_sheet

if TYPE_CHECKING:
    from pathlib import Path

FULL = """\
country: US, timezone: America/New_York, role: Ambassador, salutation: Dear Ambassador,
     hours: Mon-Fri 09:00-18:30, say_as: uh-FISH-ul, phone: 202 555 0100 ext. 12"""
PEOPLE = "  people: [{name: A. Person, say_as: PUR-sun}, {name: B. Person}]"
LEAST = 'phone: "+1 202 555 0100"'


def sheet(folder: Path, target: str, **case: Any) -> str:
    channel, message = planned(folder, "phone", target, **case)
    return channel.preview(message).text


def row(text: str, label: str) -> str:
    (found,) = [line for line in text.splitlines() if line.startswith(label + "  ")]
    return found.removeprefix(label).strip()


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next."""
    return text.split(f"\n{heading}\n{'-' * len(heading)}\n")[1].partition("\n---")[0]


def test_it_has_the_number_as_printed_and_as_dialled(tmp_path: Path) -> None:
    text = sheet(tmp_path, FULL)
    assert row(text, "Dial") == "+1 202-555-0100"
    assert row(text, "When it is answered, dial") == "12"
    assert row(text, "In the document") == "202 555 0100 ext. 12"


def test_it_has_the_time_there_and_whether_they_are_open(tmp_path: Path) -> None:
    text = sheet(tmp_path, FULL)
    time = "Tue 2019-08-20 05:00 (America/New_York, UTC−04:00) = 2019-08-20 09:00 UTC"
    assert row(text, "Time there") == time
    assert row(text, "Office hours there") == "Mon-Fri 09:00-18:30"
    opens = "closed; opens Tue 2019-08-20 09:00 = 2019-08-20 13:00 UTC"
    assert row(text, "At that time") == opens
    noon = sheet(tmp_path, FULL, at=datetime(2019, 8, 20, 16, tzinfo=UTC))
    assert row(noon, "At that time") == "open"


def test_on_a_friday_evening_they_open_on_monday_by_the_clock_of_monday(tmp_path: Path) -> None:
    # In the night to Sunday, 2019-11-03, clocks are set back.
    channel, message = planned(tmp_path, "phone", FULL)
    text = channel.preview(message.dated(datetime(2019, 11, 1, 23, tzinfo=UTC))).text
    assert row(text, "Time there").startswith("Fri 2019-11-01 19:00 (America/New_York, UTC−04:00)")
    opens = "closed; opens Mon 2019-11-04 09:00 = 2019-11-04 14:00 UTC"
    assert row(text, "At that time") == opens


def test_where_the_zone_is_not_known_it_has_the_earliest_and_the_latest(tmp_path: Path) -> None:
    text = sheet(tmp_path, 'country: US, hours: Mon-Fri 09:00-18:30, phone: "202 555 0100"')
    assert row(text, "Time there") == (
        "Mon 2019-08-19 23:00 (Pacific/Honolulu, UTC−10:00) – "
        "Tue 2019-08-20 05:00 (America/New_York, UTC−04:00) = 2019-08-20 09:00 UTC"
    )
    assert row(text, "Office hours there") == "Mon-Fri 09:00-18:30"
    assert "At that time" not in text


def test_where_the_country_is_not_known_the_number_says_it(tmp_path: Path) -> None:
    text = sheet(tmp_path, 'phone: "+202 2577 0100"')
    assert "(Africa/Cairo, UTC+02:00)" in row(text, "Time there")
    text = sheet(tmp_path, 'phone: "+800 1234 5678"')  # of no country
    assert row(text, "Time there") == "not known = 2019-08-20 09:00 UTC"


def test_it_says_how_the_names_are_said(tmp_path: Path) -> None:
    text = sheet(tmp_path, FULL, case=PEOPLE)
    names = section(text, "HOW TO SAY THE NAMES")
    assert names.splitlines()[:2] == ["A. Official = uh-FISH-ul", "A. Person = PUR-sun"]


def test_it_says_what_to_say_in_the_organisations_words(tmp_path: Path) -> None:
    script = section(sheet(tmp_path, FULL, case=PEOPLE), "WHAT TO SAY")
    assert "I am calling on behalf of Group 12." in script
    assert "I have a message for A. Official, Ambassador." in script
    assert "It is about the case of A. Person, B. Person." in script
    assert "What we ask is this: Release A. Person." in script
    assert "Release A. Person" in section(sheet(tmp_path, FULL), "TO AN ANSWERING MACHINE")


def test_it_has_the_letter_for_who_is_asked_for_more(tmp_path: Path) -> None:
    text = sheet(tmp_path, FULL)
    assert section(text, "THE LETTER, IF THEY ASK FOR MORE") == "I urge you to release A. Person.\n"


def test_it_has_a_box_for_each_outcome(tmp_path: Path) -> None:
    boxes = section(sheet(tmp_path, FULL), "WHAT CAME OF IT")
    assert re.findall(r"☐ (\w+): \w", boxes) == list(OUTCOMES)


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_it_does_without_what_is_optional(tmp_path: Path, language: str) -> None:
    text = sheet(tmp_path, LEAST, language=language)
    assert "None" not in text
    assert "\n\n\n" not in text
    assert "= PUR-sun" not in text
    assert not re.search(r"^(#|\s+$)", text, re.MULTILINE)
    for wanted in ("A. Official", "+1 202-555-0100", "Release A. Person", "2019-09-27"):
        assert wanted in text


@pytest.mark.parametrize("subject", ["Release A. Person", "Release A. Person!", "Где А. Person?"])
def test_a_request_ends_with_one_mark(tmp_path: Path, subject: str) -> None:
    for language in ("en", "ru", "kk"):
        text = sheet(tmp_path, LEAST, language=language, subject=f'"{subject}"')
        assert f"{subject}." in text or subject[-1] in "!?"
        assert not re.search(r"[.!?]\.", text.replace("+1", ""))


def test_in_russian_all_of_it_is_russian(tmp_path: Path) -> None:
    text = sheet(tmp_path, FULL, case=PEOPLE, language="ru")
    assert row(text, "Набрать") == "+1 202-555-0100"
    assert row(text, "Часы работы") == "пн-пт 09:00-18:30"
    assert row(text, "В это время").startswith("закрыто; откроется вт 2019-08-20 09:00 =")
    assert "я звоню от имени организации «Group 12»" in section(text, "ЧТО ГОВОРИТЬ")
    assert "Наша просьба: Release A. Person." in section(text, "НА АВТООТВЕТЧИК")


def test_in_a_language_without_a_template_no_word_of_another_is_said(tmp_path: Path) -> None:
    text = sheet(tmp_path, FULL, case=PEOPLE, language="kk")
    given_by_the_campaign = (
        "Human rights defender facing bogus charges", "I urge you to release A. Person.",
        "Release A. Person", "A. Official", "Ambassador", "A. Person", "B. Person", "uh-FISH-ul",
        "PUR-sun", "Dear", "Group 12", "202 555 0100 ext. 12", "America/New_York", "UTC", "UA",
        "Mon-Fri", "Tue", *OUTCOMES,
    )  # fmt: skip
    for data in given_by_the_campaign:
        text = text.replace(data, "")
    assert not re.search(r"[^\W\d_]", text), text


@pytest.mark.parametrize("language", ["en", "ru"])
def test_a_shipped_template_has_every_label_and_no_other(tmp_path: Path, language: str) -> None:
    _, message = planned(tmp_path, "phone", LEAST, language=language)
    found = set(_labels(message.parts["labels"]))
    assert found | {"weekdays"} == {*_SIGNS, *OUTCOMES}


def test_each_shipped_template_of_the_organisation_stands_on_the_channels_own() -> None:
    for path in (shipped("templates") / "phone").glob("*.j2"):
        assert f'{{% extends "plugin/phone/{path.stem}" %}}' in path.read_text(encoding="utf-8")


# -- the real case ---------------------------------------------------------------------------------


def test_urgent_action_46_19_is_said_within_a_minute(root: Path) -> None:
    channel, message = only_message(root / "config/campaigns/ua-46-19.yaml", "phone")
    text = channel.preview(message).text
    assert row(text, "Dial") == "+1 202-232-5488"
    assert row(text, "In the document") == "202 232 5488"
    assert "It is about the case of Serikzhan Bilash." in text
    assert "What we ask is this: Release Serikzhan Bilash." in text
    # People read aloud 130 to 150 words a minute.
    assert len(message.body.split()) < 120
    assert len(message.parts["voicemail"].split()) < 75
    assert channel.preview(message).links == ("tel:+12022325488",)


def test_many_people_are_all_named(tmp_path: Path) -> None:
    people = ", ".join(f"{{name: Person No {n}}}" for n in range(12))
    script = section(sheet(tmp_path, LEAST, case=f"  people: [{people}]"), "WHAT TO SAY")
    assert all(f"Person No {n}" in script for n in range(12))


# -- what is handed over ---------------------------------------------------------------------------


def test_a_person_gets_the_sheet_the_code_and_the_link(tmp_path: Path) -> None:
    channel, message = planned(tmp_path, "phone", FULL)
    answer: Any = asyncio.run(channel.send(message))
    sheet_file, code_file = answer.files
    assert (sheet_file.suffix, code_file.suffix) == (".txt", ".svg")
    assert sheet_file.read_text(encoding="utf-8") == channel.preview(message).text
    assert code_file.read_bytes().startswith(b"<?xml")
    assert answer.links == channel.preview(message).links == ("tel:+12025550100;ext=12",)
    assert answer.says.startswith("call +1 202-555-0100, then 12")
    assert sheet_file.parents[1] == tmp_path / ".uadispatch/outbox/phone"


def test_a_reviewer_sees_the_code_that_is_handed_over(tmp_path: Path) -> None:
    channel, message = planned(tmp_path, "phone", FULL)
    (figure,) = channel.preview(message).figures
    assert figure.alt == "QR code that dials +1 202-555-0100, then 12"
    assert figure.content == qr_picture("tel:+12025550100;ext=12")
    _, without = planned(tmp_path / "another", "phone", LEAST)
    assert channel.preview(without).figures[0].alt == "QR code that dials +1 202-555-0100"


def test_its_folder_can_be_set(tmp_path: Path) -> None:
    channel, message = planned(tmp_path, "phone", LEAST)
    settings = PhoneChannel.Settings(folder=tmp_path / "calls")
    answer: Any = asyncio.run(PhoneChannel(settings, channel.tools).send(message))
    assert all(file.is_relative_to(tmp_path / "calls") for file in answer.files)
    assert settings.for_snapshot() == {}


def test_a_rehearsals_sheet_is_marked(tmp_path: Path) -> None:
    channel, message = planned(tmp_path, "phone", LEAST)
    for subject in (message.subject, f"[TEST] {message.subject}"):
        marked = channel.preview(replace(message, subject=subject, rehearsal=True)).text
        assert marked.startswith("[TEST] UA 46/19 – Release A. Person\n")
    assert "[TEST]" not in channel.preview(message).text


def test_only_who_took_the_message_counts_as_contact(tmp_path: Path) -> None:
    channel, _ = planned(tmp_path, "phone", LEAST)
    able = channel.capabilities
    assert able.by is By.PERSON
    by_meaning = {
        meaning: {name for name, counts in able.outcomes.items() if counts is meaning}
        for meaning in Counts
    }
    assert by_meaning == {
        Counts.CONTACT: {"reached", "voicemail"},
        Counts.AGAIN: {"no_answer", "busy"},
        Counts.NOTHING: {"refused", "skipped"},
        Counts.WRONG: {"wrong_number", "disconnected", "fax_tone"},
    }


def test_a_number_in_the_wrong_country_is_shown_to_the_reviewer(tmp_path: Path) -> None:
    channel, message = planned(tmp_path, "phone", 'country: US, phone: "+202 2577 0100"')
    (note,) = channel.preview(message).notes
    assert "the number is of EG (+20), the address of US (+1)" in note


# -- hostile data ----------------------------------------------------------------------------------

HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def message_to(
    name: str, number: str = "+12025550100", body: str = "Hello", **parts: str
) -> Message:
    """A message as a snapshot of another machine may hold it: no text of it was ever checked."""
    phone = PhoneNumber(written=name, value=number, region="US")
    target = Target.model_validate({"id": "a", "name": "A", "timezone": "Asia/Almaty"})
    return Message(
        key="0" * 64,
        reference="0" * 64,
        campaign="46/19",
        channel="phone",
        target=target.model_copy(update={"name": name, "role": name, "phone": phone}),
        to=phone,
        language="en",
        subject=name,
        body=body,
        sender=Organisation.model_validate({"name": "Group 12", "email": "ua@example.org"}),
        at=NOW,
        parts=parts,
    )


def shown(message: Message) -> str:
    assert isinstance(message.to, PhoneNumber)
    return call_sheet(message, message.to, OUTCOMES)


@given(name=st.text(st.characters()), body=st.text(st.characters(), min_size=1))
def test_no_text_hides_or_adds_a_line(name: str, body: str) -> None:
    message = message_to(name, body=body, case=name, say_as=body, voicemail=body)
    text = shown(message)
    text.encode()
    assert not HIDDEN.search(text)
    head, table = text.split("\n\n")[0], text.partition("☎  ")[2].partition("\n\n")[0]
    assert len(head.splitlines()) <= 2
    assert len(table.splitlines()) == 3


def test_markup_stays_as_it_is(tmp_path: Path) -> None:
    text = sheet(tmp_path, LEAST, subject='"{{ 7*7 }} <b>Release</b> *A*"')
    assert "UA 46/19 – {{ 7*7 }} <b>Release</b> *A*" in text


def test_a_number_is_not_turned_round_in_a_line_of_arabic() -> None:
    message = message_to("A", labels="dial: اتصل\nwritten: In the document")
    text = shown(message)
    assert "\u2066+1 202-555-0100\u2069" in text
    assert row(text, "In the document") == "A"


def test_what_nobody_can_dial_is_rejected_before_anything_is_written(tmp_path: Path) -> None:
    channel, message = planned(tmp_path, "phone", LEAST)
    wrong = replace(message, to=PhoneNumber(written="x", value="+1202555;ext=1"))
    with pytest.raises(Rejected, match="too few or too many digits"):
        channel.check(wrong)
    with pytest.raises(Rejected):
        asyncio.run(channel.send(wrong))
    assert not (tmp_path / ".uadispatch").exists()


@given(
    at=st.datetimes(datetime(2019, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - hypothesis puts the zone
    zone=st.sampled_from(["Africa/Cairo", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia"]),
)
def test_the_time_there_is_always_the_time_here(at: datetime, zone: str) -> None:
    message = message_to("A").dated(at)
    at_zone = message.target.model_copy(update={"timezone": zone})
    text = shown(replace(message, target=at_zone))
    found = re.search(r"⌚ +(\w{3}) (\S+ \S+) \((\S+), UTC(.)(\d\d):(\d\d)\) = (\S+ \S+) UTC", text)
    assert found
    day, wall, name, sign, hours, minutes, here = found.groups()
    local = datetime.fromisoformat(wall).replace(tzinfo=ZoneInfo(name))
    assert day == _DAYS[local.weekday()]
    offset = (int(hours) * 60 + int(minutes)) * (1 if sign == "+" else -1)
    passed = datetime.fromisoformat(wall) - datetime.fromisoformat(here)
    assert passed.total_seconds() == offset * 60
