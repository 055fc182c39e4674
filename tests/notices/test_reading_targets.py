"""What is inferred about officials, by which rule, and what a person is told or asked."""

from __future__ import annotations

import pytest

from targetkit import lines_of, more, questions, read, read_lines, remarks, said
from uadispatch.campaign.notices.document import Document
from uadispatch.campaign.notices.notice import Certainty, Found, Variant
from uadispatch.campaign.notices.parts.sections import Sections
from uadispatch.campaign.notices.targets.targets import read_targets

MINISTER = """
Minister of Justice
Mr Joseph Wanga
Nairobi, Kenya
Email: minister@justice.example.org
"""
AMBASSADOR = """
H.E. Askar Temirov
Embassy of the Republic of Kazakhstan
1401 16th St NW, Washington DC 20036
Email: embassy@example.org
"""


def contacts(
    line: str, country: str | None = "KE"
) -> tuple[dict[str, str], list[tuple[str, str]], list[str]]:
    """What one line of contacts says: the fields, what is beside them, and the questions."""
    found = read(f"Minister of Justice\nMr Joseph Wanga\nHarambee Avenue\n{line}", country=country)
    (target,) = found.targets
    fields = said(target, "phone", "fax", "email", "twitter", "facebook")
    return fields, more(target), questions(found)


def test_the_letters_opening_greets_the_first_without_a_salutation() -> None:
    found = read(
        MINISTER + "\n" + AMBASSADOR + "Salutation: Dear Ambassador", opening="Dear Minister"
    )
    minister, ambassador = found.targets
    assert minister.salutation
    assert (minister.salutation.value, minister.salutation.rule) == (
        "Dear Minister",
        "the opening of the sample letter",
    )
    assert said(ambassador, "salutation") == {"salutation": "Dear Ambassador"}


def test_an_opening_for_another_office_goes_to_its_holder() -> None:
    found = read(MINISTER + "\n" + AMBASSADOR, opening="Dear Ambassador,")
    assert [said(t, "salutation") for t in found.targets] == [
        {},
        {"salutation": "Dear Ambassador"},
    ]
    assert said(found.targets[1], "role") == {"role": "Ambassador of Kazakhstan"}


def test_an_opening_that_is_anothers_own_greeting_is_asked_about() -> None:
    text = MINISTER + "\n" + AMBASSADOR + "Salutation: Dear Ambassador"
    found = read(text, opening="Dear Ambassador")
    assert said(found.targets[0], "salutation") == {}
    (question,) = questions(found)
    assert "Dear Ambassador" in question
    assert "Mr Joseph Wanga" in question


def test_an_opening_for_two_offices_greets_each() -> None:
    found = read(MINISTER + "\n" + AMBASSADOR, opening="Dear Minister, or Dear Ambassador,")
    assert [said(t, "salutation") for t in found.targets] == [
        {"salutation": "Dear Minister"},
        {"salutation": "Dear Ambassador"},
    ]
    assert not questions(found)


def test_without_a_letter_only_ambassadors_are_greeted() -> None:
    text = MINISTER + "\nAmbassador Ana Mondlane\nEmbassy of Mozambique\nWashington DC 20036\n"
    assert [said(t, "salutation") for t in read(text + "Email: a@example.org").targets] == [
        {},
        {"salutation": "Dear Ambassador"},
    ]


@pytest.mark.parametrize(
    ("state", "role"),
    [
        ("the Republic of Kazakhstan", "Ambassador of Kazakhstan"),
        ("the People's Republic of China", "Ambassador of China"),
        (
            "the Democratic Republic of the Congo",
            "Ambassador of the Democratic Republic of the Congo",
        ),
        ("Peru", "Ambassador of Peru"),
        ("the Kingdom of Saudi Arabia in London", "Ambassador of Saudi Arabia"),
    ],
)
def test_an_ambassador_is_of_the_state_without_its_form(state: str, role: str) -> None:
    text = f"Mr Ali Hassan\nEmbassy of {state}\n1 Some Road\nSalutation: Dear Ambassador"
    (target,) = read(text).targets
    assert said(target, "role") == {"role": role}


