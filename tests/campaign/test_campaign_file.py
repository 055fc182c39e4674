"""Campaign files as staff write them, and what they are told about each slip."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from uadispatch.campaign import wording
from uadispatch.campaign.file import read_campaign
from uadispatch.campaign.model import Target, TargetFile
from uadispatch.errors import ConfigError

if TYPE_CHECKING:
    from campaignkit import Read, Refuse

CHECKOUT = Path(__file__).parents[2]
EXAMPLE = CHECKOUT / "config" / "campaigns" / "ua-46-19.yaml"
SEED = CHECKOUT.parent / "shared" / "seeds" / "ua-46-19-second-ua.txt"


def test_the_shipped_campaign_holds_both_officials_with_every_contact() -> None:
    campaign = read_campaign(EXAMPLE)
    assert campaign.number == "46/19"
    assert campaign.urgent_action.deadline == date(2019, 9, 27)
    assert campaign.urgent_action.people[0].pronoun == "he/him"
    assert campaign.channels == ("email", "fax", "twitter", "phone", "letter", "facebook")
    assert campaign.languages == ("kk", "ru", "en")
    prosecutor, ambassador = campaign.written
    assert prosecutor.fax
    assert prosecutor.fax.value == "+77172506402"
    assert prosecutor.email
    assert prosecutor.email.value == "press@prokuror.kz"
    assert prosecutor.salutation_in("en") == "Dear Prosecutor General"
    assert ambassador.phone
    assert (ambassador.phone.written, ambassador.phone.value) == ("202 232 5488", "+12022325488")
    assert ambassador.phone.region == "US"
    assert ambassador.facebook
    assert ambassador.facebook.value == "KazakhEmbassyDC"
    assert ambassador.represents == "KZ"


def test_the_shipped_campaign_loses_no_word_of_its_document() -> None:
    if not SEED.exists():
        pytest.skip("the document itself is not part of this checkout")
    # What a campaign has keys for instead of words.
    labels = (
        "URGENT ACTION|TAKE ACTION|Second UA|Index|Date|Fax|Email|Twitter|Phone|Facebook"
        "|Salutation|Additional information|PREFERRED LANGUAGE TO ADDRESS TARGET"
        "|PLEASE TAKE ACTION AS SOON AS POSSIBLE UNTIL|NAME AND PRONOUN|LINK TO PREVIOUS UA"
        r"|\[bookmark: \w+\]|\b1\. |16 August 2019|27 September 2019"
        "|Kazakh, Russian, English|EUR 57/0894/2019 Kazakhstan"
    )
    document = re.sub(labels, " ", SEED.read_text(encoding="utf-8"))
    written = EXAMPLE.read_text(encoding="utf-8").casefold()
    words = [word for word in re.findall(r"[^\s]+", document) if re.search(r"\w", word)]
    lost = [word for word in words if word.strip("(),:").casefold() not in written]
    assert lost == []
    flat = " ".join(written.split())
    for paragraph in document.split("\n"):
        if len(paragraph) > 80:
            assert " ".join(paragraph.casefold().split()) in flat


SLIPS = [
    # what stands there, what is written instead, place, part of the sentence
    ("  number: 46/19", "  number: 4619", "2:11", "“4619” is no number of an Urgent Action"),
    ("  title: Human", "  titel: Human", "3:3", "“titel” is no key here; did you mean title?"),
    ("  title: Human", "  titel: Human", "2:3", "title is missing; add it here"),
    ("Human rights defender facing bogus charges", "true", "3:10", 'put it in quotes: "true"'),
    ("Human rights defender facing bogus charges", "", "3:9", "title: it is empty"),
    ("Human rights defender facing bogus charges", "[a]", "3:10", "here stands a list"),
    ("2019-09-27", "27 September 2019", "5:13", "is no date of the form 2019-09-27"),
    ("2019-09-27", "2019-9-27", "5:13", "is no date of the form"),
    ("2019-09-27", "2019-02-30", "5:13", "is no day of the calendar"),
    ("2019-09-27", "0219-09-27", "5:13", "the year 219 cannot be right"),
    ("2019-09-27", "2019-08-15", "5:13", "the deadline 2019-08-15 is before the day of issue"),
    ("  issued: 2019", "  status: Closed\n  issued: 2019", "4:11", "write open or closed"),
    ("  issued: 2019", "  sequence: two\n  issued: 2019", "4:13", "write a whole number"),
    ("  issued: 2019", "  sequence: 0\n  issued: 2019", "4:13", "not below 1"),
    ("  issued: 2019", "  previous: www.x.org\n  issued: 2019", "4:13", "beginning with https://"),
    ("  issued: 2019", "  country: Kazakhstan\n  issued: 2019", "4:12", "write KZ"),
    ("[email]", "email", "6:11", "here should stand a list"),
    ("[email]", "[]", "6:11", "it is empty; give at least one"),
    ("[email]", "[email, Fax]", "6:19", "“Fax” cannot be the name of a channel"),
    ("[email]", "[email, fax, email]", "6:24", "the channel “email” is named twice; remove one"),
    ("channels: [email]", "chanels: [email]", "6:1", "did you mean channels?"),
    ("channels: [email]", "deadline: 2019-09-27", "6:1", "it belongs under urgent_action"),
    ("channels: [email]", "round: true\nchannels: [email]", "6:8", "write a whole number"),
    ("channels: [email]", "languages: [kazakh]\nchannels: [email]", "6:13", "no code of a langua"),
    ("  - id: prosecutor-general\n    name", "  - name", "8:5", "id is missing; add it here"),
    ("id: prosecutor-general", "id: ../x", "8:9", "“../x” cannot be an id"),
    ("    country: KZ", "    country: KZZ", "10:14", "“KZZ” is no country"),
    ("    country: KZ", "    country: Kazakstan", "10:14", "did you mean KZ (Kazakhstan)?"),
    ("    country: KZ", "    country: UK", "10:14", "write GB"),
    ("    country: KZ", "    timezone: asia/almaty", "10:15", "did you mean Asia/Almaty?"),
    ("    country: KZ", "    timezone: Asia/Almati", "10:15", "did you mean Asia/Almaty?"),
    ("    country: KZ", "    hours: 9 to 5", "10:12", "write them as Mon-Fri 09:00-18:30"),
    ("    country: KZ", "    hours: Mon 10:00-09:00", "10:12", "closes before it opens"),
    ("    country: KZ", "    phone: 202 232 5488", "10:12", "or give the target's country"),
    ("    country: KZ", "    country: KZ\n    fax: +7 7172 50", "11:10", "has too few digits"),
    ("    country: KZ", "    contacts: {fax: x}", "10:15", "write fax beside the target's name"),
    ("    country: KZ", "    contacts: {Signal: x}", "10:16", "cannot be the name of a channel"),
    ("    country: KZ", "    salutation: {english: x}", "10:18", "no code of a language"),
    ("press@prokuror.kz", "press@prokuror", "11:12", "It should have a period"),
    ("  en: {", "  english: {", "13:3", "“english” is no code of a language"),
    ("letter:", "letter:\n  EN: {subject: s, text: t}", "13:3", "EN and en are the same language"),
    ("    country: KZ", "    salutation: {en: A, EN: B}", "10:17", "en and EN are the same"),
    ("  en: {", "  en: {topic: x, ", "13:8", "“topic” is no key here; remove it, or use one of:"),
    ("I am writing to you", '"Dear Minister,\\nI am writing"', "13:49", "begins with an opening"),
    ("I am writing to you", '"I ask\\nYours sincerely,"', "13:49", "move them to the key closing"),
    (
        "  en: {subject: Release Serikzhan Bilash, text: I am writing to you}",
        "",
        "12:8",
        "group of",
    ),
]


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_told_with_its_place_and_the_mend(
    base: str, refuse: Refuse, slip: tuple[str, str, str, str]
) -> None:
    old, new, where, says = slip
    assert old in base
    problems = refuse(base.replace(old, new, 1))
    assert any(where == place and says in sentence for place, sentence in problems), problems
    assert not any("Input should" in sentence for _, sentence in problems)


@pytest.mark.parametrize(
    "text",
    ["Your Excellency's government holds her.", "Dearly as I wish", "Sir John was arrested."],
)
def test_a_text_that_only_begins_like_an_opening_is_taken(read: Read, text: str) -> None:
    assert read("I am writing to you", f'"{text}"').letter["en"].text == text


@pytest.mark.parametrize(
    "text", ["Your Excellency, I ask", "DEAR MINISTER:", "Madam President,", "Уважаемый господин!"]
)
def test_an_opening_is_known_in_more_than_one_form(base: str, refuse: Refuse, text: str) -> None:
    assert "with an opening" in refuse(base.replace("I am writing to you", f'"{text}"'))[0][1]


def test_all_problems_are_told_in_the_order_of_the_file(base: str, refuse: Refuse) -> None:
    broken = base.replace("46/19", "x").replace("KZ", "XX").replace("  en:", "  xx:")
    assert [place for place, _ in refuse(broken)] == ["2:11", "10:14", "13:3"]


def test_a_wrong_part_of_a_list_does_not_make_the_list_empty_too(base: str, refuse: Refuse) -> None:
    assert len(refuse(base.replace("press@prokuror.kz", "nobody"))) == 1


def test_a_wrong_country_is_not_told_again_as_a_wrong_number(base: str, refuse: Refuse) -> None:
    problems = refuse(base.replace("country: KZ", "country: XX\n    phone: 7172 506 402"))
    assert [place for place, _ in problems] == ["10:14"]


def test_two_targets_with_one_id_are_told_with_both_places(base: str, refuse: Refuse) -> None:
    second = base.replace("letter:\n", "  - {id: Prosecutor-General, name: X}\nletter:\n")
    ((place, says),) = refuse(second)
    assert place == "12:10"
    assert says.startswith("two targets have the id “prosecutor-general”; give one another id")
    assert says.endswith("(the first stands at line 8, column 9)")


def test_a_key_written_twice_is_told_with_both_places(base: str, refuse: Refuse) -> None:
    problems = refuse(base.replace("    country: KZ", "    country: KZ\n    country: RU"))
    assert problems == [
        ("11:5", "the key “country” stands here and at line 10, column 5; keep one")
    ]


def test_problems_beyond_fifty_are_counted(base: str, refuse: Refuse) -> None:
    targets = "".join(f"  - {{id: t{n}, name: X, country: XX}}\n" for n in range(70))
    problems = refuse(base.replace("letter:\n", targets + "letter:\n"))
    assert len(problems) == 51
    assert problems[-1] == ("", "and 20 more")


@pytest.mark.parametrize(
    ("line", "where", "says"),
    [
        ("    twitter: @GenProkRK", "10:14", "a text cannot begin with @; put it in quotes"),
        ("    role: * x", "10:11", "a text cannot begin with * or &; put it in quotes"),
        ("\tcountry: KZ", "10:1", "a tab stands here; indent with spaces"),
        ("    role: Prosecutor: General", "10:21", "put text with “: ” in quotes"),
        ("  country: KZ", "10:3", "compare its indent"),
        ('    role: "Prosecutor', "10:11", "this quotation mark has no partner"),
        ('    role: "C:\\q"', "10:14", "use single quotes"),
        ("    languages: [kk, ru", "10:16", "this bracket is not closed"),
        ("General of the state", "10:1", "this is no key, since “: ” is missing"),
        ('    role: "Prosecutor" General', "10:24", "compare its indent and its quotes"),
    ],
)
def test_what_yaml_trips_over_is_told_in_plain_words(
    base: str, refuse: Refuse, line: str, where: str, says: str
) -> None:
    ((place, sentence),) = refuse(base.replace("    country: KZ", line))
    assert place == where
    assert says in sentence


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "the file is empty"),
        ("# only a remark\n", "the file is empty"),
        ("---\n", "the file is empty"),
        ("- a\n", "here should stand keys"),
        ("just words\n", "here should stand keys"),
        (b"PK\x03\x04\x14", "import it first"),
        (b"%PDF-1.4", "import it first"),
    ],
)
def test_a_file_that_is_no_campaign_is_told_so(
    refuse: Refuse, content: str | bytes, says: str
) -> None:
    assert says in refuse(content)[0][1]


def test_a_path_is_shown_as_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.yaml").write_text("- a\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^a\.yaml:1:1: "):
        read_campaign(Path("a.yaml"))
    with pytest.raises(ConfigError, match=r"^b\.yaml: there is no such file"):
        read_campaign(Path("b.yaml"))


def test_what_was_meant_is_only_looked_for_where_it_is_shown(
    base: str, refuse: Refuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def nearest(_: str, word: str) -> str:
        asked.append(word)
        return ""

    monkeypatch.setattr(wording, "nearest", nearest)
    targets = "".join(f"  - {{id: t{n}, name: X, country: Xx{n}}}\n" for n in range(500))
    assert refuse(base.replace("letter:\n", targets + "letter:\n"))[-1][1] == "and 450 more"
    assert len(asked) <= 51


def test_norway_and_its_language_stay_what_they_are(read: Read) -> None:
    campaign = read("    country: KZ", "    country: NO\n    languages: [no]\n    say_as: yes")
    target = campaign.written[0]
    assert (target.country, target.languages, target.say_as) == ("NO", ("no",), "yes")


@pytest.mark.parametrize("name", ["012", "12:30", "46.10", "2022325488", "1e5", "0x1F", "off"])
def test_what_looks_like_a_number_stays_as_it_is_written(read: Read, name: str) -> None:
    assert read("Nurdauletov Gizat Daurenbekovich", name).written[0].name == name


@pytest.mark.parametrize("number", ["UA 46/19", "46.19", "046/19", "46/2019", '"UA: 46/19"'])
def test_every_spelling_of_a_number_is_the_same_campaign(read: Read, number: str) -> None:
    assert read("46/19", number).number == "46/19"


def test_a_number_without_quotes_is_a_phone_number(read: Read) -> None:
    phone = read("    country: KZ", "    country: US\n    phone: 2022325488").written[0].phone
    assert phone
    assert (phone.written, phone.value) == ("2022325488", "+12022325488")


def test_a_phone_is_read_in_the_country_of_the_address_not_of_the_state(read: Read) -> None:
    target = read("    country: KZ", "    country: DE\n    represents: KZ\n    phone: 030 470070")
    assert target.written[0].phone
    assert target.written[0].phone.value == "+4930470070"


def test_a_salutation_may_differ_by_language(read: Read) -> None:
    new = "    salutation: {en: 'Dear Minister,', pt: Senhor Ministro}"
    target = read("    country: KZ", new).written[0]
    assert target.salutation_in("en") == "Dear Minister"
    assert target.salutation_in("pt-BR") == "Senhor Ministro"
    assert target.salutation_in("ru") is None


def test_a_contact_is_found_by_the_name_that_a_channel_asks_for(read: Read) -> None:
    target = read("    country: KZ", "    contacts: {signal: '@office.01'}").written[0]
    signal, email = target.contact_on("signal"), target.contact_on("email")
    assert signal
    assert signal.value == "@office.01"
    assert email
    assert email.value == "press@prokuror.kz"
    assert target.contact_on("fax") is None
    assert target.contact_on("name") is None
    assert target.contact_on("model_config") is None


def test_a_file_with_a_byte_order_mark_and_windows_line_ends_is_read(read: Read) -> None:
    assert read("urgent_action", "\ufeffurgent_action").number == "46/19"
    assert read(" en: {", " en:\r\n    {").letter["en"].text == "I am writing to you"


def test_a_key_left_empty_is_as_if_it_were_missing(read: Read) -> None:
    assert read("press@prokuror.kz", "").written[0].email is None


# Files of targets.


def test_a_file_of_targets_is_named_alone_or_among_the_targets(read: Read, base: str) -> None:
    start, end = base.index("targets:"), base.index("letter:")
    alone = read(base[start:end], "targets: {file: a.csv}\n")
    assert alone.targets == (TargetFile(file="a.csv"),)
    among = read("targets:\n", "targets:\n  - {file: a.csv, delimiter: tab, encoding: cp1251}\n")
    assert [type(item) for item in among.targets] == [TargetFile, Target]
    assert among.files == (TargetFile(file="a.csv", delimiter="\t", encoding="cp1251"),)
    assert [target.id for target in among.written] == ["prosecutor-general"]


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("{file: a.csv, encodng: x}", "“encodng” is no key here; did you mean encoding?"),
        ("{file: a.csv, name: x}", "“name” is no key here; it belongs under a target"),
        ("{file: a.csv, encoding: klingon}", "encoding: “klingon” is no encoding of a text"),
        ("{file: a.csv, encoding: base64}", "encoding: “base64” is no encoding of a text"),
        ("{file: a.csv, delimiter: x}", "delimiter: it must be the one sign"),
        ("{file: a.csv, delimiter: ''}", "delimiter: it must be the one sign"),
        ("{file: a.csv, columns: {nmae: x}}", "nmae: “nmae” is no field of a target; did you mean"),
        ("{file: a.csv, columns: {salutation.xxl!: x}}", "“xxl!” is no code of a language"),
        (
            "{file: a.csv, columns: {salutation.ru: A, salutation.RU: B}}",
            "columns: salutation.ru and salutation.RU are the same field; keep one of them",
        ),
        ("{file: a.csv, columns: {contacts.email: x}}", "write email, without contacts"),
        ("{file: a.csv, columns: {contacts.A b: x}}", "cannot be the name of a channel"),
        ("{file: ''}", "file: it is empty"),
        ("{file: a.csv}\n  - {file: a.csv}", "the file “a.csv” is named twice; remove one"),
    ],
)
def test_what_is_wrong_with_a_file_of_targets_is_said_with_its_place(
    base: str, refuse: Refuse, item: str, says: str
) -> None:
    found = refuse(base.replace("targets:\n", f"targets:\n  - {item}\n", 1))
    assert len(found) == 1
    where, what = found[0]
    assert says in what
    assert where.split(":")[0] in {"8", "9"}