def test_an_embassy_does_not_lie_in_the_state_it_stands_for() -> None:
    text = "Mr Ali Hassan\nEmbassy of Kenya\n1 Some Road\nPhone: 020 555 0100"
    found = read(text, country="KE")
    (target,) = found.targets
    assert said(target, "country", "represents", "timezone", "phone") == {"represents": "KE"}
    assert questions(found) == ["the phone of Mr Ali Hassan cannot be read: “020 555 0100”"]


def test_a_number_without_a_country_says_how_it_was_read() -> None:
    found = read("Minister of Justice\nMr Joseph Wanga\nFax: 020 555 0100", country="KE")
    (target,) = found.targets
    assert target.fax
    assert target.fax.certainty is Certainty.INFERRED
    assert target.fax.rule == "read as a number of Kenya, the country of the Urgent Action"
    assert target.country
    assert target.country.rule == "the country of the Urgent Action"


def test_a_number_abroad_forbids_to_guess_the_country() -> None:
    text = "Minister of Justice\nMr Joseph Wanga\nFax: +41 22 555 01 00\nPhone: 020 555 0100"
    (target,) = read(text, country="KE").targets
    assert said(target, "country", "phone", "fax") == {"fax": "+41 22 555 01 00"}


def test_a_state_without_a_code_is_not_the_country_of_the_urgent_action() -> None:
    text = "Minister of Justice\nMr Arben Krasniqi\nPristina, Kosovo\nEmail: a@example.org"
    assert said(read(text, country="RS").targets[0], "country") == {}


@pytest.mark.parametrize(
    ("line", "fields", "beside", "asks"),
    [
        ("Fax: a@example.org", {}, [("fax", "a@example.org")], 1),
        ("Email: +254 20 555 0100", {}, [("email", "+254 20 555 0100")], 1),
        ("Email: john doe@example.org", {}, [("email", "john doe@example.org")], 1),
        ("Email: a[at]example.org", {}, [("email", "a[at]example.org")], 1),
        ("Email: [email protected]", {}, [], 0),
        ("Email: n/a", {}, [], 0),
        ("Email: a@example.org CC: b@example.org", {"email": "a@example.org"},
         [("cc", "b@example.org")], 0),
        ("Fax: 12345", {}, [("fax", "12345")], 1),
        ("Fax: (+254) 20 555 0100", {"fax": "(+254) 20 555 0100"}, [], 0),
        ("Fax: 011 254 20 555 0100", {"fax": "011 254 20 555 0100"}, [], 0),
        ("Fax: 011 92 51 922 1596", {}, [("fax", "011 92 51 922 1596")], 1),
        ("Fax: +254 20 555 0100 ext. 5", {}, [("fax", "+254 20 555 0100 ext. 5")], 1),
        ("Fax: 00 41 22 555 01 00", {}, [("fax", "00 41 22 555 01 00")], 1),
        ("Fax: 000 254 20 555 0100", {}, [("fax", "000 254 20 555 0100")], 1),
        ("Tel: 020 555 0100/1/2", {"phone": "020 555 0100"}, [("phone", "1"), ("phone", "2")], 0),
        ("Fax: +254 20 555 0100 +254 20 555 0101", {"fax": "+254 20 555 0100"},
         [("fax", "+254 20 555 0101")], 0),
        ("Fax: +254 20 555 0100, if a voice answers, repeat 'fax'",
         {"fax": "+254 20 555 0100"}, [], 0),
        ("Fax (mark FAO Minister): +254 20 555 0100", {"fax": "+254 20 555 0100"}, [], 0),
        ("T: +254 20 555 0100 F: +254 20 555 0101",
         {"phone": "+254 20 555 0100", "fax": "+254 20 555 0101"}, [], 0),
        ("Tel. +254 20 555 0100; Fax. +254 20 555 0101",
         {"phone": "+254 20 555 0100", "fax": "+254 20 555 0101"}, [], 0),
        ("X: @MinJusticeKE", {"twitter": "@MinJusticeKE"}, [], 0),
        ("Twitter: @one (English), @two (Swahili)", {"twitter": "@one"}, [("twitter", "@two")], 0),
        ("Twitter: https://twitter.com/MinJusticeKE", {"twitter": "https://twitter.com/MinJusticeKE"},
         [], 0),
        ("Twitter: @ThisNameIsMuchTooLong", {}, [("twitter", "@ThisNameIsMuchTooLong")], 1),
        ("Facebook: Ministry of Justice Kenya", {}, [("facebook", "Ministry of Justice Kenya")], 0),
        ("FB: minjustice.ke", {"facebook": "minjustice.ke"}, [], 0),
        ("Website: http://www.justice.example.org/fax", {},
         [("website", "http://www.justice.example.org/fax")], 0),
        ("WhatsApp: +254 700 555010", {}, [("whatsapp", "+254 700 555010")], 0),
        ("Press office email: press@example.org", {"email": "press@example.org"}, [], 0),
        ("Email 1: a@example.org Email 2: b@example.org", {"email": "a@example.org"},
         [("email", "b@example.org")], 0),
    ],
)  # fmt: skip
def test_a_contact_is_taken_only_where_it_is_valid(
    line: str, fields: dict[str, str], beside: list[tuple[str, str]], asks: int
) -> None:
    found, extra, asked = contacts(line)
    assert (found, extra, len(asked)) == (fields, beside, asks)


def test_a_contradiction_names_the_field_and_what_it_holds() -> None:
    assert contacts("Fax: a@example.org")[2] == [
        "the fax field of Mr Joseph Wanga holds an email address: “a@example.org”"
    ]


def test_remarks_are_kept_for_a_person() -> None:
    found = read(MINISTER + "Fax: +254 20 555 0100 (please keep trying)\nNo mail service")
    assert remarks(found) == [
        "among the officials stands a remark: “No mail service”",
        "beside the fax of Mr Joseph Wanga stands a remark: “please keep trying”",
    ]
    assert not questions(found)


def test_a_link_tells_what_its_words_do_not() -> None:
    text = MINISTER.replace("minister@justice.example.org", "here")
    (target,) = read(text, links={"here": "mailto:minister@justice.example.org?subject=x"}).targets
    assert target.email
    assert (target.email.value, target.email.rule) == (
        "minister@justice.example.org",
        "where its link leads",
    )


def test_a_link_that_leads_elsewhere_is_asked_about() -> None:
    links = {"minister@justice.example.org": "mailto:other@example.org"}
    found = read(MINISTER, links=links)
    assert said(found.targets[0], "email") == {"email": "minister@justice.example.org"}
    (question,) = questions(found)
    assert "minister@justice.example.org" in question
    assert "other@example.org" in question


COPIES = """
And copies to:
Attorney General
Ms Ruth Achieng
Nairobi, Kenya
Fax: a@example.org

Also send copies to diplomatic representatives accredited to your country. Please insert local \
diplomatic addresses below:
Name Address 1 Address 2 Address 3 Fax Fax number Email Email address Salutation Salutation
"""


def test_those_for_copies_stand_apart_and_ask_nothing() -> None:
    found = read(MINISTER + COPIES)
    assert [t.name.value for t in found.targets] == ["Mr Joseph Wanga"]
    assert [(t.name.value, t.copy) for t in found.copies] == [("Ms Ruth Achieng", True)]
    assert not questions(found)


def test_a_part_of_copies_is_read_like_the_targets() -> None:
    found = read_lines(lines_of(MINISTER), copies=lines_of(AMBASSADOR, after=20))
    assert [t.id.value for t in (*found.targets, *found.copies)] == [
        "minister-of-justice",
        "embassy-us",
    ]


def test_ids_do_not_depend_on_the_order() -> None:
    other = MINISTER.replace("Mr Joseph Wanga", "Ms Ruth Achieng")
    blocks = [MINISTER, other, AMBASSADOR + "Salutation: Dear Ambassador"]
    one, back = read("\n".join(blocks)), read("\n".join(reversed(blocks)))
    ids = {t.name.value: t.id.value for t in one.targets}
    assert ids == {
        "Mr Joseph Wanga": "minister-of-justice-joseph-wanga",
        "Ms Ruth Achieng": "minister-of-justice-ruth-achieng",
        "H.E. Askar Temirov": "ambassador-us",
    }
    assert {t.name.value: t.id.value for t in back.targets} == ids


def test_the_same_official_twice_is_counted() -> None:
    ids = [t.id.value for t in read(MINISTER + MINISTER).targets]
    assert ids == [
        "minister-of-justice-joseph-wanga",
        "minister-of-justice-joseph-wanga-2",
    ]


def test_a_name_in_other_letters_has_an_id_too() -> None:
    text = "Нурлан Сеитов\nАстана\nEmail: a@example.org"
    first, again = read(text).targets[0], read("\n" + text).targets[0]
    assert first.id.value == again.id.value
    assert first.id.value.startswith("target-")


def test_an_official_without_any_contact_is_asked_about() -> None:
    found = read("Minister of Justice\nMr Joseph Wanga\nWebsite: https://example.org")
    assert questions(found) == ["no contact that can be used was found for Mr Joseph Wanga"]


@pytest.mark.parametrize(
    "text",
    [
        "Photo: someone\nClick here\nsee overleaf",
        "12 Harambee Avenue\nNairobi\nKenya",
        "Also send copies to diplomatic representatives of Kenya accredited to your country.",
        "Name\nAddress 1\nAddress 2\nFax Fax number\nEmail Email address\nSalutation Salutation",
        "PLEASE SEND APPEALS IMMEDIATELY. Check with your section office if sending appeals later.",
    ],
)
def test_what_is_no_official_is_none(text: str) -> None:
    found = read(text, country="KE")
    assert (found.targets, found.copies) == ((), ())
    assert questions(found) == ["no official to write to was found"]


def test_contacts_that_name_nobody_are_asked_about() -> None:
    found = read("12 Harambee Avenue\nNairobi, Kenya\nEmail: a@example.org")
    assert found.targets == ()
    assert questions(found) == [
        "contacts without an official or an office to them stand at lines 1 to 3"
    ]


def test_a_document_without_a_part_for_targets_points_to_contacts_elsewhere() -> None:
    lines = tuple(lines_of("Prose.\n\nContact the minister.\nEmail: a@example.org"))
    nothing = Sections(Variant.UNKNOWN, {})
    (doubt,) = read_targets(Document("x", lines), nothing, opening=None, country=None).doubts
    assert (doubt.says, doubt.line, doubt.asks) == (
        "no official to write to was found, though a contact stands at line 4",
        4,
        True,
    )


def test_of_two_greetings_the_one_for_the_office_is_taken() -> None:
    entry = """
Ambassador Ana Lopes
Embassy of Mozambique
1525 Elm Ave NW, Washington DC 20036
Email: embassy@moz.example.org
Salutation: {}"""
    for greetings, taken in (
        ("Dear Minister, or Dear Ambassador,", "Dear Ambassador"),
        ("Dear Ambassador, or Dear Minister,", "Dear Ambassador"),
        ("Your Excellency / Dear Ambassador", "Your Excellency"),
        ("Dear Minister / Dear Governor", "Dear Minister"),
    ):
        found = read(entry.format(greetings))
        assert found.targets[0].salutation == Found(taken, 5)
        assert not questions(found)


def test_the_title_of_a_page_is_kept_and_only_noted() -> None:
    found = read("""
Minister of Justice
Mr Joseph Wanga
Nairobi, Kenya
Email: minister@justice.example.org
Facebook: Ministry of Justice Kenya""")
    assert more(found.targets[0]) == [("facebook", "Ministry of Justice Kenya")]
    assert found.targets[0].facebook is None
    assert not questions(found)
    assert any("Ministry of Justice Kenya" in says for says in remarks(found))
